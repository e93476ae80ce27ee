// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// descent-run train.
#include "Common.h"
#include "core/Error.h"

#include "train/Trainer.h"
#include <atomic>
#include <csignal>

#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

namespace descent::runtime {
namespace {

struct Options {
  CommonOptions common;
  std::string bundle, data, test, time, init, folder;
  std::optional<uint64_t> epochs, steps;
  std::optional<uint64_t> seed;
  uint64_t logEvery = 0;
  bool noShuffle = false, dropLast = false, noSave = false, resume = false;

  std::string outFolder() const {
    if (!folder.empty())
      return folder;
    return std::filesystem::path(bundle).stem().string() + ".run";
  }
};

/// "90", "90s", "10m" or "1.5h" in seconds.
double parseTime(const std::string &text) {
  double value = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  std::string unit(end, text.data() + text.size());
  double factor = unit.empty() || unit == "s" ? 1
                  : unit == "m"               ? 60
                  : unit == "h"               ? 3600
                                              : 0;
  if (error != std::errc() || factor == 0 || !(value > 0))
    fail(Status::Usage, "--time '", text,
         "': expected a time such as 90, 90s, 10m or 1.5h");
  return value * factor;
}

/// The folder for this run, held by a lock so that two runs do not write into
/// one.
class RunFolder {
public:
  explicit RunFolder(const std::string &path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error)
      fail(Status::Failure, "cannot make the folder '", path,
           "': ", error.message());
    lock =
        ::open((path + "/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock < 0)
      fail(Status::Failure, "cannot write into the folder '", path,
           "': ", std::strerror(errno));
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0)
      fail(Status::Failure, "another run is writing into '", path,
           "'; give --out another folder");
    sweep(path);
  }
  ~RunFolder() { ::close(lock); }
  RunFolder(const RunFolder &) = delete;
  RunFolder &operator=(const RunFolder &) = delete;

private:
  /// Removes what a killed run had half written.
  static void sweep(const std::string &path) {
    std::error_code ignored;
    for (const auto &entry : std::filesystem::directory_iterator(path, ignored))
      if (entry.path().filename().string().find(".safetensors.tmp.") !=
          std::string::npos)
        std::filesystem::remove(entry.path(), ignored);
  }

  int lock;
};

/// What a run begins with: drawn from the seed, from --init, or a checkpoint.
struct Beginning {
  uint64_t seed;
  StateBytes states;
  std::optional<Checkpoint> checkpoint;
};

Beginning begin(const Program &program, const Options &options) {
  Beginning beginning;
  if (options.resume)
    beginning.checkpoint = loadCheckpoint(
        program, options.outFolder() + "/checkpoint.safetensors");
  uint64_t fallback =
      beginning.checkpoint ? beginning.checkpoint->identity.seed : 0;
  beginning.seed = options.seed.value_or(fallback);
  beginning.states =
      initialStates(program, beginning.seed,
                    {Role::Parameter, Role::Buffer, Role::Optimizer,
                     Role::Metric, Role::Status});
  StateBytes given;
  if (beginning.checkpoint)
    given = beginning.checkpoint->states;
  else if (!options.init.empty())
    given = loadWeights(program, options.init);
  for (auto &[index, bytes] : given)
    beginning.states[index] = std::move(bytes);
  return beginning;
}

/// The number of the signal that asked the run to stop, or 0.
std::atomic<int> stopSignal = 0;

/// The first signal asks for an orderly end; the handler is gone after it, so
/// the second one ends the program.
void onSignal(int signal) { stopSignal = signal; }

void catchSignals() {
  struct sigaction action = {};
  action.sa_handler = onSignal;
  action.sa_flags = int(SA_RESETHAND) | SA_RESTART;
  for (int signal : {SIGINT, SIGTERM})
    sigaction(signal, &action, nullptr);
}

TrainOptions trainOptions(const Options &options, uint64_t seed) {
  TrainOptions train;
  train.epochs = options.epochs, train.steps = options.steps;
  if (!options.time.empty())
    train.seconds = parseTime(options.time);
  train.seed = seed;
  train.shuffle = !options.noShuffle, train.dropLast = options.dropLast;
  train.logEvery = options.logEvery;
  train.stop = &stopSignal;
  return train;
}

void announce(Log &log, const Executor &executor, Event more) {
  Event fields = describe(executor, "train");
  fields.update(more);
  log.event("start", fields);
  const Program &program = executor.program();
  log.line(concat(program.modelName, ": ", countParameters(program),
                  " parameters, variant ", executor.variant().name, " on ",
                  executor.deviceName()));
  std::string plan =
      "planned: " + readableBytes(executor.variant().peakBytes) + " of memory";
  if (fields.contains("launches"))
    plan += concat(", ", fields["launches"].get<uint64_t>(), " launches and ",
                   fixed(fields["gflop_per_step"].get<double>(), 3),
                   " GFLOP a step");
  log.line(plan);
}

int train(const Options &options) {
  std::shared_ptr<const Program> program = openBundle(options.bundle);
  Dataset data = openDataset(options.data, Part::Train);
  std::optional<Dataset> test;
  if (!options.test.empty())
    test = openDataset(options.test, Part::Test);
  Beginning beginning = begin(*program, options);

  Log log(options.common.json);
  std::unique_ptr<Executor> executor = load(program, options.common);
  // Binding the data reports what does not fit before pipelines are made and
  // folders are written.
  Trainer trainer(*executor, data, test ? &*test : nullptr,
                  trainOptions(options, beginning.seed), log);
  if (beginning.checkpoint)
    trainer.resume(*beginning.checkpoint, options.outFolder());
  executor->prepare({"train"});
  if (test)
    executor->prepare(Evaluator::entries());
  upload(*executor, beginning.states);

  Event more = {{"samples", data.size}, {"seed", beginning.seed}};
  if (test)
    more["test_samples"] = test->size;
  if (beginning.checkpoint)
    more["resumed_at"] = beginning.checkpoint->position.step;
  std::optional<RunFolder> folder;
  if (!options.noSave) {
    more["out"] = options.outFolder();
    folder.emplace(options.outFolder());
    trainer.saveInto(options.outFolder());
    log.keep(options.outFolder() + "/events.jsonl", options.resume);
  }
  announce(log, *executor, more);

  catchSignals();
  TrainResult result = trainer.run();
  Event fields = {{"steps", result.steps},
                  {"seconds", result.seconds},
                  {"interrupted", result.interrupted}};
  if (!result.weights.empty())
    fields["weights"] = result.weights;
  log.event("end", fields);
  log.line(
      concat(result.interrupted ? "interrupted after " : "", result.steps,
             " steps in ", fixed(result.seconds, 1), " s",
             result.weights.empty() ? "" : ", weights in " + result.weights));
  if (!log.lost().empty())
    fail(Status::Failure, log.lost(), "; the run ended after step ",
         result.steps,
         result.weights.empty() ? ", and nothing is saved (--no-save)"
                                : ", is saved in " + options.outFolder() +
                                      ", and --resume goes on from there");
  return result.interrupted ? int(Status::Interrupted) : 0;
}

} // namespace

void addTrain(CLI::App &app, Action &action) {
  auto options = std::make_shared<Options>();
  CLI::App *command =
      app.add_subcommand("train", "train a bundle's model on data");
  command->add_option("BUNDLE", options->bundle, "what descentc wrote")
      ->required();
  command
      ->add_option("--data", options->data,
                   "training data: " + datasetKinds() +
                       " (idx: the training pair)")
      ->required();
  command->add_option(
      "--test", options->test,
      "data to evaluate on after every epoch (idx: the test pair)");
  command
      ->add_option("--epochs", options->epochs,
                   "passes over the data (default: the model's)")
      ->check(CLI::Range(1, INT32_MAX));
  command
      ->add_option("--steps", options->steps,
                   "end after this many steps, without --epochs over as many "
                   "epochs as that takes")
      ->check(CLI::Range(1, INT32_MAX));
  command->add_option("--time", options->time,
                      "begin no step after this time: 90, 90s, 10m, 1.5h");
  command
      ->add_option("--seed", options->seed,
                   "seed of weights, order and dropout (default 0, or the "
                   "checkpoint's)")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--no-shuffle", options->noShuffle,
                    "visit the samples in their order in the file");
  command->add_flag("--drop-last", options->dropLast,
                    "skip an epoch's last batch when it is not full");
  CLI::Option *init = command->add_option(
      "--init", options->init,
      "begin with these weights (.safetensors) instead of initializing");
  CLI::Option *out = command->add_option(
      "--out", options->folder,
      "folder for weights.safetensors, checkpoint.safetensors and "
      "events.jsonl, made when missing (default: the bundle's name with .run, "
      "here)");
  CLI::Option *noSave =
      command->add_flag("--no-save", options->noSave, "write no files")
          ->excludes(out);
  command
      ->add_flag("--resume", options->resume,
                 "go on from the checkpoint in the --out folder, bit for bit; "
                 "--epochs and --steps count from the very beginning")
      ->excludes(init)
      ->excludes(noSave);
  command
      ->add_option("--log-every", options->logEvery,
                   "a step event with the loss every so many steps")
      ->check(CLI::NonNegativeNumber);
  addCommon(*command, options->common, true);
  command->callback([=, &action] { action = [=] { return train(*options); }; });
}

} // namespace descent::runtime
