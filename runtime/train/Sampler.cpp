// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shuffling without the standard library's, whose results differ between
// implementations.
#include "train/Sampler.h"
#include "core/Philox.h"

#include <numeric>
#include <utility>

namespace descent::runtime {

std::vector<uint32_t> epochOrder(uint64_t samples, uint64_t seed,
                                 uint32_t epoch, bool shuffle) {
  std::vector<uint32_t> order(samples);
  std::iota(order.begin(), order.end(), 0u);
  if (!shuffle)
    return order;
  PhiloxSequence random(seed, Stream::Shuffle, epoch);
  for (uint64_t left = samples; left > 1; --left)
    std::swap(order[left - 1], order[random.below(uint32_t(left))]);
  return order;
}

} // namespace descent::runtime
