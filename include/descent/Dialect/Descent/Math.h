// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Short names for building tensor expressions out of `descent` operations, for
// derivatives, decompositions and the importer.

#ifndef DESCENT_DIALECT_DESCENT_MATH_H
#define DESCENT_DIALECT_DESCENT_MATH_H

#include "descent/Dialect/Descent/Descent.h"
#include "mlir/IR/Builders.h"

namespace descent {

/// A constant of scalar or tensor `type` whose every element is `value`.
mlir::Value constantLike(mlir::OpBuilder &b, mlir::Location loc,
                         mlir::Type type, double value);

/// `value` repeated to `shape`, its dimension i becoming dims[i]; `value`
/// itself if it has that shape.
mlir::Value broadcastTo(mlir::OpBuilder &b, mlir::Location loc,
                        mlir::Value value, llvm::ArrayRef<int64_t> shape,
                        llvm::ArrayRef<int64_t> dims);
/// A tensor of rank 0 repeated to `shape`.
mlir::Value broadcastScalar(mlir::OpBuilder &b, mlir::Location loc,
                            mlir::Value scalar, llvm::ArrayRef<int64_t> shape);

/// The elements of `value` under another shape; `value` itself if it has that
/// shape.
mlir::Value reshapeTo(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
                      llvm::ArrayRef<int64_t> shape);

/// `sizes` elements from `offsets` on, with `strides` (all one if empty).
mlir::Value sliceOf(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
                    llvm::ArrayRef<int64_t> offsets,
                    llvm::ArrayRef<int64_t> sizes,
                    llvm::ArrayRef<int64_t> strides = {});

/// The dimensions 0..rank-1 that are not in `dims`.
llvm::SmallVector<int64_t> dimsExcept(int64_t rank,
                                      llvm::ArrayRef<int64_t> dims);

/// The sliding windows of `value` over `dims`: shape [.., O, .., sizes...]; see
/// descent.window.
mlir::Value windowsOf(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
                      llvm::ArrayRef<int64_t> dims,
                      llvm::ArrayRef<int64_t> sizes,
                      llvm::ArrayRef<int64_t> strides,
                      llvm::ArrayRef<int64_t> dilations);

/// `value` with low[d] and high[d] copies of its first and last elements along
/// each dimension d.
mlir::Value padWithEdges(mlir::OpBuilder &b, mlir::Location loc,
                         mlir::Value value, llvm::ArrayRef<int64_t> low,
                         llvm::ArrayRef<int64_t> high);

} // namespace descent

#endif // DESCENT_DIALECT_DESCENT_MATH_H
