// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// descent-run predict.
#include "train/Predict.h"
#include "Common.h"
#include "core/Error.h"

namespace descent::runtime {
namespace {

struct Options : TrainedOptions {
  std::string output, entry = "predict";
  uint64_t seed = 0;
};

int predictTo(const Options &options) {
  bool npz = options.output.ends_with(".npz");
  if (!npz && !options.output.ends_with(".csv"))
    fail(Status::Usage, "'", options.output,
         "': predictions are written as .npz or .csv");
  std::shared_ptr<const Program> program = openBundle(options.bundle);
  const Entry *entry = program->findEntry(options.entry);
  if (!entry)
    fail(Status::Usage, "the bundle has no entry '", options.entry, "'");
  if (entry->inputs.empty() || entry->outputs.empty())
    fail(Status::Usage, "the entry '", options.entry,
         "' takes no input or gives no output: there is nothing to predict");
  StateBytes states = initialStates(
      *program, options.seed, {Role::Optimizer, Role::Metric, Role::Status});
  states.merge(loadWeights(*program, options.weights));
  Dataset data = options.open();
  for (const Tensor &output : entry->outputs)
    if (!npz && output.batchAxis != 0u &&
        (output.shape.empty() || uint64_t(output.shape[0]) != data.size))
      fail(Status::Usage, "the output '", output.name, "' of shape ",
           print(output.shape), " has no row for every sample; write an .npz");
  Log log(options.common.json);
  std::unique_ptr<Executor> executor = load(program, options.common);
  upload(*executor, states);

  std::vector<Array> arrays =
      predict(*executor, options.entry, data, options.seed);
  if (npz)
    writeNpz(options.output, arrays);
  else
    writeCsv(options.output, arrays);
  Event outputs = Event::object();
  for (const Array &array : arrays)
    outputs[array.name] = {{"dtype", name(array.dtype)},
                           {"shape", array.shape}};
  log.event(
      "predict",
      {{"samples", data.size}, {"file", options.output}, {"outputs", outputs}});
  log.line(concat(data.size, " samples, outputs in ", options.output));
  log.check();
  return 0;
}

} // namespace

void addPredict(CLI::App &app, Action &action) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand(
      "predict", "run an entry over a data set and write its outputs");
  addTrained(*command, *options);
  command
      ->add_option("-o,--output", options->output,
                   "file to write, .npz or .csv")
      ->required();
  command->add_option("--entry", options->entry,
                      "the entry to run (default predict)");
  command
      ->add_option("--seed", options->seed,
                   "seed of random numbers in the entry (default 0)")
      ->check(CLI::NonNegativeNumber);
  command->callback(
      [=, &action] { action = [=] { return predictTo(*options); }; });
}

} // namespace descent::runtime
