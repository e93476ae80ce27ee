// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checkpoints: everything that a run needs to go on as if it had never stopped.
#ifndef DESCENT_RUNTIME_TRAIN_CHECKPOINT_H
#define DESCENT_RUNTIME_TRAIN_CHECKPOINT_H

#include "train/Weights.h"

namespace descent::runtime {

/// Where a run is. The sums are those of the epoch that has begun.
struct Position {
  uint64_t step = 0;  ///< steps done
  uint64_t epoch = 0; ///< epochs completed
  uint64_t batch = 0; ///< batches done of the epoch after them
  double lossSum = 0, sampleSum = 0;
};

/// What must be the same for the rest of a run to be the rest of that run.
struct RunIdentity {
  uint64_t seed = 0, samples = 0, batchSize = 0;
  bool shuffle = true, dropLast = false;
  bool operator==(const RunIdentity &) const = default;
};

struct Checkpoint {
  Position position;
  RunIdentity identity;
  std::string device; ///< name and variant: elsewhere, bits may differ
  StateBytes states;  ///< parameters, buffers and optimizer state
};

/// What Checkpoint::device says of an executor.
std::string deviceOf(const Executor &executor);

/// Downloads the states and writes a safetensors file whose metadata hold the
/// rest; floats are hexadecimal, so nothing is lost. Errors: Failure.
void saveCheckpoint(Executor &executor, const Position &position,
                    const RunIdentity &identity, const std::string &path);

/// Errors: Invalid for a file that is damaged or belongs to another model.
Checkpoint loadCheckpoint(const Program &program, const std::string &path);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_TRAIN_CHECKPOINT_H
