// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// descent-run init: initial weights without a device.
#include "Common.h"
#include "core/Error.h"

namespace descent::runtime {
namespace {

struct Options {
  CommonOptions common;
  std::string bundle, output;
  uint64_t seed = 0;
};

int init(const Options &options) {
  std::shared_ptr<const Program> program = openBundle(options.bundle);
  StateBytes weights =
      initialStates(*program, options.seed, {Role::Parameter, Role::Buffer});
  saveWeights(
      *program, weights, options.output,
      {{"descent.step", "0"}, {"descent.seed", std::to_string(options.seed)}});
  Log log(options.common.json);
  log.event("init", {{"file", options.output},
                     {"tensors", weights.size()},
                     {"parameters", countParameters(*program)}});
  log.line(concat(weights.size(), " tensors, ", countParameters(*program),
                  " parameters in ", options.output));
  log.check();
  return 0;
}

} // namespace

void addInit(CLI::App &app, Action &action) {
  auto options = std::make_shared<Options>();
  CLI::App *command =
      app.add_subcommand("init", "write the initial weights of a seed");
  command->add_option("BUNDLE", options->bundle, "what descentc wrote")
      ->required();
  command->add_option("--seed", options->seed, "seed (default 0)")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("-o,--output", options->output,
                   "file to write (.safetensors)")
      ->required();
  addCommon(*command, options->common, false);
  command->callback([=, &action] { action = [=] { return init(*options); }; });
}

} // namespace descent::runtime
