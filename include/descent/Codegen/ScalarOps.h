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

/// i1: whether an f32 is NaN, decided by its bits, whatever the device makes of
/// comparisons.
mlir::Value emitIsNan(mlir::ImplicitLocOpBuilder &b, mlir::Value x);

/// Functions of f32 whose drivers' builtins are not exact enough; within 4
/// units in the last place of the exact value, except that inputs below the
/// smallest normal number may count as zero.
mlir::Value emitLog(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
mlir::Value emitTanh(mlir::ImplicitLocOpBuilder &b, mlir::Value x);

} // namespace descent::codegen

#endif // DESCENT_CODEGEN_SCALAROPS_H
