// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The training loop: epochs of shuffled batches, losses read back late,
// evaluation, saving, stopping.
#ifndef DESCENT_RUNTIME_TRAIN_TRAINER_H
#define DESCENT_RUNTIME_TRAIN_TRAINER_H

#include "log/Log.h"
#include "train/Checkpoint.h"
#include "train/Evaluate.h"

#include <atomic>
#include <chrono>
#include <memory>

namespace descent::runtime {

struct TrainOptions {
  /// Whichever is reached first ends the run, counted from its very beginning;
  /// with neither it is the bundle's epochs, or 1.
  std::optional<uint64_t> epochs, steps;
  /// No step is begun after this many.
  std::optional<double> seconds;
  uint64_t seed = 0;
  bool shuffle = true;
  /// Skip the last batch of an epoch when it is not full.
  bool dropLast = false;
  /// A step event every so many steps; 0: none.
  uint64_t logEvery = 0;
  /// As saveInto().
  std::string folder;
  /// An epoch's end saves only when the last time was this long ago.
  double saveSeconds = 30;
  /// Becomes the number of a signal when the run should end.
  const std::atomic<int> *stop = nullptr;
};

struct TrainResult {
  uint64_t steps = 0;
  double seconds = 0;
  bool interrupted = false; ///< by a signal, or because the log was lost
  std::string weights;      ///< the file written last, or empty
};

/// Trains what is on the executor's device. States must have been written
/// before. Errors: Diverged with the number of the step when a loss is not
/// finite or status.diverged is set; the state before that step is then in
/// folder/diverged.safetensors when the bundle guards its updates, and
/// weights.safetensors is not touched. DeviceLost, with the step of the last
/// checkpoint, from which --resume goes on. A log that can no longer be written
/// ends the run as a signal does, so that it is saved: see Log::check().
class Trainer {
public:
  Trainer(Executor &executor, const Dataset &data, const Dataset *test,
          const TrainOptions &options, Log &log);
  /// Writes weights.safetensors and checkpoint.safetensors into the folder,
  /// which exists; without it nothing is saved.
  void saveInto(const std::string &folder) { options.folder = folder; }
  /// Goes on from a checkpoint, whose states are on the device. Error: Usage
  /// when seed, data or options are not the checkpoint's.
  void resume(const Checkpoint &checkpoint, const std::string &path);
  TrainResult run();

private:
  using Clock = std::chrono::steady_clock;
  /// False when the run should end, be it in the middle of the epoch.
  bool runEpoch();
  void submitStep(std::span<const uint32_t> rows);
  void finishStep(const Run &run);
  void reportEpoch(double samplesPerSecond);
  void showProgress();
  bool shouldStop();
  double elapsed() const {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  }
  RunIdentity identity() const;
  void save();

  Executor &executor;
  Batches batches;
  std::unique_ptr<Evaluator> evaluator;
  TrainOptions options;
  Log &log;
  StepQueue queue;
  unsigned lossOutput;
  uint64_t epochs, batchesPerEpoch;
  Position at;
  uint64_t firstStep = 0; ///< steps that were done before this process
  uint64_t savedStep = 0; ///< of the last checkpoint, 0: none was written
  double lastLoss = 0, lastSave = 0;
  TrainResult result;
  Clock::time_point begin;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_TRAIN_TRAINER_H
