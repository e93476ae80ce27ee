// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Conversions of types and values; see Values.h.

#include "Values.h"
#include <cmath>

using namespace mlir;

namespace descent::import {

Type elementType(MLIRContext *context, model::DType dtype) {
  switch (dtype) {
  case model::DType::F32:
    return Float32Type::get(context);
  case model::DType::F64:
    return Float64Type::get(context);
  case model::DType::F16:
    return Float16Type::get(context);
  case model::DType::BF16:
    return BFloat16Type::get(context);
  case model::DType::I32:
    return IntegerType::get(context, 32);
  case model::DType::U32:
    return IntegerType::get(context, 32, IntegerType::Unsigned);
  case model::DType::Bool:
    return IntegerType::get(context, 1);
  }
  llvm_unreachable("unknown dtype");
}

Type arithmeticType(MLIRContext *context, model::DType dtype) {
  switch (dtype) {
  case model::DType::F16:
  case model::DType::BF16:
    return Float32Type::get(context);
  case model::DType::Bool:
    return IntegerType::get(context, 32);
  default:
    return elementType(context, dtype);
  }
}

Type commonType(MLIRContext *context,
                ArrayRef<const model::TensorType *> types) {
  // Wider ones come last; i32 and u32 never meet.
  static constexpr model::DType order[] = {
      model::DType::Bool, model::DType::I32,  model::DType::U32,
      model::DType::F16,  model::DType::BF16, model::DType::F32,
      model::DType::F64};
  auto rank = [&](model::DType dtype) { return llvm::find(order, dtype); };
  model::DType widest = model::DType::Bool;
  for (const model::TensorType *type : types)
    if (rank(type->dtype) > rank(widest))
      widest = type->dtype;
  return arithmeticType(context, widest);
}

RankedTensorType convertType(MLIRContext *context,
                             const model::TensorType &type) {
  return tensorType(type.shape, elementType(context, type.dtype));
}

ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

Type elementOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getElementType();
}

/// The one value of all elements of a constant.
static std::optional<double> splatValue(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  auto elements =
      constant ? dyn_cast<SplatElementsAttr>(constant.getValue()) : nullptr;
  if (!elements)
    return std::nullopt;
  if (isa<FloatType>(elements.getElementType()))
    return elements.getSplatValue<APFloat>().convertToDouble();
  auto type = cast<IntegerType>(elements.getElementType());
  APInt number = elements.getSplatValue<APInt>();
  return type.isUnsigned() || type.getWidth() == 1 ? number.roundToDouble(false)
                                                   : number.roundToDouble(true);
}

Value castTo(OpBuilder &b, Location loc, Value value, Type element) {
  Type from = elementOf(value);
  if (from == element)
    return value;
  RankedTensorType type = tensorType(shapeOf(value), element);
  std::optional<double> splat = splatValue(value);
  // What an integer cannot hold is the cast's to decide.
  auto holds = [&](double x) {
    double low = element.isUnsignedInteger() ? 0 : -0x1p31;
    return x == std::trunc(x) && x >= low && x < low + 0x1p32;
  };
  bool fits = splat && (isa<FloatType>(element) || holds(*splat));
  if (element.isInteger(1)) {
    if (splat)
      return constantLike(b, loc, type, *splat != 0);
    if (from.isF16() || from.isBF16())
      value = castTo(b, loc, value, b.getF32Type());
    return b.create<CompareOp>(loc, Predicate::ne, value,
                               constantLike(b, loc, value.getType(), 0));
  }
  if (fits)
    return constantLike(b, loc, type, *splat);
  return b.create<CastOp>(loc, type, value);
}

Value dropDims(OpBuilder &b, Location loc, Value value,
               ArrayRef<int64_t> dims) {
  ArrayRef<int64_t> shape = shapeOf(value);
  SmallVector<int64_t> kept;
  for (int64_t dim : dimsExcept(shape.size(), dims))
    kept.push_back(shape[dim]);
  return reshapeTo(b, loc, value, kept);
}

Value broadcastLike(OpBuilder &b, Location loc, Value value,
                    ArrayRef<int64_t> shape) {
  SmallVector<int64_t> from(shapeOf(value));
  if (ArrayRef<int64_t>(from) == shape)
    return value;
  assert(from.size() <= shape.size() && "broadcasting takes no axis away");
  if (std::optional<double> splat = splatValue(value))
    return constantLike(b, loc, tensorType(shape, elementOf(value)), *splat);
  int64_t missing = shape.size() - from.size();
  SmallVector<int64_t> dims, dropped;
  for (auto [dim, size] : llvm::enumerate(from)) {
    if (size == shape[missing + dim])
      dims.push_back(missing + dim);
    else
      dropped.push_back(dim);
  }
  return broadcastTo(b, loc, dropDims(b, loc, value, dropped), shape, dims);
}

Value permute(OpBuilder &b, Location loc, Value value,
              ArrayRef<int64_t> permutation) {
  if (llvm::is_sorted(permutation))
    return value;
  return b.create<TransposeOp>(loc, value, permutation);
}

Value sliceAlong(OpBuilder &b, Location loc, Value value, int64_t dim,
                 int64_t offset, int64_t count, int64_t stride) {
  SmallVector<int64_t> sizes(shapeOf(value));
  if (offset == 0 && count == sizes[dim] && stride == 1)
    return value;
  SmallVector<int64_t> offsets(sizes.size(), 0), strides(sizes.size(), 1);
  offsets[dim] = offset;
  sizes[dim] = count;
  strides[dim] = stride;
  return sliceOf(b, loc, value, offsets, sizes, strides);
}

} // namespace descent::import
