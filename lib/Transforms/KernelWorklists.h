// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which kernels of a block a rewrite is still to be tried on, in program order.

#ifndef DESCENT_LIB_TRANSFORMS_KERNELWORKLISTS_H
#define DESCENT_LIB_TRANSFORMS_KERNELWORKLISTS_H

#include "descent/Dialect/Descent/Descent.h"
#include <set>

namespace descent {

/// One list of kernels for each of several rewrites. A kernel is on a list
/// unless the rewrite was tried on it, changed nothing, and would change
/// nothing now: whether it does is to depend only on the kernel, on those that
/// it reads and that read it, and on the other readers of what it reads.
class KernelWorklists {
public:
  /// Puts all kernels of the block on all lists.
  KernelWorklists(mlir::Block &block, unsigned numLists);

  /// Tries a rewrite on the kernels of a list, in program order, until one
  /// succeeds; takes those off the list on which it was tried.
  bool tryOn(unsigned list, llvm::function_ref<bool(KernelOp)> rewrite);

  /// Puts a kernel on one list.
  void add(unsigned list, KernelOp kernel) { lists[list].insert(kernel); }

  /// Takes a kernel off all lists; to be called before it is erased.
  void retire(KernelOp kernel);

  /// Puts a kernel that took the place of others on all lists, with all the
  /// kernels to which that makes a difference; first moves what reads it behind
  /// it.
  void renew(KernelOp kernel);

private:
  struct Before {
    bool operator()(mlir::Operation *a, mlir::Operation *b) const {
      return a != b && a->isBeforeInBlock(b);
    }
  };
  using List = std::set<mlir::Operation *, Before>;
  llvm::SmallVector<List> lists;

  void restoreOrder(KernelOp kernel);
};

} // namespace descent

#endif // DESCENT_LIB_TRANSFORMS_KERNELWORKLISTS_H
