// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loading a bundle onto a device with SPIRV-Tools as its validator, and small
// things that the subcommands print.
#include "Common.h"
#include "vulkan/PipelineCache.h"

#include <spirv-tools/libspirv.hpp>

namespace descent::runtime {
namespace {

std::string validate(std::span<const uint32_t> code) {
  std::string complaint;
  spvtools::SpirvTools tools(SPV_ENV_VULKAN_1_1);
  tools.SetMessageConsumer([&](spv_message_level_t, const char *,
                               const spv_position_t &, const char *message) {
    if (complaint.empty())
      complaint = message;
  });
  if (tools.Validate(code.data(), code.size()))
    return "";
  return complaint.empty() ? "no reason given" : complaint;
}

} // namespace

void addCommon(CLI::App &command, CommonOptions &options, bool withDevice) {
  command.add_flag(
      "--json", options.json,
      "JSON lines on stdout, one object per event; people's output on stderr");
  if (!withDevice)
    return;
  command.add_option(
      "--device", options.device,
      "cpu, vulkan, vulkan:N or vulkan:NAME (default: the best device)");
  command.add_flag("--no-cache", options.noCache,
                   "neither read nor write the cache of compiled kernels");
}

Dataset TrainedOptions::open() const {
  return test.empty() ? openDataset(data, Part::Train)
                      : openDataset(test, Part::Test);
}

void addTrained(CLI::App &command, TrainedOptions &options) {
  command.add_option("BUNDLE", options.bundle, "what descentc wrote")
      ->required();
  command
      .add_option("--weights", options.weights,
                  "trained weights (.safetensors)")
      ->required();
  auto *source = command.add_option_group("source");
  source->add_option("--data", options.data,
                     "data: " + datasetKinds() + " (idx: the training pair)");
  source->add_option(
      "--test", options.test,
      "the same, but the test pair of idx and the test samples of glyphs");
  source->require_option(1);
  addCommon(command, options.common, true);
}

std::unique_ptr<Executor> load(std::shared_ptr<const Program> program,
                               const CommonOptions &options) {
  ExecutorOptions executor;
  executor.device = options.device;
  executor.validator = validate;
  if (!options.noCache)
    executor.cacheFolder = defaultCacheFolder();
  return createVulkanExecutor(std::make_shared<Instance>(), std::move(program),
                              executor);
}

Event describe(const Executor &executor, const std::string &entry) {
  const Program &program = executor.program();
  Event fields = {{"model", program.modelName},
                  {"device", executor.deviceName()},
                  {"variant", executor.variant().name},
                  {"batch", program.entries.at(entry).batch},
                  {"parameters", countParameters(program)},
                  {"peak_bytes", executor.variant().peakBytes}};
  auto found = executor.variant().statistics.find(entry);
  if (found != executor.variant().statistics.end()) {
    fields["kernels"] = found->second.kernels;
    fields["launches"] = found->second.launches;
    fields["gflop_per_step"] = double(found->second.flop) / 1e9;
    fields["bytes_per_step"] = found->second.bytes;
  }
  return fields;
}

std::string readableBytes(uint64_t bytes) {
  const char *units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = double(bytes);
  int unit = 0;
  for (; value >= 1024 && unit < 4; ++unit)
    value /= 1024;
  return fixed(value, unit ? 1 : 0) + " " + units[unit];
}

} // namespace descent::runtime
