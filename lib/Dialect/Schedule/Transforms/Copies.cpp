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

bool schedule::readsOwnElement(descent::KernelOp kernel, unsigned operand,
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
