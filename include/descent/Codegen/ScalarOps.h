// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar `descent` operations as arith and math operations.

#ifndef DESCENT_CODEGEN_SCALAROPS_H
#define DESCENT_CODEGEN_SCALAROPS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace descent::codegen {

/// The value of a scalar operation of a kernel's body on `operands`.
/// `descent.index`, `descent.in_bounds` and `descent.yield` are not scalar
/// operations in this sense. An operation that this does not know is an
/// internal error.
mlir::Value emitScalarOp(mlir::ImplicitLocOpBuilder &b, mlir::Operation &op,
                         mlir::ValueRange operands);

/// i1: whether a float is NaN, decided by its bits, whatever the device makes
/// of comparisons.
mlir::Value emitIsNan(mlir::ImplicitLocOpBuilder &b, mlir::Value x);

/// Functions of f32 and f64 over their whole range, infinities and NaN
/// included, from basic arithmetic: Vulkan promises too little of its own (the
/// sine within 2^-11), and has none of f64. Inputs and results below the
/// smallest normal number may count as zero. test/Codegen/ScalarTests.cpp
/// states how exact they are.
mlir::Value emitExp(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
mlir::Value emitExpm1(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
mlir::Value emitSigmoid(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
mlir::Value emitTanh(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
mlir::Value emitLog(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
mlir::Value emitLog1p(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
mlir::Value emitPow(mlir::ImplicitLocOpBuilder &b, mlir::Value x,
                    mlir::Value y);
/// Of f64 only up to 2^26 pi / 2.
mlir::Value emitSin(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
mlir::Value emitCos(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
mlir::Value emitAtan(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
mlir::Value emitErf(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
/// What x / y, truncated, leaves of x; exact.
mlir::Value emitFloatRemainder(mlir::ImplicitLocOpBuilder &b, mlir::Value x,
                               mlir::Value y);

/// Of i32, with a sign or not: 0 by a zero divisor; the quotient of the lowest
/// number and -1 wraps.
mlir::Value emitQuotient(mlir::ImplicitLocOpBuilder &b, mlir::Value x,
                         mlir::Value y, bool isUnsigned);
mlir::Value emitIntegerRemainder(mlir::ImplicitLocOpBuilder &b, mlir::Value x,
                                 mlir::Value y, bool isUnsigned);

} // namespace descent::codegen

#endif // DESCENT_CODEGEN_SCALAROPS_H
