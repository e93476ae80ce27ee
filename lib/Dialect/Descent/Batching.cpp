// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations with a new leading dimension; see Batching.h.

#include "descent/Dialect/Descent/Batching.h"
#include "descent/Dialect/Descent/Math.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/TypeSwitch.h"

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

/// How an operation's attributes change when its first dimension becomes its
/// second. Returns whether the operation is known. All but contract take
/// operands that are all batched.
bool shiftDimensions(Operation *op) {
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case<ReshapeOp, StopGradientOp, SoftmaxCrossEntropyOp>(
          [](auto) { return true; })
      .Case([](TransposeOp op) {
        op.setPermutation(prefixed(0, shifted(op.getPermutation())));
        return true;
      })
      .Case([](BroadcastOp op) {
        op.setDims(prefixed(0, shifted(op.getDims())));
        return true;
      })
      .Case([](SliceOp op) {
        op.setOffsets(prefixed(0, op.getOffsets()));
        op.setStrides(prefixed(1, op.getStrides()));
        return true;
      })
      .Case([](PadOp op) {
        op.setLow(prefixed(0, op.getLow()));
        op.setHigh(prefixed(0, op.getHigh()));
        return true;
      })
      .Case<ReverseOp, WindowOp, UnwindowOp, ReduceSumOp, ReduceMaxOp,
            ReduceProdOp, MaxWithIndexOp>([](auto op) {
        op.setDims(shifted(op.getDims()));
        return true;
      })
      .Case<ConcatOp, SoftmaxOp, GatherOp, ScatterAddOp>([](auto op) {
        op.setAxis(op.getAxis() + 1);
        return true;
      })
      .Default([](Operation *op) { return op->hasTrait<ElementwiseLoops>(); });
}

/// The new dimension is a label of its own, on what is batched.
Value batchContract(OpBuilder &b, ContractOp op, ValueRange operands,
                    ArrayRef<bool> batched) {
  int64_t label = 0;
  for (Dims labels :
       {op.getLhsLabels(), op.getRhsLabels(), op.getResultLabels()})
    for (int64_t other : labels)
      label = std::max(label, other + 1);
  auto labelsOf = [&](Dims labels, bool isBatched) {
    return isBatched ? prefixed(label, labels) : SmallVector<int64_t>(labels);
  };
  return b.create<ContractOp>(
      op.getLoc(), operands[0], labelsOf(op.getLhsLabels(), batched[0]),
      operands[1], labelsOf(op.getRhsLabels(), batched[1]),
      labelsOf(op.getResultLabels(), true));
}

/// One table for all slices: their indices stand one behind the other along the
/// axis, so that the table is not repeated.
Value batchLookup(OpBuilder &b, GatherOp op, Value table, Value indices,
                  int64_t count) {
  Location loc = op.getLoc();
  int64_t axis = op.getAxis();
  SmallVector<int64_t> shape(op.getType().getShape());
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
  return b.create<TransposeOp>(loc, reshapeTo(b, loc, all, split), back);
}

} // namespace

bool canBatch(Operation *op) {
  if (op->getNumRegions() > 0 || op->getNumOperands() == 0)
    return false;
  if (isa<ContractOp>(op))
    return true;
  // On a copy, since asking is doing.
  Operation *copy = op->clone();
  bool known = shiftDimensions(copy);
  copy->destroy();
  return known;
}

SmallVector<Value> batchOperation(OpBuilder &b, Operation *op,
                                  ValueRange operands, ArrayRef<bool> batched,
                                  int64_t count) {
  if (auto contract = dyn_cast<ContractOp>(op))
    return {batchContract(b, contract, operands, batched)};
  if (auto gather = dyn_cast<GatherOp>(op); gather && !batched[0])
    return {batchLookup(b, gather, operands[0], operands[1], count)};
  SmallVector<Value> all;
  for (auto [operand, is] : llvm::zip_equal(operands, batched))
    all.push_back(is ? operand : repeatSlice(b, op->getLoc(), operand, count));
  Operation *copy = b.clone(*op);
  copy->setOperands(all);
  for (Value result : copy->getResults())
    result.setType(withLeading(result.getType(), count));
  shiftDimensions(copy);
  return llvm::to_vector_of<Value>(copy->getResults());
}

} // namespace descent
