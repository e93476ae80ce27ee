// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The training loop. Nothing in it waits for the step that it has just
// submitted.
#include "train/Trainer.h"
#include "core/Error.h"
#include "train/Sampler.h"
#include "train/Weights.h"

#include <cmath>
#include <cstring>

namespace descent::runtime {
namespace {

const Entry &trainEntry(const Program &program) {
  const Entry *train = program.findEntry("train");
  if (!train)
    fail(Status::Usage, "the bundle has no entry train; compile the model with "
                        "a loss and without --entries");
  return *train;
}

std::string significant(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.5g", value);
  return text;
}

} // namespace

Trainer::Trainer(Executor &executor, const Dataset &data, const Dataset *test,
                 const TrainOptions &options, Log &log)
    : executor(executor),
      batches(data, executor.program(), trainEntry(executor.program()),
              options.dropLast ? LastBatch::Dropped : LastBatch::Padded,
              data.size < trainEntry(executor.program()).batch
                  ? ""
                  : "let --drop-last skip them, "),
      options(options), log(log), queue(executor) {
  const Entry &train = trainEntry(executor.program());
  lossOutput = *train.findOutput("loss");
  if (test)
    evaluator = std::make_unique<Evaluator>(executor, *test, options.seed);
  uint64_t rest = options.dropLast ? 0 : batches.batch() - 1;
  batchesPerEpoch = (batches.samples() + rest) / batches.batch();
  if (batchesPerEpoch == 0)
    fail(Status::Invalid, "'", data.description, "' has ", data.size,
         " samples, less than one batch of ", batches.batch(),
         "; leave --drop-last away");
  bool limited = options.steps || options.seconds;
  epochs = options.epochs ? *options.epochs
           : limited      ? UINT32_MAX
                          : executor.program().epochs.value_or(1);
}

RunIdentity Trainer::identity() const {
  return {options.seed, batches.samples(), batches.batch(), options.shuffle,
          options.dropLast};
}

void Trainer::resume(const Checkpoint &checkpoint, const std::string &path) {
  auto describe = [](const RunIdentity &run) {
    return concat("seed ", run.seed, ", ", run.samples, " samples, batch ",
                  run.batchSize, run.shuffle ? "" : ", --no-shuffle",
                  run.dropLast ? ", --drop-last" : "");
  };
  if (checkpoint.identity != identity())
    fail(Status::Usage, path, ": a checkpoint of a run with ",
         describe(checkpoint.identity), "; this one has ",
         describe(identity()));
  if (checkpoint.device != deviceOf(executor))
    log.line("warning: the checkpoint was made on " + checkpoint.device +
             "; on " + deviceOf(executor) +
             " results are equal within rounding only");
  at = checkpoint.position;
  firstStep = savedStep = at.step;
}

bool Trainer::shouldStop() {
  result.interrupted =
      (options.stop && *options.stop != 0) || !log.lost().empty();
  return result.interrupted || (options.steps && at.step >= *options.steps) ||
         (options.seconds && elapsed() >= *options.seconds);
}

void Trainer::finishStep(const Run &run) {
  float loss;
  std::memcpy(&loss, run.outputs[lossOutput].data(), 4);
  if (run.diverged != 0 || !std::isfinite(loss)) {
    int32_t bad = run.diverged != 0 ? run.diverged : run.control.step;
    at.step = uint64_t(bad) - 1; // the last one that counts
    log.event("diverged", {{"step", bad}, {"loss", loss}});
    fail(Status::Diverged, "training diverged at step ", bad,
         ": the loss or a gradient is not finite (loss ", loss,
         "); try a lower learning rate");
  }
  lastLoss = loss;
  at.lossSum += double(loss) * run.control.valid;
  at.sampleSum += run.control.valid;
  if (options.logEvery && uint64_t(run.control.step) % options.logEvery == 0)
    log.event("step", {{"step", run.control.step}, {"loss", loss}});
}

void Trainer::submitStep(std::span<const uint32_t> rows) {
  if (at.step == INT32_MAX)
    fail(Status::Failure, "a run has at most ", INT32_MAX, " steps");
  ++at.step, ++at.batch;
  queue.run(
      "train",
      [&](Run &run) {
        batches.fill(run, rows);
        run.control.step = int32_t(at.step);
        run.control.seed = options.seed;
      },
      [this](const Run &run) { finishStep(run); });
}

void Trainer::showProgress() {
  if (!log.showsProgress() || at.sampleSum == 0)
    return;
  double perStep = elapsed() / double(at.step - firstStep);
  uint64_t total = epochs == UINT32_MAX ? 0 : epochs * batchesPerEpoch;
  if (options.steps && (total == 0 || *options.steps < total))
    total = *options.steps;
  std::string text = concat("epoch ", at.epoch + 1, "  batch ", at.batch, "/",
                            batchesPerEpoch, "  loss ", significant(lastLoss),
                            "  ", fixed(1000 * perStep, 2), " ms/step");
  if (total > at.step)
    text += "  " + fixed(double(total - at.step) * perStep, 0) + " s left";
  log.progress(text);
}

bool Trainer::runEpoch() {
  std::vector<uint32_t> order = epochOrder(batches.samples(), options.seed,
                                           uint32_t(at.epoch), options.shuffle);
  double samplesBefore = at.sampleSum;
  Clock::time_point start = Clock::now();
  bool stopped = false;
  while (at.batch < batchesPerEpoch && !(stopped = shouldStop())) {
    uint64_t first = at.batch * batches.batch();
    submitStep(std::span(order).subspan(
        first, std::min(batches.batch(), order.size() - first)));
    showProgress();
  }
  queue.drain();
  if (at.batch > 0)
    reportEpoch((at.sampleSum - samplesBefore) /
                std::chrono::duration<double>(Clock::now() - start).count());
  if (!stopped)
    at = {at.step, at.epoch + 1, 0, 0, 0};
  return !stopped;
}

void Trainer::reportEpoch(double samplesPerSecond) {
  double loss = at.lossSum / at.sampleSum;
  Event fields = {
      {"epoch", at.epoch + 1}, {"step", at.step}, {"train_loss", loss}};
  std::string line =
      concat("epoch ", at.epoch + 1, "  train_loss ", fixed(loss, 5));
  if (evaluator && !result.interrupted)
    for (const Metric &metric : evaluator->run(queue)) {
      fields["test_" + metric.name] = metric.json();
      if (metric.isScalar())
        line += "  test_" + metric.name + " " + metric.text();
    }
  fields["samples_per_s"] = samplesPerSecond;
  fields["seconds"] = elapsed();
  if (at.batch < batchesPerEpoch)
    fields["batches"] = at.batch;
  log.event("epoch", fields);
  log.line(line + concat("  ", fixed(samplesPerSecond, 0), " samples/s"));
}

void Trainer::save() {
  if (options.folder.empty())
    return;
  saveCheckpoint(executor, at, identity(),
                 options.folder + "/checkpoint.safetensors");
  savedStep = at.step;
  result.weights = options.folder + "/weights.safetensors";
  saveWeights(executor.program(), download(executor, weightRoles),
              result.weights, {{"descent.step", std::to_string(at.step)}});
  lastSave = elapsed();
}

TrainResult Trainer::run() {
  begin = Clock::now();
  try {
    while (at.epoch < epochs && !shouldStop()) {
      if (!runEpoch())
        break;
      if (elapsed() - lastSave > options.saveSeconds)
        save();
    }
    save();
  } catch (const Error &error) {
    // Guarded updates keep the state of the last good step; it is saved under a
    // name that nothing loads by default.
    if (error.status() == Status::Diverged && !options.folder.empty() &&
        executor.program().findState("status.diverged"))
      saveWeights(executor.program(), download(executor, weightRoles),
                  options.folder + "/diverged.safetensors",
                  {{"descent.step", std::to_string(at.step)}});
    if (error.status() == Status::DeviceLost && savedStep > 0)
      fail(Status::DeviceLost, error.what(), "; ", options.folder,
           " holds the checkpoint of step ", savedStep,
           ": --resume goes on from there");
    throw;
  }
  result.steps = at.step;
  result.seconds = elapsed();
  return result;
}

} // namespace descent::runtime
