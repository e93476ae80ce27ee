// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running an entry over a data set and collecting its outputs.
#ifndef DESCENT_RUNTIME_TRAIN_PREDICT_H
#define DESCENT_RUNTIME_TRAIN_PREDICT_H

#include "data/Dataset.h"
#include "data/Npz.h"
#include "train/StepQueue.h"

namespace descent::runtime {

/// Prepares an entry and runs it over every sample. Each output comes back with
/// its batch axis as long as the data set. Errors: those of Batches; Usage when
/// an output has no batch axis although the data needs several runs.
std::vector<Array> predict(Executor &executor, const std::string &entry,
                           const Dataset &dataset, uint64_t seed);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_TRAIN_PREDICT_H
