// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which kernels a rewrite is still to be tried on; see KernelWorklists.h.

#include "KernelWorklists.h"
#include "KernelFusion.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace descent {

KernelWorklists::KernelWorklists(Block &block, unsigned numLists) {
  List all;
  for (auto kernel : block.getOps<KernelOp>())
    all.insert(all.end(), kernel);
  lists.assign(numLists, all);
}

bool KernelWorklists::tryOn(unsigned list,
                            llvm::function_ref<bool(KernelOp)> rewrite) {
  List &kernels = lists[list];
  while (!kernels.empty()) {
    auto kernel = cast<KernelOp>(*kernels.begin());
    kernels.erase(kernels.begin());
    if (rewrite(kernel))
      return true;
  }
  return false;
}

void KernelWorklists::retire(KernelOp kernel) {
  for (List &list : lists)
    list.erase(kernel);
}

void KernelWorklists::renew(KernelOp kernel) {
  restoreOrder(kernel);
  llvm::SmallSetVector<Operation *, 16> near;
  auto addReaders = [&](KernelOp read) {
    for (OpOperand *use : usesThroughReshapes(read))
      if (isa<KernelOp>(use->getOwner()))
        near.insert(use->getOwner());
  };
  near.insert(kernel);
  addReaders(kernel);
  for (Value operand : kernel->getOperands())
    if (KernelOp read = kernelResult(operand).kernel; read && near.insert(read))
      addReaders(read);
  for (List &list : lists)
    list.insert(near.begin(), near.end());
}

/// Moves what reads the kernel and stands before it to the block's end, with
/// all that depends on it. The lists are sorted by the order in the block, so
/// nothing may be on them while it moves.
void KernelWorklists::restoreOrder(KernelOp kernel) {
  Block *block = kernel->getBlock();
  llvm::SetVector<Operation *> late;
  auto addUsers = [&](Operation *op, bool beforeOnly) {
    for (Operation *user : op->getUsers()) {
      Operation *reader = block->findAncestorOpInBlock(*user);
      if (!reader->hasTrait<OpTrait::IsTerminator>() &&
          (!beforeOnly || reader->isBeforeInBlock(kernel)))
        late.insert(reader);
    }
  };
  addUsers(kernel, /*beforeOnly=*/true);
  for (unsigned i = 0; i < late.size(); ++i)
    addUsers(late[i], /*beforeOnly=*/false);
  if (late.empty())
    return;
  SmallVector<Operation *> moved = late.takeVector();
  llvm::sort(moved, Before());
  SmallVector<SmallVector<Operation *>> taken(lists.size());
  for (auto [list, kept] : llvm::zip(lists, taken))
    for (Operation *op : moved)
      if (list.erase(op))
        kept.push_back(op);
  bool terminated = block->back().hasTrait<OpTrait::IsTerminator>();
  auto end = terminated ? std::prev(block->end()) : block->end();
  for (Operation *op : moved)
    op->moveBefore(block, end);
  for (auto [list, kept] : llvm::zip(lists, taken))
    list.insert(kept.begin(), kept.end());
}

} // namespace descent
