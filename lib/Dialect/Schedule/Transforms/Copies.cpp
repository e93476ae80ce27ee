// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels that the planner adds, and the test whether a kernel may overwrite
// what it reads.

#include "Ties.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

descent::KernelOp schedule::buildCopy(OpBuilder &builder, Value value,
                                      TypedAttr constant) {
  auto type = cast<RankedTensorType>(value.getType());
  Location loc = value.getLoc();
  ArrayAttr none = builder.getArrayAttr({});
  SmallVector<Attribute> accesses;
  if (!constant)
    accesses.push_back(identityAccess(builder.getContext(), type.getRank()));
  auto kernel = builder.create<descent::KernelOp>(
      loc, TypeRange{type}, ValueRange{},
      constant ? ValueRange{} : ValueRange{value},
      builder.getDenseI64ArrayAttr(type.getShape()),
      builder.getDenseI64ArrayAttr({}), none, none,
      builder.getArrayAttr(accesses));
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&kernel.getMap());
  builder.create<YieldOp>(loc, ValueRange{});
  Block *finish = builder.createBlock(&kernel.getFinish());
  Value element = constant
                      ? builder.create<ConstantOp>(loc, constant).getResult()
                      : finish->addArgument(type.getElementType(), loc);
  builder.create<YieldOp>(loc, element);
  return kernel;
}

static bool kernelReadsOwn(descent::KernelOp kernel, unsigned operand,
                           const Slice &read, const Slice &written) {
  unsigned numInputs = kernel.getInputs().size();
  if (operand < numInputs ||
      isWhole(kernel.getFinishAccess(operand - numInputs)))
    return false;
  MLIRContext *context = kernel.getContext();
  ArrayRef<int64_t> domain = kernel.getParallel();
  auto type = cast<RankedTensorType>(kernel->getOperand(operand).getType());
  SmallVector<AffineExpr> point;
  for (unsigned i = 0; i < domain.size(); ++i)
    point.push_back(getAffineDimExpr(i, context));
  AffineMap map = kernel.getFinishAccess(operand - numInputs).getMap();
  AffineExpr from =
      joinIndices(map.getResults(), type.getShape(), context) + read.offset;
  AffineExpr to = joinIndices(point, domain, context) + written.offset;
  return simplifyExpr(from - to, domain) == getAffineConstantExpr(0, context);
}

/// Whether the part of a group that gives result `result` may overwrite an
/// operand of the group, which is as large.
static bool mayOverwrite(RowGroupOp group, unsigned result, unsigned operand,
                         const Slice &read, const Slice &written) {
  auto writer = group.getReturned()[result].getDefiningOp<descent::KernelOp>();
  // Where rows lie in memory: each where its result does.
  if (read.offset != written.offset ||
      countElements(group->getOperand(operand).getType()) !=
          countElements(group->getResult(result).getType()))
    return false;
  SmallVector<Value> views = {group.getBlock().getArgument(operand)};
  while (!views.empty())
    for (OpOperand &use : views.pop_back_val().getUses()) {
      if (isa<ReshapeOp>(use.getOwner())) {
        views.push_back(use.getOwner()->getResult(0));
        continue;
      }
      auto part = cast<descent::KernelOp>(use.getOwner());
      // What is computed in place is read at any time and from any row.
      if (isComputedInPlace(part))
        return false;
      unsigned number = use.getOperandNumber();
      // A part that reduces writes behind all that it reads.
      bool ownElement = part == writer && writer.isElementwise();
      if ((part != writer && !part->isBeforeInBlock(writer)) ||
          (ownElement ? !kernelReadsOwn(part, number, read, written)
                      : !readsOwnRow(part, number, group.getRows())))
        return false;
    }
  return true;
}

bool schedule::readsOwnElement(OpResult result, unsigned operand,
                               const Slice &read, const Slice &written) {
  if (auto group = dyn_cast<RowGroupOp>(result.getOwner()))
    return mayOverwrite(group, result.getResultNumber(), operand, read,
                        written);
  return kernelReadsOwn(cast<descent::KernelOp>(result.getOwner()), operand,
                        read, written);
}
