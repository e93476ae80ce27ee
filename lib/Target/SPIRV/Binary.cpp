// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Serialization of SPIR-V modules, and what SPIRV-Tools then do: optimize and
// validate.

#include "Conversion.h"
#include "mlir/Target/SPIRV/Serialization.h"
#include <spirv-tools/libspirv.hpp>
#include <spirv-tools/optimizer.hpp>

using namespace mlir;

namespace descent {

static constexpr spv_target_env environment = SPV_ENV_VULKAN_1_1;

/// Code generation leaves little to do: variables that carry loop results
/// become phis (the rewriting to SSA needs no passes before it that do so for
/// simple variables), constants fold, what is unused goes.
static void registerPasses(spvtools::Optimizer &optimizer) {
  optimizer.RegisterPass(spvtools::CreateSSARewritePass())
      .RegisterPass(spvtools::CreateSimplificationPass())
      .RegisterPass(spvtools::CreateAggressiveDCEPass())
      .RegisterPass(spvtools::CreateCompactIdsPass());
}

LogicalResult serializeOptimized(mlir::spirv::ModuleOp module,
                                 SmallVectorImpl<uint32_t> &words,
                                 std::string &message) {
  SmallVector<uint32_t> raw;
  if (failed(mlir::spirv::serialize(
          module, raw, {/*emitSymbolName=*/false, /*emitDebugInfo=*/false}))) {
    message = "serialization failed";
    return failure();
  }
  auto note = [&](spv_message_level_t level, const char *,
                  const spv_position_t &position, const char *text) {
    if (level <= SPV_MSG_ERROR && message.empty())
      message =
          std::string(text) + " (word " + std::to_string(position.index) + ")";
  };
  spvtools::Optimizer optimizer(environment);
  optimizer.SetMessageConsumer(note);
  registerPasses(optimizer);
  spvtools::OptimizerOptions options;
  options.set_run_validator(false);
  std::vector<uint32_t> optimized;
  if (!optimizer.Run(raw.data(), raw.size(), &optimized, options)) {
    if (message.empty())
      message = "the optimizer failed";
    return failure();
  }
  spvtools::SpirvTools tools(environment);
  tools.SetMessageConsumer(note);
  // Names are for people who read a message, and made before there is one.
  spvtools::ValidatorOptions rules;
  rules.SetFriendlyNames(false);
  if (!tools.Validate(optimized.data(), optimized.size(), rules)) {
    if (message.empty())
      message = "the validator refused it";
    return failure();
  }
  words.assign(optimized.begin(), optimized.end());
  return success();
}

} // namespace descent
