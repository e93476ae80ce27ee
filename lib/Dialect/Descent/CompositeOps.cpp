// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Composite operations: verifiers, costs, and what they are made of.

#include "descent/Dialect/Descent/Math.h"

using namespace mlir;
using namespace descent;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

namespace {
/// e^(x - max), its sum and the max along one axis, the latter two without the
/// axis.
struct ShiftedExponentials {
  Value shifted, exponentials, sum;
  SmallVector<int64_t> others;
};
} // namespace

static ShiftedExponentials shiftedExponentials(OpBuilder &b, Location loc,
                                               Value x, int64_t axis) {
  auto shape = typeOf(x).getShape();
  auto others = dimsExcept(shape.size(), {axis});
  Value max = b.create<ReduceMaxOp>(loc, x, ArrayRef<int64_t>{axis});
  Value shifted =
      b.create<SubOp>(loc, x, broadcastTo(b, loc, max, shape, others));
  Value exponentials = b.create<ExpOp>(loc, shifted);
  Value sum = b.create<ReduceSumOp>(loc, exponentials, ArrayRef<int64_t>{axis});
  return {shifted, exponentials, sum, others};
}

//===----------------------------------------------------------------------===//
// softmax
//===----------------------------------------------------------------------===//

LogicalResult SoftmaxOp::verify() {
  if (getAxis() >= static_cast<uint64_t>(getType().getRank()))
    return emitOpError("expected an axis in [0, ")
           << getType().getRank() << "), got "
           << static_cast<int64_t>(getAxis());
  return success();
}

uint64_t SoftmaxOp::getFlops() { return 4 * getType().getNumElements(); }

SmallVector<Value> SoftmaxOp::decompose(OpBuilder &b) {
  auto parts = shiftedExponentials(b, getLoc(), getOperand(), getAxis());
  Value sum =
      broadcastTo(b, getLoc(), parts.sum, getType().getShape(), parts.others);
  return {b.create<DivOp>(getLoc(), parts.exponentials, sum)};
}

//===----------------------------------------------------------------------===//
// softmax_cross_entropy
//===----------------------------------------------------------------------===//

void SoftmaxCrossEntropyOp::build(OpBuilder &b, OperationState &state,
                                  Value logits, Value labels) {
  build(b, state, withElementType(labels.getType(), b.getF32Type()), logits,
        labels);
}

LogicalResult SoftmaxCrossEntropyOp::verify() {
  auto logits = typeOf(getLogits());
  if (logits.getRank() < 1 ||
      logits.getShape().drop_back() != typeOf(getLabels()).getShape())
    return emitOpError("expected labels of the logits' shape without the last "
                       "dimension, got ")
           << getLabels().getType() << " for " << logits;
  if (getType().getShape() != typeOf(getLabels()).getShape())
    return emitOpError("expected a result of the labels' shape");
  return success();
}

uint64_t SoftmaxCrossEntropyOp::getFlops() {
  return 5 * typeOf(getLogits()).getNumElements();
}

SmallVector<Value> SoftmaxCrossEntropyOp::decompose(OpBuilder &b) {
  Location loc = getLoc();
  auto logits = typeOf(getLogits());
  int64_t axis = logits.getRank() - 1;
  auto parts = shiftedExponentials(b, loc, getLogits(), axis);
  Value classes = b.create<IotaOp>(loc, withElementType(logits, b.getI32Type()),
                                   b.getI64IntegerAttr(axis));
  Value labels =
      broadcastTo(b, loc, getLabels(), logits.getShape(), parts.others);
  Value hit = b.create<CompareOp>(loc, Predicate::eq, classes, labels);
  Value picked = b.create<SelectOp>(loc, hit, parts.shifted,
                                    constantLike(b, loc, logits, 0));
  Value chosen = b.create<ReduceSumOp>(loc, picked, ArrayRef<int64_t>{axis});
  Value logSum = b.create<LogOp>(loc, parts.sum);
  return {b.create<SubOp>(loc, logSum, chosen)};
}
