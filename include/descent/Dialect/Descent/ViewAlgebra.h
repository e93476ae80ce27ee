// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The algebra of accesses: simplification under known extents, and composition.

#ifndef DESCENT_DIALECT_DESCENT_VIEWALGEBRA_H
#define DESCENT_DIALECT_DESCENT_VIEWALGEBRA_H

#include "descent/Dialect/Descent/Descent.h"
#include <optional>

namespace descent {

/// The access of a tensor that a kernel is given whole, for `descent.load`; it
/// maps no dimension to anything, and composing with it changes nothing.
AccessAttr wholeAccess(mlir::MLIRContext *context);
bool isWhole(AccessAttr access);

/// Inclusive bounds of a quasi-affine expression.
struct Bounds {
  int64_t low, high;
};

/// The bounds of `expr` where dimension i runs over [0, domain[i]).
Bounds boundsOf(mlir::AffineExpr expr, llvm::ArrayRef<int64_t> domain);

/// The normal form of `expr` where dimension i runs over [0, domain[i]): a sum
/// of terms; floordiv and mod are gone wherever the extents decide them (a
/// row-major index split again into its digits gives back the digits), and
/// dimensions of extent 1 are zero.
mlir::AffineExpr simplifyExpr(mlir::AffineExpr expr,
                              llvm::ArrayRef<int64_t> domain);

/// The normal form of an access in an iteration space: every index simplified,
/// constraints that always hold dropped.
AccessAttr simplifyAccess(AccessAttr access, llvm::ArrayRef<int64_t> domain);

/// The access that reads through `outer` (iteration to a view's indices) and
/// then `inner` (the view's indices to its operand's). None if both are guarded
/// with different fills. A tensor that `inner` reads whole stays whole;
/// `outer` must not be whole.
std::optional<AccessAttr> composeAccess(AccessAttr outer, AccessAttr inner,
                                        llvm::ArrayRef<int64_t> domain);

/// The constraints of both sets (either may be null) over the same dimensions.
mlir::IntegerSet intersectSets(mlir::IntegerSet a, mlir::IntegerSet b);

/// The row-major index of `indices` in a tensor of `shape`, and the inverse.
mlir::AffineExpr joinIndices(llvm::ArrayRef<mlir::AffineExpr> indices,
                             llvm::ArrayRef<int64_t> shape,
                             mlir::MLIRContext *context);
llvm::SmallVector<mlir::AffineExpr> splitIndex(mlir::AffineExpr index,
                                               llvm::ArrayRef<int64_t> shape);

} // namespace descent

#endif // DESCENT_DIALECT_DESCENT_VIEWALGEBRA_H
