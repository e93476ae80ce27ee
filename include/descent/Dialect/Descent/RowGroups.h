// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What makes kernels parts of a row group, and which operations a device runs
// in one launch.

#ifndef DESCENT_DIALECT_DESCENT_ROWGROUPS_H
#define DESCENT_DIALECT_DESCENT_ROWGROUPS_H

#include "descent/Dialect/Descent/Descent.h"

namespace descent {

/// Whether `op` is run by one launch: a kernel, or a group of kernels.
inline bool isLaunched(mlir::Operation *op) {
  return llvm::isa_and_nonnull<KernelOp, RowGroupOp>(op);
}

/// The value that a chain of reshapes is a view of.
mlir::Value lookThroughReshapes(mlir::Value value);

/// How many elements of a value belong to each of `rows`, if its elements in
/// row-major order are those of row after row; else 0.
int64_t countRowElements(mlir::Type type, llvm::ArrayRef<int64_t> rows);

/// Whether a kernel has the iteration space of a part: its leading parallel
/// dimensions are `rows`, and there are no others if it reduces.
bool fitsRows(KernelOp kernel, llvm::ArrayRef<int64_t> rows);

/// Whether a kernel of a group is computed by those that read it, at every
/// point where they do, instead of by a loop nest of its own: it has more than
/// one element a row, and the group does not return it.
bool isComputedInPlace(KernelOp part);

/// The kernels of a group that are loop nests of their own, in order.
llvm::SmallVector<KernelOp> getLoopNests(RowGroupOp group);

/// How many of a kernel's parallel dimensions stand behind the rows of its
/// group beside a reduction, as the columns of a product do: a lane computes
/// all their elements side by side. 0 if there are no more points than rows.
unsigned countColumns(KernelOp kernel, llvm::ArrayRef<int64_t> rows);

/// Whether a kernel can be computed in place: it sums numbers of 32 bits or
/// more, has one result, and reads single elements that lie in memory.
bool canComputeInPlace(KernelOp kernel);

/// Whether operand `operand` is read, at every point, only in the row of this
/// point, and without a guard.
bool readsOwnRow(KernelOp kernel, unsigned operand,
                 llvm::ArrayRef<int64_t> rows);

} // namespace descent

#endif // DESCENT_DIALECT_DESCENT_ROWGROUPS_H
