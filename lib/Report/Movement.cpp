// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels that only move data.

#include "Parts.h"

using namespace mlir;

namespace descent::report {

/// Whether an access reads the element whose row-major position is that of the
/// iteration, of a tensor of as many elements.
static bool readsInOrder(AccessAttr access, RankedTensorType tensor,
                         ArrayRef<int64_t> domain) {
  return access.isUnguarded() && access.getMap().isIdentity() &&
         tensor.getShape() == domain;
}

/// Whether a value of the block is the number of a position: indices, and
/// arithmetic on them.
static bool isPosition(Value value) {
  Operation *op = value.getDefiningOp();
  return op && !isa<PhiloxOp, LoadOp>(op) &&
         (isa<IndexOp, InBoundsOp, ConstantOp>(op) ||
          (op->getNumOperands() > 0 &&
           llvm::all_of(op->getOperands(), isPosition)));
}

std::string describeMovement(descent::KernelOp kernel) {
  if (!kernel.isElementwise())
    return "";
  bool gathers = false, selects = false, casts = false;
  for (Operation &op : kernel.getFinishBlock().without_terminator()) {
    if (isa<ConstantOp>(op) || isPosition(op.getResult(0)))
      continue;
    bool gathersHere = isa<LoadOp>(op), castsHere = isa<CastOp>(op);
    // What is chosen by the position is moved; what is chosen by a value is
    // computed.
    auto select = dyn_cast<SelectOp>(op);
    bool selectsHere = select && isPosition(select->getOperand(0));
    if (!gathersHere && !castsHere && !selectsHere) {
      // The position to gather from may be computed from an index that was
      // read.
      bool onlyIndex =
          llvm::all_of(op.getResult(0).getUsers(), [&](Operation *user) {
            auto load = dyn_cast<LoadOp>(user);
            return load && load.getTensor() != op.getResult(0);
          });
      if (!onlyIndex || op.use_empty())
        return "";
    }
    gathers |= gathersHere;
    selects |= selectsHere;
    casts |= castsHere;
  }
  if (kernel.getFinishInputs().empty())
    return "fills";
  if (gathers)
    return "gathers";
  if (selects)
    return "joins";
  if (casts)
    return "converts";
  bool inOrder = true, guarded = false;
  for (auto [i, input] : llvm::enumerate(kernel.getFinishInputs())) {
    AccessAttr access = kernel.getFinishAccess(i);
    guarded |= !access.isUnguarded();
    inOrder &= readsInOrder(access, cast<RankedTensorType>(input.getType()),
                            kernel.getParallel());
  }
  return inOrder ? "copies" : guarded ? "pads" : "rearranges";
}

} // namespace descent::report
