// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The order in which samples are visited: a function of seed and epoch alone.
#ifndef DESCENT_RUNTIME_TRAIN_SAMPLER_H
#define DESCENT_RUNTIME_TRAIN_SAMPLER_H

#include <cstdint>
#include <vector>

namespace descent::runtime {

/// The rows of a data set in the order of an epoch (from 0): 0, 1, 2, ...
/// without shuffle; otherwise the Fisher-Yates permutation (Durstenfeld 1964)
/// whose draws come from Philox with (seed, epoch).
std::vector<uint32_t> epochOrder(uint64_t samples, uint64_t seed,
                                 uint32_t epoch, bool shuffle);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_TRAIN_SAMPLER_H
