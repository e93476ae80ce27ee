// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The training loop: epochs of shuffled batches, losses read back late,
// evaluation, saving, stopping.
#ifndef DESCENT_RUNTIME_TRAIN_TRAINER_H
#define DESCENT_RUNTIME_TRAIN_TRAINER_H

#include "log/Log.h"
#include "train/Evaluate.h"

#include <atomic>
#include <chrono>
#include <memory>

namespace descent::runtime {

struct TrainOptions {
  std::optional<uint64_t> epochs,
      steps; ///< whichever is reached first ends the run; neither: the bundle's
             ///< epochs, or 1
  std::optional<double> seconds; ///< no step is begun after this many
  uint64_t seed = 0;
  bool shuffle = true;
  bool dropLast =
      false; ///< skip the last batch of an epoch when it is not full
  uint64_t logEvery = 0; ///< a step event every so many steps; 0: none
  std::string folder;    ///< as saveInto()
  double saveSeconds =
      30; ///< an epoch's end saves only when this long ago was the last time
  const std::atomic<int> *stop =
      nullptr; ///< becomes the number of a signal when the run should end
};

struct TrainResult {
  uint64_t steps = 0;
  double seconds = 0;
  bool interrupted = false;
  std::string weights; ///< the file written last, or empty
};

/// Trains what is on the executor's device. States must have been written
/// before. Errors: Diverged with the number of the step when a loss is not
/// finite or status.diverged is set; the state before that step is then in
/// folder/diverged.safetensors when the bundle guards its updates, and
/// weights.safetensors is not touched.
class Trainer {
public:
  Trainer(Executor &executor, const Dataset &data, const Dataset *test,
          const TrainOptions &options, Log &log);
  /// Writes weights.safetensors into the folder, which exists; without it
  /// nothing is saved.
  void saveInto(const std::string &folder) { options.folder = folder; }
  TrainResult run();

private:
  using Clock = std::chrono::steady_clock;
  struct EpochSums {
    double loss = 0, samples = 0;
    uint64_t batches = 0;
  };
  /// False when the run should end, be it in the middle of the epoch.
  bool runEpoch(uint64_t epoch);
  void submitStep(std::span<const uint32_t> rows);
  void finishStep(const Run &run);
  void reportEpoch(uint64_t epoch, double seconds);
  void showProgress(uint64_t epoch, uint64_t batch);
  bool shouldStop();
  double elapsed() const {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  }
  void save(const std::string &name);

  Executor &executor;
  Batches batches;
  std::unique_ptr<Evaluator> evaluator;
  TrainOptions options;
  Log &log;
  StepQueue queue;
  unsigned lossOutput;
  uint64_t epochs, batchesPerEpoch;
  uint64_t step = 0;
  double lastLoss = 0, lastSave = 0;
  EpochSums sums;
  TrainResult result;
  Clock::time_point begin;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_TRAIN_TRAINER_H
