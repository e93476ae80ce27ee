// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The vector-Jacobian products of views: each one's adjoint, in the order of
// the ODS file. `ct` is the cotangent of the result.

#include "Derivatives.h"

using namespace mlir;
using namespace descent;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static Value sumOver(OpBuilder &b, Location loc, Value value,
                     ArrayRef<int64_t> dims) {
  return dims.empty() ? value
                      : b.create<ReduceSumOp>(loc, value, dims).getResult();
}

/// The type of an operand's cotangent: that of the operand, with the elements
/// of the result's cotangent.
static RankedTensorType typeOfCotangent(Value operand, Value ct) {
  return tensorType(shapeOf(operand), getElementTypeOrSelf(ct));
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
DESCENT_VJP(ReverseOp, b.create<ReverseOp>(loc, ct, getDims()))
DESCENT_VJP(WindowOp,
            b.create<UnwindowOp>(loc, typeOfCotangent(getOperand(), ct), ct,
                                 getDims(), getStrides(), getDilations()))
DESCENT_VJP(UnwindowOp,
            b.create<WindowOp>(loc, typeOfCotangent(getOperand(), ct), ct,
                               getDims(), getStrides(), getDilations()))

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
