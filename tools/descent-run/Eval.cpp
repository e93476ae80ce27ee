// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// descent-run eval.
#include "Common.h"
#include "core/Error.h"
#include "train/Evaluate.h"

#include <chrono>

namespace descent::runtime {
namespace {

int evaluate(const TrainedOptions &options) {
  std::shared_ptr<const Program> program = openBundle(options.bundle);
  StateBytes states = initialStates(*program, 0, {Role::Metric, Role::Status});
  states.merge(loadWeights(*program, options.weights));
  Dataset data = options.open();
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
    fields["test_" + metric.name] = metric.json();
    finite &= metric.isFinite();
    log.line("test_" + metric.name + " " + metric.text());
  }
  fields["seconds"] =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count();
  log.event("eval", fields);
  log.check();
  if (!finite)
    fail(Status::Diverged, "the loss over the data is not a finite number: "
                           "the weights have diverged, or the data holds NaN");
  return 0;
}

} // namespace

void addEval(CLI::App &app, Action &action) {
  auto options = std::make_shared<TrainedOptions>();
  CLI::App *command = app.add_subcommand(
      "eval", "loss and metrics of trained weights over a data set");
  addTrained(*command, *options);
  command->callback(
      [=, &action] { action = [=] { return evaluate(*options); }; });
}

} // namespace descent::runtime
