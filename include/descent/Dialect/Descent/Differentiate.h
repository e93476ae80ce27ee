// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reverse-mode differentiation of the operations of a block, for
// descent-autodiff and for operations whose derivative is that of their body.

#ifndef DESCENT_DIALECT_DESCENT_DIFFERENTIATE_H
#define DESCENT_DIALECT_DESCENT_DIFFERENTIATE_H

#include "descent/Dialect/Descent/Descent.h"
#include "mlir/IR/Builders.h"

namespace descent {

/// Whether a value's element type is a float: only such values have cotangents.
bool isFloat(mlir::Value value);

/// The type of cotangents of values of `type`: f32 for what is stored as f16 or
/// bf16, else the same.
mlir::Type cotangentType(mlir::Type type);

/// The float values that depend on `values` through the operations of `block`
/// before `end` (all of them if null), and the values themselves.
llvm::DenseSet<mlir::Value> findDependents(mlir::Block &block,
                                           mlir::Operation *end,
                                           mlir::ValueRange values);

/// Walks the operations before the builder's insertion point backwards, each
/// building its VJP there: from cotangents of `values` to those of `wanted`
/// (null where zero). Values and `wanted` are of the insertion point's block.
///
/// An operation takes part only if it depends on `wanted` and `values` depend
/// on it. Contributions to one value are summed by one variadic descent.add in
/// program order. Fails with an error at the operation that is not
/// differentiable. `loc` is where the derivative was asked for.
///
/// An operation may replace itself while it builds its VJP (a scan stacks more
/// values): it then stays in the block without uses.
mlir::FailureOr<llvm::SmallVector<mlir::Value>>
differentiateBlock(mlir::OpBuilder &builder, mlir::Location loc,
                   mlir::ValueRange values, mlir::ValueRange cotangents,
                   mlir::ValueRange wanted);

} // namespace descent

#endif // DESCENT_DIALECT_DESCENT_DIFFERENTIATE_H
