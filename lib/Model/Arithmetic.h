// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic on numbers at compile time.

#ifndef DESCENT_LIB_MODEL_ARITHMETIC_H
#define DESCENT_LIB_MODEL_ARITHMETIC_H

#include "Value.h"

namespace descent::model {

/// The operators `+ - * / % ** & | ^ << >>` on two numbers. Integers stay
/// integers until they meet a float; `/` of two integers truncates toward zero
/// and `%` takes the sign of its left side, as in C. `problem` says why there
/// is no result.
Value arithmetic(std::string_view op, const Value &a, const Value &b,
                 std::string &problem);

/// An elementwise primitive op on numbers; invalid, without a problem, if it is
/// none that is computed at compile time.
Value computeOp(std::string_view op, const std::vector<Value> &operands,
                std::string &problem);

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_ARITHMETIC_H
