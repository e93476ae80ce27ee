// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the subcommands of descent-run share: their entry points, common
// options, and the way to a loaded program.
#ifndef DESCENT_TOOLS_DESCENT_RUN_COMMON_H
#define DESCENT_TOOLS_DESCENT_RUN_COMMON_H

#include "data/Dataset.h"
#include "log/Log.h"
#include "train/Weights.h"
#include "vulkan/VulkanExecutor.h"

#include <CLI/CLI.hpp>
#include <functional>

namespace descent::runtime {

struct CommonOptions {
  bool json = false, noCache = false;
  std::string device;
};

/// Each adds its subcommand to app; action is set to what has to be done when
/// the subcommand was given, and returns the exit code.
using Action = std::function<int()>;
void addTrain(CLI::App &app, Action &action);
void addEval(CLI::App &app, Action &action);
void addPredict(CLI::App &app, Action &action);
void addInit(CLI::App &app, Action &action);
void addBench(CLI::App &app, Action &action);
void addInspect(CLI::App &app, Action &action);
void addDevices(CLI::App &app, Action &action);

/// The options --json and, when it makes sense, --device and --no-cache.
void addCommon(CLI::App &command, CommonOptions &options, bool withDevice);

/// What eval and predict are given: trained weights and samples.
struct TrainedOptions {
  CommonOptions common;
  std::string bundle, weights, data, test;
  /// The samples of --data or --test.
  Dataset open() const;
};
void addTrained(CLI::App &command, TrainedOptions &options);

/// Loads the program onto the device that the options name; every module passes
/// spirv-val first.
std::unique_ptr<Executor> load(std::shared_ptr<const Program> program,
                               const CommonOptions &options);

/// The fields that every event about a loaded program carries.
Event describe(const Executor &executor, const std::string &entry);

std::string readableBytes(uint64_t bytes);
} // namespace descent::runtime

#endif // DESCENT_TOOLS_DESCENT_RUN_COMMON_H
