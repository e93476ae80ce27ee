// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The normal form in which code generation sees a kernel: linear element
// indices over as few dimensions as can be.

#ifndef DESCENT_CODEGEN_ITERATIONSPACE_H
#define DESCENT_CODEGEN_ITERATIONSPACE_H

#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "descent/Dialect/Schedule/Schedule.h"

namespace descent::codegen {

/// A guard: affine constraints that all have to hold; empty if there is none.
struct Guard {
  llvm::SmallVector<mlir::AffineExpr> constraints;
  /// Whether a constraint is `== 0` instead of `>= 0`.
  llvm::SmallVector<bool> equalities;

  bool empty() const { return constraints.empty(); }
};

/// A tensor in a binding. Tensors of one place and type are the same tensor.
struct TensorRef {
  unsigned binding;
  /// Elements before the tensor in its binding.
  int64_t offset;
  int64_t elements;
  mlir::Type elementType;
  /// How far the tensor moves with every iteration of the loop that the kernel
  /// runs in; if `alternating`, it does so in odd ones only.
  int64_t stride = 0;
  bool alternating = false;

  bool operator==(const TensorRef &other) const = default;
};

/// A read of one element in every iteration, or a tensor that the body loads
/// from.
struct ElementRead {
  TensorRef tensor;
  /// Of a tensor that is read whole: its shape; index and guard say nothing.
  std::optional<llvm::SmallVector<int64_t>> whole;
  /// The row-major index of the element in its tensor, where the guard holds.
  mlir::AffineExpr index;
  Guard guard;
  mlir::TypedAttr fill;
  /// Of what an earlier part of a row group gives, one element a row: its
  /// number. It is in a register; there is no tensor.
  std::optional<unsigned> rowValue = {};
  /// Of what is computed where it is read: its number in the space.
  std::optional<unsigned> inner = {};
};

/// A sum of a row group that is computed wherever a part reads it.
struct InnerSum {
  mutable KernelOp kernel;
  /// Its reduction's dimensions in the part's space: which is the first of
  /// those that are unrolled whole, and how many there are.
  unsigned firstUnrolled = 0, count = 0;
  /// As in IterationSpace, over the part's dimensions.
  llvm::SmallVector<ElementRead, 0> mapReads, finishReads;
};

/// A kernel over normalized dimensions: parallel ones first, then those of the
/// reduction; dimensions of extent 1 are gone, neighbours that nothing tells
/// apart are one, and a dimension that is only ever seen through its digits (`d
/// floordiv c`, `d mod c`) is two. Normalization keeps the row-major order of
/// both parts.
///
/// A part of a row group is such a space, too. Its parallel dimensions are the
/// rows, the same in all parts. Where it writes, its other dimensions stand in
/// the place of a reduction's.
///
/// Where a part of a group has columns or reads what is computed in place,
/// dimensions stand behind the reduction's that are unrolled whole: those of
/// the columns, then those that inner sums are over. They stay as they are.
struct IterationSpace {
  mutable KernelOp kernel;
  llvm::SmallVector<int64_t> extents;
  unsigned numParallel = 0, numUnrolled = 0;
  /// How many of the unrolled ones are columns.
  unsigned numColumns = 0;
  llvm::SmallVector<InnerSum, 0> inner;
  /// One a block argument: of the map block, and of the finish block behind the
  /// combined values.
  llvm::SmallVector<ElementRead, 0> mapReads, finishReads;
  /// The results that have a place in memory: which, and where.
  llvm::SmallVector<unsigned> stored;
  llvm::SmallVector<TensorRef> results;
  /// Whether results are written inside of the loops over what are a
  /// reduction's dimensions elsewhere: a part of a row group that writes.
  bool writesInLoops = false;
  /// The number, as a row value, of a part's first result.
  unsigned firstRowValue = 0;
  /// The row-major indices of a result's element and of a reduction step.
  mlir::AffineExpr resultIndex, reductionIndex;
  /// The affine functions of `descent.index` and the constraints of
  /// `descent.in_bounds` in both blocks.
  llvm::DenseMap<mlir::Operation *, Guard> bodyExprs;
  /// The tensor that a `descent.load` of either block reads.
  const ElementRead &getWhole(LoadOp load) const;
  /// The size of every binding in elements.
  llvm::SmallVector<int64_t> bindingLengths;

  unsigned numReduction() const {
    return extents.size() - numParallel - numUnrolled;
  }
  /// The first dimension that is unrolled whole.
  unsigned firstUnrolled() const { return extents.size() - numUnrolled; }
  llvm::ArrayRef<int64_t> parallel() const {
    return llvm::ArrayRef(extents).take_front(numParallel);
  }
  llvm::ArrayRef<int64_t> reduction() const {
    return llvm::ArrayRef(extents).slice(numParallel, numReduction());
  }
  llvm::ArrayRef<int64_t> columns() const {
    return llvm::ArrayRef(extents).slice(firstUnrolled(), numColumns);
  }
  /// The extents that an inner sum is over, and its first dimension.
  llvm::ArrayRef<int64_t> extentsOf(const InnerSum &sum) const {
    return llvm::ArrayRef(extents).slice(firstDimOf(sum), sum.count);
  }
  unsigned firstDimOf(const InnerSum &sum) const {
    return firstUnrolled() + sum.firstUnrolled;
  }
  /// Whether an inner sum depends on a dimension beside its own.
  bool dependsOn(const InnerSum &sum, unsigned dim) const;
  /// How many multiply-adds one point and step makes, as a rule 1.
  int64_t unrolledSteps() const;
};

/// The normal forms of a part of a schedule's kernel: that of a
/// `descent.kernel`, or those of the parts of a `descent.row_group`, with the
/// same rows in all.
llvm::SmallVector<IterationSpace, 0>
buildIterationSpaces(schedule::KernelOp kernel, unsigned part = 0);
/// The one of a part that is a `descent.kernel`.
IterationSpace buildIterationSpace(schedule::KernelOp kernel,
                                   unsigned part = 0);

} // namespace descent::codegen

#endif // DESCENT_CODEGEN_ITERATIONSPACE_H
