// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The way of one kernel: normal form, loops, SPIR-V dialect, words.

#include "Conversion.h"
#include "descent/Target/SPIRV/SPIRV.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace descent {

void loadCodegenDialects(MLIRContext &context) {
  context.loadDialect<arith::ArithDialect, gpu::GPUDialect, math::MathDialect,
                      memref::MemRefDialect, scf::SCFDialect,
                      mlir::spirv::SPIRVDialect, vector::VectorDialect>();
}

/// The names in Vulkan of the optional features that a module uses.
static SmallVector<StringRef> featuresOf(mlir::spirv::ModuleOp module,
                                         const Profile &profile) {
  using mlir::spirv::Capability;
  SmallVector<StringRef> features;
  for (Capability capability : module.getVceTriple()->getCapabilities()) {
    if (capability == Capability::GroupNonUniformShuffle) {
      features.push_back("subgroupShuffle");
      // Which lanes there are to take values from is written in the code.
      features.push_back(StringAttr::get(
          module.getContext(), "subgroupSize" + Twine(profile.subgroupSize)));
    }
    if (capability == Capability::Float64)
      features.push_back("shaderFloat64");
    if (capability == Capability::Int64)
      features.push_back("shaderInt64");
    if (capability == Capability::StorageBuffer16BitAccess)
      features.push_back("storageBuffer16BitAccess");
  }
  return features;
}

FailureOr<CompiledKernel> compileKernel(schedule::KernelOp kernel,
                                        const Profile &profile) {
  loadCodegenDialects(*kernel.getContext());
  SmallVector<codegen::KernelPart, 1> parts;
  for (unsigned i = 0; i < kernel.getParts().size(); ++i) {
    auto strategy =
        dyn_cast_or_null<codegen::StrategyAttr>(kernel.getPartStrategy(i));
    if (!strategy)
      return kernel.emitOpError(
          "has no #codegen.strategy: run descent-select-strategies first");
    parts.push_back({codegen::buildIterationSpaces(kernel, i), strategy});
    if (failed(codegen::checkStrategy(parts.back().spaces, strategy,
                                      [&] { return kernel.emitOpError(); })))
      return failure();
  }

  CompiledKernel compiled;
  for (unsigned i = 0; i < kernel.getBindings().size(); ++i)
    compiled.bindings.push_back(kernel.getBindingAccess(i));
  codegen::EmittedKernel emitted = codegen::emitKernel(parts, profile);
  FailureOr<mlir::spirv::ModuleOp> module =
      convertToSPIRV(emitted, compiled.bindings);
  if (failed(module))
    return kernel.emitOpError("cannot be converted to SPIR-V");
  compiled.features = featuresOf(*module, profile);
  std::string message;
  if (failed(serializeOptimized(*module, compiled.words, message)))
    return kernel.emitOpError("became an invalid SPIR-V module: ") << message;
  compiled.localSize = emitted.localSize;
  compiled.groups = emitted.groups;
  return compiled;
}

} // namespace descent
