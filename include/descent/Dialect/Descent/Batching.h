// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations on all slices of a sequence at once.

#ifndef DESCENT_DIALECT_DESCENT_BATCHING_H
#define DESCENT_DIALECT_DESCENT_BATCHING_H

#include "descent/Dialect/Descent/Descent.h"
#include "mlir/IR/Builders.h"

namespace descent {

/// Whether batchOperation knows how.
bool canBatch(mlir::Operation *op);

/// Builds the operation that does to all `count` slices of its operands what
/// `op` does to one. `operands` stand for those of `op`; the ones with
/// `batched` have a new leading dimension of `count`, the others are the same
/// for all slices. All results have the new dimension. At least one operand is
/// batched.
llvm::SmallVector<mlir::Value> batchOperation(mlir::OpBuilder &builder,
                                              mlir::Operation *op,
                                              mlir::ValueRange operands,
                                              llvm::ArrayRef<bool> batched,
                                              int64_t count);

/// The same value `count` times along a new leading dimension.
mlir::Value repeatSlice(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value value, int64_t count);

} // namespace descent

#endif // DESCENT_DIALECT_DESCENT_BATCHING_H
