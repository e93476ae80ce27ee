// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Philox4x32-10, the counter-based random number generator of descent.philox.

#ifndef DESCENT_INTERPRETER_PHILOX_H
#define DESCENT_INTERPRETER_PHILOX_H

#include <array>
#include <cstdint>

namespace descent::interpreter {

/// Ten rounds over a counter of four words with a key of two. Salmon, Moraes,
/// Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011,
/// section 3.3 and table 2.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter,
                                   std::array<uint32_t, 2> key);

} // namespace descent::interpreter

#endif // DESCENT_INTERPRETER_PHILOX_H
