// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Short names for building tensor expressions; see Math.h.

#include "descent/Dialect/Descent/Math.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;

namespace descent {

Value constantLike(OpBuilder &b, Location loc, Type type, double value) {
  Type element = getElementTypeOrSelf(type);
  TypedAttr scalar = isa<FloatType>(element)
                         ? TypedAttr(b.getFloatAttr(element, value))
                         : TypedAttr(IntegerAttr::get(
                               element, APInt(element.getIntOrFloatBitWidth(),
                                              static_cast<int64_t>(value))));
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return b.create<ConstantOp>(
        loc, TypedAttr(DenseElementsAttr::get(tensor, Attribute(scalar))));
  return b.create<ConstantOp>(loc, scalar);
}

Value broadcastTo(OpBuilder &b, Location loc, Value value,
                  ArrayRef<int64_t> shape, ArrayRef<int64_t> dims) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getShape() == shape)
    return value;
  return b.create<BroadcastOp>(loc, tensorType(shape, type.getElementType()),
                               value, dims);
}

Value broadcastScalar(OpBuilder &b, Location loc, Value scalar,
                      ArrayRef<int64_t> shape) {
  return broadcastTo(b, loc, scalar, shape, {});
}

Value reshapeTo(OpBuilder &b, Location loc, Value value,
                ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getShape() == shape)
    return value;
  return b.create<ReshapeOp>(loc, tensorType(shape, type.getElementType()),
                             value);
}

Value sliceOf(OpBuilder &b, Location loc, Value value,
              ArrayRef<int64_t> offsets, ArrayRef<int64_t> sizes,
              ArrayRef<int64_t> strides) {
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  SmallVector<int64_t> ones(offsets.size(), 1);
  return b.create<SliceOp>(loc, tensorType(sizes, element), value, offsets,
                           strides.empty() ? ones : strides);
}

SmallVector<int64_t> dimsExcept(int64_t rank, ArrayRef<int64_t> dims) {
  SmallVector<int64_t> result;
  for (int64_t i = 0; i < rank; ++i)
    if (!llvm::is_contained(dims, i))
      result.push_back(i);
  return result;
}

Value windowsOf(OpBuilder &b, Location loc, Value value, ArrayRef<int64_t> dims,
                ArrayRef<int64_t> sizes, ArrayRef<int64_t> strides,
                ArrayRef<int64_t> dilations) {
  auto shape = cast<RankedTensorType>(value.getType()).getShape();
  SmallVector<int64_t> expanded(shape);
  llvm::append_range(expanded, sizes);
  Value wide =
      broadcastTo(b, loc, value, expanded,
                  llvm::to_vector(llvm::seq<int64_t>(0, shape.size())));
  return b.create<WindowOp>(loc, wide, dims, strides, dilations);
}

Value padWithEdges(OpBuilder &b, Location loc, Value value,
                   ArrayRef<int64_t> low, ArrayRef<int64_t> high) {
  for (size_t dim = 0; dim < low.size(); ++dim) {
    auto shape =
        llvm::to_vector(cast<RankedTensorType>(value.getType()).getShape());
    SmallVector<Value> pieces;
    auto repeat = [&](int64_t from, int64_t count) {
      if (count == 0)
        return;
      SmallVector<int64_t> offsets(shape.size(), 0), sizes(shape),
          without(shape), wide(shape);
      offsets[dim] = from;
      sizes[dim] = 1;
      without.erase(without.begin() + dim);
      wide[dim] = count;
      Value edge =
          reshapeTo(b, loc, sliceOf(b, loc, value, offsets, sizes), without);
      pieces.push_back(
          broadcastTo(b, loc, edge, wide,
                      dimsExcept(shape.size(), {static_cast<int64_t>(dim)})));
    };
    repeat(0, low[dim]);
    pieces.push_back(value);
    repeat(shape[dim] - 1, high[dim]);
    if (pieces.size() > 1)
      value = b.create<ConcatOp>(loc, pieces, dim);
  }
  return value;
}

} // namespace descent
