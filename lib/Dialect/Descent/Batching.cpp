// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations with a new leading dimension; see Batching.h.

#include "descent/Dialect/Descent/Batching.h"
#include "descent/Dialect/Descent/Math.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;

namespace descent {

static Type withLeading(Type type, int64_t count) {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape{count};
  llvm::append_range(shape, tensor.getShape());
  return tensorType(shape, tensor.getElementType());
}

Value repeatSlice(OpBuilder &b, Location loc, Value value, int64_t count) {
  auto type = cast<RankedTensorType>(value.getType());
  auto result = cast<RankedTensorType>(withLeading(type, count));
  return broadcastTo(
      b, loc, value, result.getShape(),
      llvm::to_vector(llvm::seq<int64_t>(1, type.getRank() + 1)));
}

namespace {

using Dims = ArrayRef<int64_t>;

/// Dimension numbers behind a new leading dimension.
SmallVector<int64_t> shifted(Dims dims) {
  return llvm::map_to_vector(dims, [](int64_t dim) { return dim + 1; });
}

/// One number per dimension, with one for the new dimension.
SmallVector<int64_t> prefixed(int64_t first, Dims values) {
  SmallVector<int64_t> result{first};
  llvm::append_range(result, values);
  return result;
}

} // namespace

void ReshapeOp::shiftDimensions() {}

void TransposeOp::shiftDimensions() {
  setPermutation(prefixed(0, shifted(getPermutation())));
}

void BroadcastOp::shiftDimensions() {
  setDims(prefixed(0, shifted(getDims())));
}

void SliceOp::shiftDimensions() {
  setOffsets(prefixed(0, getOffsets()));
  setStrides(prefixed(1, getStrides()));
}

void PadOp::shiftDimensions() {
  setLow(prefixed(0, getLow()));
  setHigh(prefixed(0, getHigh()));
}

void ReverseOp::shiftDimensions() { setDims(shifted(getDims())); }
void WindowOp::shiftDimensions() { setDims(shifted(getDims())); }
void UnwindowOp::shiftDimensions() { setDims(shifted(getDims())); }
void ReduceSumOp::shiftDimensions() { setDims(shifted(getDims())); }
void ReduceMaxOp::shiftDimensions() { setDims(shifted(getDims())); }
void ReduceProdOp::shiftDimensions() { setDims(shifted(getDims())); }
void MaxWithIndexOp::shiftDimensions() { setDims(shifted(getDims())); }

void ConcatOp::shiftDimensions() { setAxis(getAxis() + 1); }
void SoftmaxOp::shiftDimensions() { setAxis(getAxis() + 1); }
void GatherOp::shiftDimensions() { setAxis(getAxis() + 1); }
void ScatterAddOp::shiftDimensions() { setAxis(getAxis() + 1); }

/// The new dimension is a label of its own, on what is batched.
SmallVector<Value> ContractOp::buildBatched(OpBuilder &b, ValueRange operands,
                                            ArrayRef<bool> batched, int64_t) {
  int64_t label = 0;
  for (Dims labels : {getLhsLabels(), getRhsLabels(), getResultLabels()})
    for (int64_t other : labels)
      label = std::max(label, other + 1);
  auto labelsOf = [&](Dims labels, bool isBatched) {
    return isBatched ? prefixed(label, labels) : SmallVector<int64_t>(labels);
  };
  return {b.create<ContractOp>(
      getLoc(), operands[0], labelsOf(getLhsLabels(), batched[0]), operands[1],
      labelsOf(getRhsLabels(), batched[1]), labelsOf(getResultLabels(), true))};
}

/// One table for all slices: their indices stand one behind the other along the
/// axis, so that the table is not repeated.
SmallVector<Value> GatherOp::buildBatched(OpBuilder &b, ValueRange operands,
                                          ArrayRef<bool> batched,
                                          int64_t count) {
  if (batched[0])
    return {};
  Value table = operands[0], indices = operands[1];
  Location loc = getLoc();
  int64_t axis = getAxis();
  SmallVector<int64_t> shape(getType().getShape());
  // The new dimension goes to the place before the axis, and later back.
  SmallVector<int64_t> there, back{axis};
  for (int64_t dim = 0; dim < axis; ++dim) {
    there.push_back(dim + 1);
    back.push_back(dim);
  }
  there.push_back(0);
  for (int64_t dim = axis; dim < static_cast<int64_t>(shape.size()); ++dim) {
    there.push_back(dim + 1);
    back.push_back(dim + 1);
  }
  SmallVector<int64_t> merged = shape, split = shape;
  merged[axis] *= count;
  split.insert(split.begin() + axis, count);
  Value moved = b.create<TransposeOp>(loc, indices, there);
  Value all =
      b.create<GatherOp>(loc, table, reshapeTo(b, loc, moved, merged), axis);
  return {b.create<TransposeOp>(loc, reshapeTo(b, loc, all, split), back)};
}

bool canBatch(Operation *op) {
  return isa<BatchableOpInterface>(op) && op->getNumOperands() > 0;
}

SmallVector<Value> batchOperation(OpBuilder &b, Operation *op,
                                  ValueRange operands, ArrayRef<bool> batched,
                                  int64_t count) {
  auto batchable = cast<BatchableOpInterface>(op);
  if (SmallVector<Value> built =
          batchable.buildBatched(b, operands, batched, count);
      !built.empty())
    return built;
  SmallVector<Value> all;
  for (auto [operand, is] : llvm::zip_equal(operands, batched))
    all.push_back(is ? operand : repeatSlice(b, op->getLoc(), operand, count));
  Operation *copy = b.clone(*op);
  copy->setOperands(all);
  for (Value result : copy->getResults())
    result.setType(withLeading(result.getType(), count));
  cast<BatchableOpInterface>(copy).shiftDimensions();
  return llvm::to_vector_of<Value>(copy->getResults());
}

} // namespace descent
