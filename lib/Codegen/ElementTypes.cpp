// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What element types are in registers and in memory, and conversions between
// them; see ElementTypes.h.

#include "descent/Codegen/ElementTypes.h"
#include "FloatMath.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace descent::codegen {

Type registerType(Type element) {
  MLIRContext *context = element.getContext();
  if (element.isF16() || element.isBF16() || element.isUnsignedInteger())
    return IntegerType::get(context, 32);
  return element;
}

Type storageType(Type element) {
  MLIRContext *context = element.getContext();
  if (element.isF16() || element.isBF16())
    return IntegerType::get(context, 16);
  if (element.isInteger(1))
    return IntegerType::get(context, 32);
  return registerType(element);
}

TypedAttr registerConstant(TypedAttr value) {
  Type type = registerType(value.getType());
  if (type == value.getType())
    return value;
  APInt bits = isa<FloatAttr>(value)
                   ? cast<FloatAttr>(value).getValue().bitcastToAPInt()
                   : cast<IntegerAttr>(value).getValue();
  return IntegerAttr::get(type, bits.zext(32));
}

Value fromStorage(ImplicitLocOpBuilder &b, Value stored, Type element) {
  Type type = registerType(element);
  if (stored.getType() == type)
    return stored;
  if (!element.isInteger(1))
    return b.create<arith::ExtUIOp>(type, stored);
  Value zero = b.create<arith::ConstantOp>(b.getI32IntegerAttr(0));
  return b.create<arith::CmpIOp>(arith::CmpIPredicate::ne, stored, zero);
}

Value toStorage(ImplicitLocOpBuilder &b, Value value, Type element) {
  Type type = storageType(element);
  if (value.getType() == type)
    return value;
  if (element.isInteger(1))
    return b.create<arith::ExtUIOp>(type, value);
  return b.create<arith::TruncIOp>(type, value);
}

static bool isNarrow(Type element) {
  return storageType(element).isInteger(16);
}

Value vectorFromStorage(ImplicitLocOpBuilder &b, Value stored, Type element) {
  if (!isNarrow(element))
    return stored;
  auto type = cast<VectorType>(stored.getType());
  return b.create<arith::ExtUIOp>(
      type.cloneWith(std::nullopt, registerType(element)), stored);
}

Value vectorToStorage(ImplicitLocOpBuilder &b, ArrayRef<Value> values,
                      Type element) {
  SmallVector<Value> elements(values);
  if (!isNarrow(element))
    for (Value &value : elements)
      value = toStorage(b, value, element);
  auto type = VectorType::get(elements.size(), elements[0].getType());
  Value vector = b.create<vector::FromElementsOp>(type, elements);
  if (!isNarrow(element))
    return vector;
  return b.create<arith::TruncIOp>(
      type.cloneWith(std::nullopt, storageType(element)), vector);
}

//===----------------------------------------------------------------------===//
// Floats of 16 bits, by bits: what a device does with them is its own affair.
//===----------------------------------------------------------------------===//

/// Adds what rounds the last `dropped` bits to the nearest, halves to even.
static Value roundedUp(FloatMath m, Value bits, unsigned dropped) {
  Value isOdd = m.andI(m.shr(bits, dropped), m.i(1));
  Value half = m.i((int64_t(1) << (dropped - 1)) - 1);
  return m.addI(m.addI(bits, half), isOdd);
}

/// The upper 16 bits of an f32, rounded.
static Value toBrain(FloatMath m, Value x) {
  Value bits = m.bits(x);
  Value rounded = m.shr(roundedUp(m, bits, 16), 16);
  Value isNumber = m.equal(x, x);
  return m.select(isNumber, rounded, m.i(0x7fc0));
}

/// An f16 has exponents down to -14, and below that multiples of 2^-24.
static Value toHalf(FloatMath m, Value x) {
  Value bits = m.bits(x);
  Value sign = m.andI(m.shr(bits, 16), m.i(0x8000));
  Value magnitude = m.andI(bits, m.i(0x7fffffff));
  // The exponent's bias goes from 127 to 15.
  Value normal =
      m.shr(roundedUp(m, m.subI(magnitude, m.i(int64_t(112) << 23)), 13), 13);
  // In units of 2^-24.
  Value units = m.mul(m.fromBits(magnitude), m.f(0x1p24));
  Value subnormal = m.toInt(m.round(units));
  auto below = [&](int64_t limit) {
    return m.compareI(arith::CmpIPredicate::ult, magnitude, m.i(limit));
  };
  Value result = m.select(below(0x38800000), subnormal, normal);
  // From 65520 on the nearest number is infinity.
  result = m.select(below(0x477ff000), result, m.i(0x7c00));
  Value isNan =
      m.compareI(arith::CmpIPredicate::ugt, magnitude, m.i(0x7f800000));
  result = m.select(isNan, m.i(0x7e00), result);
  return m.orI(result, sign);
}

static Value fromHalf(ImplicitLocOpBuilder &b, Value half) {
  Value like = b.create<arith::ConstantOp>(b.getF32FloatAttr(0));
  FloatMath m(b, like);
  Value sign = m.shl(m.andI(half, m.i(0x8000)), 16);
  Value magnitude = m.andI(half, m.i(0x7fff));
  Value normal = m.addI(m.shl(magnitude, 13), m.i(int64_t(112) << 23));
  Value units = m.mul(m.toFloat(magnitude), m.f(0x1p-24));
  Value special = m.orI(m.shl(magnitude, 13), m.i(0x7f800000));
  auto below = [&](int64_t limit) {
    return m.compareI(arith::CmpIPredicate::ult, magnitude, m.i(limit));
  };
  Value result = m.select(below(0x0400), m.bits(units), normal);
  result = m.select(below(0x7c00), result, special);
  return m.fromBits(m.orI(result, sign));
}

Value narrow(ImplicitLocOpBuilder &b, Value x, Type element) {
  FloatMath m(b, x);
  return element.isBF16() ? toBrain(m, x) : toHalf(m, x);
}

Value widen(ImplicitLocOpBuilder &b, Value bits, Type element) {
  if (element.isF16())
    return fromHalf(b, bits);
  Value sixteen = b.create<arith::ConstantOp>(b.getI32IntegerAttr(16));
  return b.create<arith::BitcastOp>(b.getF32Type(),
                                    b.create<arith::ShLIOp>(bits, sixteen));
}

} // namespace descent::codegen
