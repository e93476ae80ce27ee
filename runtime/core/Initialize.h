// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Initial values of state, made on the host so that every device starts from
// the same bytes.
#ifndef DESCENT_RUNTIME_CORE_INITIALIZE_H
#define DESCENT_RUNTIME_CORE_INITIALIZE_H

#include "core/Program.h"

namespace descent::runtime {

/// The bytes of state number index of the program, drawn as docs/bundle.md
/// says: Philox4x32-10 keyed by seed, counter (element, element >> 32, index,
/// 1); all in double, then rounded to the state's type.
std::vector<std::byte> initialState(const Program &program, unsigned index,
                                    uint64_t seed);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_CORE_INITIALIZE_H
