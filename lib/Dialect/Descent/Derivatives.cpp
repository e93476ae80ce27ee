// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The vector-Jacobian products of views, reductions and composites, in the
// order of the ODS files. `ct` is the cotangent of the result. Those of
// elementwise operations are in ElementwiseDerivatives.cpp.

#include "Derivatives.h"

using namespace mlir;
using namespace descent;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

//===----------------------------------------------------------------------===//
// Views: each one's adjoint
//===----------------------------------------------------------------------===//

static Value sumOver(OpBuilder &b, Location loc, Value value,
                     ArrayRef<int64_t> dims) {
  return dims.empty() ? value
                      : b.create<ReduceSumOp>(loc, value, dims).getResult();
}

static SmallVector<int64_t> inversePermutation(ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> inverse(permutation.size());
  for (auto [i, dim] : llvm::enumerate(permutation))
    inverse[dim] = i;
  return inverse;
}

DESCENT_VJP(ReshapeOp, reshapeTo(b, loc, ct, shapeOf(getOperand())))
DESCENT_VJP(TransposeOp,
            b.create<TransposeOp>(loc, ct,
                                  inversePermutation(getPermutation())))
DESCENT_VJP(BroadcastOp,
            sumOver(b, loc, ct, dimsExcept(getType().getRank(), getDims())))
DESCENT_VJP(PadOp, sliceOf(b, loc, ct, getLow(), shapeOf(getOperand())))
DESCENT_VJP(WindowOp,
            b.create<UnwindowOp>(loc, getOperand().getType(), ct, getDims(),
                                 getStrides(), getDilations()))
DESCENT_VJP(UnwindowOp,
            b.create<WindowOp>(loc, getOperand().getType(), ct, getDims(),
                               getStrides(), getDilations()))

/// With strides, elements between the slice's are zero: an unwindow of windows
/// of one element.
static Value unslice(OpBuilder &b, Location loc, SliceOp op, Value ct) {
  auto shape = shapeOf(op.getOperand());
  SmallVector<int64_t> high, dims, ones(shape.size(), 1), spread(shape.size()),
      widened(shapeOf(ct));
  for (size_t i = 0; i < shape.size(); ++i) {
    spread[i] = (op.getType().getDimSize(i) - 1) * op.getStrides()[i] + 1;
    high.push_back(shape[i] - op.getOffsets()[i] - spread[i]);
    dims.push_back(i);
  }
  if (spread != widened) {
    SmallVector<int64_t> target(spread);
    llvm::append_range(widened, ones);
    llvm::append_range(target, ones);
    Type element = cast<RankedTensorType>(ct.getType()).getElementType();
    Value windows = reshapeTo(b, loc, ct, widened);
    windows = b.create<UnwindowOp>(loc, tensorType(target, element), windows,
                                   dims, op.getStrides(), ones);
    ct = reshapeTo(b, loc, windows, spread);
  }
  return b.create<PadOp>(loc, ct, op.getOffsets(), high, PadMode::zero);
}

DESCENT_VJP(SliceOp, unslice(b, loc, *this, ct))

void ConcatOp::buildVJP(OpBuilder &b, ValueRange cotangents,
                        ArrayRef<bool> wanted,
                        MutableArrayRef<Value> operandCotangents) {
  SmallVector<int64_t> offsets(getType().getRank(), 0);
  for (auto [i, operand] : llvm::enumerate(getOperands())) {
    if (wanted[i])
      operandCotangents[i] =
          sliceOf(b, getLoc(), cotangents[0], offsets, shapeOf(operand));
    offsets[getAxis()] += shapeOf(operand)[getAxis()];
  }
}

//===----------------------------------------------------------------------===//
// Reductions and contractions
//===----------------------------------------------------------------------===//

/// A reduced value repeated over the dimensions it was reduced over.
static Value unreduce(OpBuilder &b, Location loc, Value value, Value operand,
                      ArrayRef<int64_t> dims) {
  return broadcastTo(b, loc, value, shapeOf(operand),
                     dimsExcept(shapeOf(operand).size(), dims));
}

DESCENT_VJP(ReduceSumOp, unreduce(b, loc, ct, getOperand(), getDims()))

void ReduceMaxOp::buildVJP(OpBuilder &b, ValueRange cotangents, ArrayRef<bool>,
                           MutableArrayRef<Value> operandCotangents) {
  Arith a{b, getLoc()};
  Value x = getOperand(), zero = a.constant(x, 0);
  Value largest = a.compare(Predicate::eq, x,
                            unreduce(b, a.loc, getResult(), x, getDims()));
  Value count = b.create<ReduceSumOp>(
      a.loc, b.create<CastOp>(a.loc, x.getType(), largest), getDims());
  Value share = unreduce(b, a.loc, a.div(cotangents[0], count), x, getDims());
  operandCotangents[0] = a.select(largest, share, zero);
}

void MaxWithIndexOp::buildVJP(OpBuilder &b, ValueRange cotangents,
                              ArrayRef<bool>,
                              MutableArrayRef<Value> operandCotangents) {
  if (!cotangents[0])
    return;
  Arith a{b, getLoc()};
  Value x = getOperand();
  SmallVector<int64_t> reduced;
  for (int64_t dim : getDims())
    reduced.push_back(shapeOf(x)[dim]);
  Value places = b.create<IotaOp>(a.loc, tensorType(reduced, b.getI32Type()),
                                  IntegerAttr());
  places = broadcastTo(b, a.loc, places, shapeOf(x), getDims());
  Value chosen = a.compare(Predicate::eq, places,
                           unreduce(b, a.loc, getIndices(), x, getDims()));
  operandCotangents[0] =
      a.select(chosen, unreduce(b, a.loc, cotangents[0], x, getDims()),
               a.constant(x, 0));
}

DESCENT_VJP2(ContractOp,
             b.create<ContractOp>(loc, ct, getResultLabels(), getRhs(),
                                  getRhsLabels(), getLhsLabels()),
             b.create<ContractOp>(loc, ct, getResultLabels(), getLhs(),
                                  getLhsLabels(), getRhsLabels()))

//===----------------------------------------------------------------------===//
// Composites
//===----------------------------------------------------------------------===//

void SoftmaxOp::buildVJP(OpBuilder &b, ValueRange cotangents, ArrayRef<bool>,
                         MutableArrayRef<Value> operandCotangents) {
  // y (ct - sum(ct y))
  Arith a{b, getLoc()};
  Value y = getResult();
  int64_t axis = getAxis();
  Value weighted = b.create<ReduceSumOp>(a.loc, a.mul(cotangents[0], y),
                                         ArrayRef<int64_t>{axis});
  operandCotangents[0] =
      a.mul(y, a.sub(cotangents[0], unreduce(b, a.loc, weighted, y, {axis})));
}

void SoftmaxCrossEntropyOp::buildVJP(OpBuilder &b, ValueRange cotangents,
                                     ArrayRef<bool>,
                                     MutableArrayRef<Value> operandCotangents) {
  // (softmax(z) - onehot(label)) ct
  Arith a{b, getLoc()};
  Value z = getLogits();
  int64_t axis = shapeOf(z).size() - 1;
  auto others = dimsExcept(axis + 1, {axis});
  Value classes =
      b.create<IotaOp>(a.loc, withElementType(z.getType(), b.getI32Type()),
                       b.getI64IntegerAttr(axis));
  Value hit = a.compare(Predicate::eq, classes,
                        broadcastTo(b, a.loc, getLabels(), shapeOf(z), others));
  Value target = b.create<CastOp>(a.loc, z.getType(), hit);
  Value difference = a.sub(b.create<SoftmaxOp>(a.loc, z, axis), target);
  operandCotangents[0] = a.mul(
      difference, broadcastTo(b, a.loc, cotangents[0], shapeOf(z), others));
}
