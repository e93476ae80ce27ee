// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Timing of an entry on made-up data of the right shapes.
#ifndef DESCENT_RUNTIME_TRAIN_BENCH_H
#define DESCENT_RUNTIME_TRAIN_BENCH_H

#include "train/StepQueue.h"

namespace descent::runtime {

struct BenchResult {
  /// From the beginning of preparing the entry to the end of its first run.
  double firstStepMs = 0;
  /// From copying the inputs to readable results, one run at a time.
  double medianMs = 0, minMs = 0;
  /// The mean when the next run is prepared while one is on the device, as
  /// training does it.
  double overlappedMs = 0;
};

/// Prepares the entry, runs it three times to warm up, then steps times one by
/// one and steps times overlapped. Inputs are uniform in [0, 1), or uniform
/// integers within their range; every run copies them as training does.
BenchResult bench(Executor &executor, const std::string &entry, unsigned steps,
                  uint64_t seed);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_TRAIN_BENCH_H
