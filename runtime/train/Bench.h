// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Timing of an entry on made-up data of the right shapes.
#ifndef DESCENT_RUNTIME_TRAIN_BENCH_H
#define DESCENT_RUNTIME_TRAIN_BENCH_H

#include "train/StepQueue.h"

namespace descent::runtime {

struct BenchResult {
  double firstStepMs = 0; ///< from the beginning of preparing the entry to the
                          ///< end of its first run
  double medianMs = 0, minMs = 0; ///< between the ends of successive runs, a
                                  ///< few of which are in flight
};

/// Prepares the entry, runs it three times to warm up, then steps times. Inputs
/// are uniform in [0, 1), or uniform integers within their range; every run
/// copies them as training does.
BenchResult bench(Executor &executor, const std::string &entry, unsigned steps,
                  uint64_t seed);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_TRAIN_BENCH_H
