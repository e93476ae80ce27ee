// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Short names for arithmetic on floats of one width and on the integers of the
// same width, for the expansions of functions in this folder.
//
// What the expansions rely on is IEEE 754 rounding of +, - and *, in the order
// written. Of a multiply-add they rely on nothing, neither on one rounding nor
// on its order with others (Mesa makes a(b + c) of ab + ac): it is for
// polynomials.

#ifndef DESCENT_LIB_CODEGEN_FLOATMATH_H
#define DESCENT_LIB_CODEGEN_FLOATMATH_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <limits>

namespace descent::codegen {

struct FloatMath {
  using Value = mlir::Value;
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  mlir::ImplicitLocOpBuilder &b;
  mlir::FloatType type;
  mlir::IntegerType bitsType;
  /// Of the mantissa without its leading one.
  unsigned mantissaBits;
  int bias;

  /// For numbers of the type of `like`, f32 or f64.
  FloatMath(mlir::ImplicitLocOpBuilder &b, Value like)
      : b(b), type(llvm::cast<mlir::FloatType>(like.getType())),
        bitsType(b.getIntegerType(type.getWidth())),
        mantissaBits(type.getFPMantissaWidth() - 1),
        bias(type.isF64() ? 1023 : 127) {}

  bool isDouble() const { return type.isF64(); }
  /// One of two numbers by the width.
  template <typename T> T pick(T single, T twice) const {
    return isDouble() ? twice : single;
  }

  Value f(double value) {
    return b.create<mlir::arith::ConstantOp>(b.getFloatAttr(type, value));
  }
  Value i(int64_t value) {
    return b.create<mlir::arith::ConstantOp>(b.getIntegerAttr(bitsType, value));
  }
  Value nan() { return f(std::numeric_limits<double>::quiet_NaN()); }
  /// The bit of the sign alone.
  Value signBit() {
    return i(isDouble() ? std::numeric_limits<int64_t>::min()
                        : std::numeric_limits<int32_t>::min());
  }
  Value bits(Value x) { return b.create<mlir::arith::BitcastOp>(bitsType, x); }
  Value fromBits(Value x) { return b.create<mlir::arith::BitcastOp>(type, x); }
  Value toInt(Value x) { return b.create<mlir::arith::FPToSIOp>(bitsType, x); }
  Value toFloat(Value x) { return b.create<mlir::arith::SIToFPOp>(type, x); }

  Value add(Value x, Value y) { return b.create<mlir::arith::AddFOp>(x, y); }
  Value sub(Value x, Value y) { return b.create<mlir::arith::SubFOp>(x, y); }
  Value mul(Value x, Value y) { return b.create<mlir::arith::MulFOp>(x, y); }
  Value div(Value x, Value y) { return b.create<mlir::arith::DivFOp>(x, y); }
  Value neg(Value x) { return b.create<mlir::arith::NegFOp>(x); }
  Value abs(Value x) { return b.create<mlir::math::AbsFOp>(x); }
  Value round(Value x) { return b.create<mlir::math::RoundEvenOp>(x); }
  Value fma(Value x, Value y, Value z) {
    return b.create<mlir::math::FmaOp>(x, y, z);
  }

  Value addI(Value x, Value y) { return b.create<mlir::arith::AddIOp>(x, y); }
  Value subI(Value x, Value y) { return b.create<mlir::arith::SubIOp>(x, y); }
  Value andI(Value x, Value y) { return b.create<mlir::arith::AndIOp>(x, y); }
  Value orI(Value x, Value y) { return b.create<mlir::arith::OrIOp>(x, y); }
  Value xorI(Value x, Value y) { return b.create<mlir::arith::XOrIOp>(x, y); }
  Value shl(Value x, int64_t n) {
    return b.create<mlir::arith::ShLIOp>(x, i(n));
  }
  Value shr(Value x, int64_t n) {
    return b.create<mlir::arith::ShRUIOp>(x, i(n));
  }

  Value select(Value c, Value x, Value y) {
    return b.create<mlir::arith::SelectOp>(c, x, y);
  }
  /// Ordered comparisons: false for NaN.
  Value less(Value x, Value y) {
    return b.create<mlir::arith::CmpFOp>(mlir::arith::CmpFPredicate::OLT, x, y);
  }
  Value equal(Value x, Value y) {
    return b.create<mlir::arith::CmpFOp>(mlir::arith::CmpFPredicate::OEQ, x, y);
  }
  Value compareI(mlir::arith::CmpIPredicate predicate, Value x, Value y) {
    return b.create<mlir::arith::CmpIOp>(predicate, x, y);
  }
  Value equalI(Value x, Value y) {
    return compareI(mlir::arith::CmpIPredicate::eq, x, y);
  }
  /// Of conditions.
  Value both(Value x, Value y) { return andI(x, y); }
  Value either(Value x, Value y) { return orI(x, y); }
  Value opposite(Value x) {
    Value yes = b.create<mlir::arith::ConstantOp>(b.getBoolAttr(true));
    return xorI(x, yes);
  }

  /// |x|, which is not NaN, with the sign of `sign`.
  Value withSign(Value magnitude, Value sign) {
    return fromBits(orI(bits(magnitude), andI(bits(sign), signBit())));
  }
  /// 2^n for the integer n of a normal number.
  Value powerOfTwo(Value n) {
    return fromBits(shl(addI(n, i(bias)), mantissaBits));
  }
  /// x 2^n, in two steps so that neither factor leaves the range.
  Value scale(Value x, Value n) {
    Value half = b.create<mlir::arith::ShRSIOp>(n, i(1));
    return mul(mul(x, powerOfTwo(half)), powerOfTwo(subI(n, half)));
  }
  /// c[0] x^n + ... + c[n] by Horner's rule.
  Value polynomial(Value x, llvm::ArrayRef<double> coefficients) {
    Value result = f(coefficients.front());
    for (double coefficient : coefficients.drop_front())
      result = fma(result, x, f(coefficient));
    return result;
  }

  /// A number as the sum of two.
  struct Pair {
    Value high, low;
  };
  /// x in two halves, whose products with such halves are exact.
  Pair halves(Value x) {
    unsigned dropped = (mantissaBits + 2) / 2;
    Value high = fromBits(andI(bits(x), i(-(int64_t(1) << dropped))));
    return {high, sub(x, high)};
  }
  /// x y without an error, unless something over- or underflows (Dekker 1971).
  Pair product(Value x, Value y) {
    Pair xs = halves(x), ys = halves(y);
    Value high = mul(x, y);
    Value rest = sub(mul(xs.high, ys.high), high);
    rest = add(add(rest, mul(xs.high, ys.low)), mul(xs.low, ys.high));
    return {high, add(rest, mul(xs.low, ys.low))};
  }
  /// x + y without an error where |x| >= |y|.
  Pair sum(Value x, Value y) {
    Value high = add(x, y);
    return {high, sub(y, sub(high, x))};
  }
};

/// e^(x + low) for |low| far below one; `low` may be null.
mlir::Value emitExp(FloatMath m, mlir::Value x, mlir::Value low);

} // namespace descent::codegen

#endif // DESCENT_LIB_CODEGEN_FLOATMATH_H
