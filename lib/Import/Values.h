// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Conversions of types and values: element types, NumPy's broadcasting.

#ifndef DESCENT_LIB_IMPORT_VALUES_H
#define DESCENT_LIB_IMPORT_VALUES_H

#include "descent/Dialect/Descent/Math.h"
#include "descent/Model/Graph.h"

namespace descent::import {

/// The element type that stores a dtype.
mlir::Type elementType(mlir::MLIRContext *context, model::DType dtype);

/// The element type that arithmetic with a result of this dtype is done in: f32
/// for f16 and bf16, i32 for bool, else the dtype itself.
mlir::Type arithmeticType(mlir::MLIRContext *context, model::DType dtype);

/// What operands of these types are compared in: the widest of them, as
/// arithmetic.
mlir::Type commonType(mlir::MLIRContext *context,
                      llvm::ArrayRef<const model::TensorType *> types);

mlir::RankedTensorType convertType(mlir::MLIRContext *context,
                                   const model::TensorType &type);

/// The static shape of a value.
llvm::ArrayRef<int64_t> shapeOf(mlir::Value value);
mlir::Type elementOf(mlir::Value value);

/// `value` with another element type; to i1: whether it is not zero. Constants
/// stay constants.
mlir::Value castTo(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
                   mlir::Type element);

/// `value` repeated to `shape` by NumPy's rules: axes are aligned from the
/// right, those that are missing or of size 1 are repeated. Constants stay
/// constants.
mlir::Value broadcastLike(mlir::OpBuilder &b, mlir::Location loc,
                          mlir::Value value, llvm::ArrayRef<int64_t> shape);

/// `value` without its dimensions `dims` (increasing), which are of size 1.
mlir::Value dropDims(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
                     llvm::ArrayRef<int64_t> dims);

/// `value` with its dimensions in the order of `permutation`; `value` itself if
/// that is theirs.
mlir::Value permute(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
                    llvm::ArrayRef<int64_t> permutation);

/// `count` elements along one dimension from `offset` on, `stride` apart.
mlir::Value sliceAlong(mlir::OpBuilder &b, mlir::Location loc,
                       mlir::Value value, int64_t dim, int64_t offset,
                       int64_t count, int64_t stride = 1);

} // namespace descent::import

#endif // DESCENT_LIB_IMPORT_VALUES_H
