// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// descent-run eval.
#include "Common.h"
#include "core/Error.h"
#include "train/Evaluate.h"

#include <chrono>
#include <cmath>

namespace descent::runtime {
namespace {

struct Options {
  CommonOptions common;
  std::string bundle, weights, data, test;
};

int evaluate(const Options &options) {
  std::shared_ptr<const Program> program = openBundle(options.bundle);
  StateBytes states = initialStates(*program, 0, {Role::Metric, Role::Status});
  states.merge(loadWeights(*program, options.weights));
  Dataset data = options.test.empty() ? openDataset(options.data, Part::Train)
                                      : openDataset(options.test, Part::Test);
  Log log(options.common.json);
  std::unique_ptr<Executor> executor = load(program, options.common);
  Evaluator evaluator(*executor, data, 0);
  executor->prepare(Evaluator::entries());
  upload(*executor, states);

  auto begin = std::chrono::steady_clock::now();
  StepQueue queue(*executor);
  Event fields = {{"samples", data.size}};
  bool finite = true;
  for (const Metric &metric : evaluator.run(queue)) {
    fields["test_" + metric.name] = metric.value;
    finite &= std::isfinite(metric.value);
    log.line("test_" + metric.name + " " + fixed(metric.value, 5));
  }
  fields["seconds"] =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count();
  log.event("eval", fields);
  if (!finite)
    fail(Status::Diverged, "the loss over the data is not a finite number: "
                           "the weights have diverged, or the data holds NaN");
  return 0;
}

} // namespace

void addEval(CLI::App &app, Action &action) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand(
      "eval", "loss and metrics of trained weights over a data set");
  command->add_option("BUNDLE", options->bundle, "what descentc wrote")
      ->required();
  command
      ->add_option("--weights", options->weights,
                   "trained weights (.safetensors)")
      ->required();
  auto *source = command->add_option_group("source");
  source->add_option("--data", options->data,
                     "data: " + datasetKinds() + " (idx: the training pair)");
  source->add_option(
      "--test", options->test,
      "the same, but the test pair of idx and the test samples of glyphs");
  source->require_option(1);
  addCommon(*command, options->common, true);
  command->callback(
      [=, &action] { action = [=] { return evaluate(*options); }; });
}

} // namespace descent::runtime
