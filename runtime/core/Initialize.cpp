// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The three initializers of the bundle format.
#include "core/Initialize.h"
#include "core/Philox.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <numbers>

namespace descent::runtime {

std::vector<std::byte> initialState(const Program &program, unsigned index,
                                    uint64_t seed) {
  const State &state = program.states[index];
  const Initializer &init = state.init;
  std::vector<std::byte> bytes(state.tensor.bytes());
  for (uint64_t i = 0; i < state.tensor.elements(); ++i) {
    auto words = philox(
        {uint32_t(i), uint32_t(i >> 32), index, uint32_t(Stream::Initializer)},
        seed);
    double u0 = (words[0] + 0.5) * 0x1p-32, u1 = (words[1] + 0.5) * 0x1p-32;
    double value = init.first;
    if (init.kind == Initializer::Kind::Uniform)
      value = init.first + (init.second - init.first) * u0;
    else if (init.kind == Initializer::Kind::Normal)
      value = init.first + init.second * std::sqrt(-2 * std::log(u0)) *
                               std::cos(2 * std::numbers::pi * u1);
    uint32_t bits = state.tensor.dtype == DType::F32
                        ? std::bit_cast<uint32_t>(float(value))
                        : uint32_t(int32_t(value));
    std::memcpy(bytes.data() + 4 * i, &bits, 4);
  }
  return bytes;
}

} // namespace descent::runtime
