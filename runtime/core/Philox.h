// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Philox4x32-10, the counter-based generator behind initializers, shuffling and
// made-up data.
#ifndef DESCENT_RUNTIME_CORE_PHILOX_H
#define DESCENT_RUNTIME_CORE_PHILOX_H

#include <array>
#include <cstdint>

namespace descent::runtime {

/// What a counter's last word says the numbers are for, so that one seed never
/// gives two purposes the same numbers. Kernels (dropout) own 0.
enum class Stream : uint32_t {
  Kernels = 0,
  Initializer = 1,
  Shuffle = 2,
  Bench = 3,
  Glyphs = 4
};

/// Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3 (SC
/// 2011), section 3.3, with ten rounds.
inline std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter,
                                      uint64_t seed) {
  uint32_t key0 = uint32_t(seed), key1 = uint32_t(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    uint64_t p0 = uint64_t(0xD2511F53) * counter[0];
    uint64_t p1 = uint64_t(0xCD9E8D57) * counter[2];
    counter = {uint32_t(p1 >> 32) ^ counter[1] ^ key0, uint32_t(p1),
               uint32_t(p0 >> 32) ^ counter[3] ^ key1, uint32_t(p0)};
    key0 += 0x9E3779B9, key1 += 0xBB67AE85;
  }
  return counter;
}

/// Numbers one after another: counter = (position, position >> 32, index,
/// stream).
class PhiloxSequence {
public:
  PhiloxSequence(uint64_t seed, Stream stream, uint32_t index = 0)
      : seed(seed), index(index), stream(stream) {}

  uint32_t next() {
    if (used == 4) {
      block = philox({uint32_t(position), uint32_t(position >> 32), index,
                      uint32_t(stream)},
                     seed);
      ++position, used = 0;
    }
    return block[used++];
  }

  /// Uniform in [0, 1) with 24 bits, exact in a float.
  float uniform() { return float(next() >> 8) * 0x1p-24f; }
  float uniform(float low, float high) {
    return low + (high - low) * uniform();
  }

  /// Uniform in [0, bound), without bias (Lemire 2019, with rejection); bound >
  /// 0.
  uint32_t below(uint32_t bound) {
    uint64_t product = uint64_t(next()) * bound;
    if (uint32_t(product) < bound) {
      uint32_t threshold = (0u - bound) % bound;
      while (uint32_t(product) < threshold)
        product = uint64_t(next()) * bound;
    }
    return uint32_t(product >> 32);
  }

private:
  uint64_t seed, position = 0;
  uint32_t index;
  Stream stream;
  std::array<uint32_t, 4> block{};
  int used = 4;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_CORE_PHILOX_H
