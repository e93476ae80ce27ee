// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// When every kernel of an entry runs, and how long every transient lives.

#ifndef DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_ORDER_H
#define DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_ORDER_H

#include "Ties.h"

namespace descent::schedule {

/// The order in which an entry's kernels will run.
struct KernelOrder {
  /// Kernels and loops.
  llvm::SmallVector<mlir::Operation *> steps;
  /// The kernels and groups of kernels, with those of a loop once, in a row.
  llvm::SmallVector<mlir::Operation *> kernels;
  struct Loop {
    ScanOp loop;
    unsigned first, last; ///< positions of its kernels
  };
  llvm::SmallVector<Loop> loops;
};

/// Program order and a greedy one, that which needs less memory at its peak
/// first.
llvm::SmallVector<KernelOrder> findOrders(EntryMemory &memory);

/// The phase of every kernel of `order`: kernels of one phase depend on each
/// other in no way, so no barrier has to stand between them. A loop has its
/// phases to itself.
llvm::SmallVector<unsigned> assignPhases(EntryMemory &memory,
                                         const KernelOrder &order);

/// Whether `result`, in a transient of its own, can be written over all of the
/// transient at `place`, where operand `operand` of its kernel lies, once
/// nothing else reads that: one of the same size and element type, of which the
/// kernel reads only the element that it writes. In a loop it is one of the
/// same iteration.
bool canTakeOver(EntryMemory &memory, mlir::OpResult result, unsigned operand);

/// Lets kernels that read a transient for the last time write their result over
/// it. Returns the buffers that became a part of another.
llvm::SmallVector<Buffer *> reuseOperands(EntryMemory &memory,
                                          const KernelOrder &order,
                                          llvm::ArrayRef<unsigned> phases);

/// Sets the first and last phase of the entry's transients, and returns them.
/// What a loop reads, carries or leaves lives from its first phase to its last.
llvm::SmallVector<Buffer *> computeLifetimes(EntryMemory &memory,
                                             const KernelOrder &order,
                                             llvm::ArrayRef<unsigned> phases);

/// Gives every buffer an offset at or behind `base`, so that no two that live
/// in a common phase overlap. Returns the end of the last one. With
/// `smallFirst` those of at most 16 KiB lie before all others, so that one
/// binding covers them.
int64_t assignOffsets(llvm::MutableArrayRef<Buffer *> buffers, int64_t base,
                      bool smallFirst = false);

} // namespace descent::schedule

#endif // DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_ORDER_H
