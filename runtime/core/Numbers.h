// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elements of tensors as numbers of the host.
#ifndef DESCENT_RUNTIME_CORE_NUMBERS_H
#define DESCENT_RUNTIME_CORE_NUMBERS_H

#include "core/Program.h"

namespace descent::runtime {

/// Writes the element of this type that is nearest to a number: floats are
/// rounded once, halves to even, what is too large to infinity; integers lose
/// what is behind the point. The integer must be in the type's range.
void storeNumber(std::byte *to, DType dtype, double number);

/// An element as a number, exactly.
double loadNumber(const std::byte *from, DType dtype);

/// Whether a finite number stays finite as an element: whether an integer is
/// one, and in range.
bool canHold(DType dtype, double number);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_CORE_NUMBERS_H
