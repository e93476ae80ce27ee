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

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
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
      batches(data, executor.program(), trainEntry(executor.program())),
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

bool Trainer::shouldStop() {
  result.interrupted = options.stop && *options.stop != 0;
  return result.interrupted || (options.steps && step >= *options.steps) ||
         (options.seconds && elapsed() >= *options.seconds);
}

void Trainer::finishStep(const Run &run) {
  float loss;
  std::memcpy(&loss, run.outputs[lossOutput].data(), 4);
  if (run.diverged != 0 || !std::isfinite(loss)) {
    int32_t bad = run.diverged != 0 ? run.diverged : run.control.step;
    step = uint64_t(bad) - 1; // the last one that counts
    log.event("diverged", {{"step", bad}, {"loss", loss}});
    fail(Status::Diverged, "training diverged at step ", bad,
         ": the loss or a gradient is not finite (loss ", loss,
         "); try a lower learning rate");
  }
  lastLoss = loss;
  sums.loss += double(loss) * run.control.valid;
  sums.samples += run.control.valid;
  ++sums.batches;
  if (options.logEvery && uint64_t(run.control.step) % options.logEvery == 0)
    log.event("step", {{"step", run.control.step}, {"loss", loss}});
}

void Trainer::submitStep(std::span<const uint32_t> rows) {
  ++step;
  queue.run(
      "train",
      [&](Run &run) {
        batches.fill(run, rows);
        run.control.step = int32_t(step);
        run.control.seed = options.seed;
      },
      [this](const Run &run) { finishStep(run); });
}

void Trainer::showProgress(uint64_t epoch, uint64_t batch) {
  if (!log.showsProgress())
    return;
  double perStep = elapsed() / double(step);
  uint64_t total = epochs == UINT32_MAX ? 0 : epochs * batchesPerEpoch;
  if (options.steps && (total == 0 || *options.steps < total))
    total = *options.steps;
  std::string text = concat("epoch ", epoch + 1, "  batch ", batch, "/",
                            batchesPerEpoch, "  loss ", significant(lastLoss),
                            "  ", fixed(1000 * perStep, 2), " ms/step");
  if (total > step)
    text += "  " + fixed(double(total - step) * perStep, 0) + " s left";
  log.progress(text);
}

bool Trainer::runEpoch(uint64_t epoch) {
  std::vector<uint32_t> order = epochOrder(batches.samples(), options.seed,
                                           uint32_t(epoch), options.shuffle);
  sums = {};
  bool stopped = false;
  Clock::time_point start = Clock::now();
  for (uint64_t batch = 0; batch < batchesPerEpoch && !(stopped = shouldStop());
       ++batch) {
    uint64_t first = batch * batches.batch();
    submitStep(std::span(order).subspan(
        first, std::min(batches.batch(), order.size() - first)));
    showProgress(epoch, batch + 1);
  }
  queue.drain();
  if (sums.batches > 0)
    reportEpoch(epoch,
                std::chrono::duration<double>(Clock::now() - start).count());
  return !stopped;
}

void Trainer::reportEpoch(uint64_t epoch, double seconds) {
  Event fields = {{"epoch", epoch + 1},
                  {"step", step},
                  {"train_loss", sums.loss / sums.samples}};
  std::string line = concat("epoch ", epoch + 1, "  train_loss ",
                            fixed(sums.loss / sums.samples, 5));
  if (evaluator && !result.interrupted)
    for (const Metric &metric : evaluator->run(queue)) {
      fields["test_" + metric.name] = metric.value;
      line += "  test_" + metric.name + " " + fixed(metric.value, 5);
    }
  fields["samples_per_s"] = sums.samples / seconds;
  fields["seconds"] = elapsed();
  if (sums.batches < batchesPerEpoch)
    fields["batches"] = sums.batches;
  log.event("epoch", fields);
  log.line(line + concat("  ", fixed(sums.samples / seconds, 0), " samples/s"));
}

void Trainer::save(const std::string &name) {
  if (options.folder.empty())
    return;
  std::string path = options.folder + "/" + name;
  saveWeights(executor.program(), downloadWeights(executor), path,
              {{"descent.step", std::to_string(step)},
               {"descent.seed", std::to_string(options.seed)}});
  result.weights = path;
  lastSave = elapsed();
}

TrainResult Trainer::run() {
  begin = Clock::now();
  try {
    for (uint64_t epoch = 0; epoch < epochs && !shouldStop(); ++epoch) {
      if (!runEpoch(epoch))
        break;
      if (elapsed() - lastSave > options.saveSeconds)
        save("weights.safetensors");
    }
  } catch (const Error &error) {
    // Guarded updates keep the state of the last good step; it is saved under a
    // name that nothing loads by default.
    if (error.status() == Status::Diverged &&
        executor.program().findState("status.diverged"))
      save("diverged.safetensors");
    throw;
  }
  save("weights.safetensors");
  result.steps = step;
  result.seconds = elapsed();
  return result;
}

} // namespace descent::runtime
