// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Transcendental functions that drivers compute too inexactly, from basic
// arithmetic.
//
// The polynomials for log and tanh are those of S. Moshier's Cephes
// Mathematical Library 2.2, logf.c and tanhf.c (netlib.org/cephes).

#include "descent/Codegen/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace descent::codegen {

namespace {

/// Short names for the arithmetic below.
struct Arithmetic {
  ImplicitLocOpBuilder &b;

  Value f(float value) {
    return b.create<arith::ConstantOp>(b.getF32FloatAttr(value));
  }
  Value i(int32_t value) {
    return b.create<arith::ConstantOp>(b.getI32IntegerAttr(value));
  }
  Value bits(float value) { return i(llvm::bit_cast<int32_t>(value)); }
  Value asInt(Value x) { return b.create<arith::BitcastOp>(b.getI32Type(), x); }
  Value asFloat(Value x) {
    return b.create<arith::BitcastOp>(b.getF32Type(), x);
  }
  Value add(Value x, Value y) { return b.create<arith::AddFOp>(x, y); }
  Value sub(Value x, Value y) { return b.create<arith::SubFOp>(x, y); }
  Value mul(Value x, Value y) { return b.create<arith::MulFOp>(x, y); }
  Value div(Value x, Value y) { return b.create<arith::DivFOp>(x, y); }
  Value select(Value c, Value x, Value y) {
    return b.create<arith::SelectOp>(c, x, y);
  }
  Value less(Value x, Value y) {
    return b.create<arith::CmpFOp>(arith::CmpFPredicate::OLT, x, y);
  }
  Value equal(Value x, Value y) {
    return b.create<arith::CmpFOp>(arith::CmpFPredicate::OEQ, x, y);
  }
  /// c[0] x^n + ... + c[n] by Horner's rule.
  Value polynomial(Value x, ArrayRef<float> coefficients) {
    Value result = f(coefficients.front());
    for (float coefficient : coefficients.drop_front())
      result = b.create<math::FmaOp>(result, x, f(coefficient));
    return result;
  }
};

} // namespace

Value emitIsNan(ImplicitLocOpBuilder &b, Value x) {
  Arithmetic a{b};
  Value bits = a.asInt(x);
  Value magnitude = b.create<arith::AndIOp>(bits, a.i(0x7fffffff));
  return b.create<arith::CmpIOp>(arith::CmpIPredicate::ugt, magnitude,
                                 a.i(0x7f800000));
}

// log x = log m + e log 2 for x = m 2^e with m in [sqrt 1/2, sqrt 2): a
// polynomial of degree 8 in m - 1, and log 2 in two parts.
Value emitLog(ImplicitLocOpBuilder &b, Value x) {
  Arithmetic a{b};
  // Numbers below the smallest normal one are scaled up by 2^23.
  Value tiny = a.less(x, a.f(0x1p-126f));
  Value scaled = a.select(tiny, a.mul(x, a.f(0x1p23f)), x);
  // With sqrt 1/2 moved to the start of a binade, the upper bits are the
  // exponent e.
  Value bits = b.create<arith::SubIOp>(a.asInt(scaled), a.bits(0x1.6a09e6p-1f));
  Value exponent = b.create<arith::ShRSIOp>(bits, a.i(23));
  Value fraction = b.create<arith::AndIOp>(bits, a.i(0x7fffff));
  Value mantissaBits =
      b.create<arith::AddIOp>(fraction, a.bits(0x1.6a09e6p-1f));
  Value m = a.sub(a.asFloat(mantissaBits), a.f(1));
  Value e = b.create<arith::SIToFPOp>(b.getF32Type(), exponent);
  Value shift = a.f(23), noShift = a.f(0);
  e = a.sub(e, a.select(tiny, shift, noShift));

  Value square = a.mul(m, m);
  Value tail =
      a.polynomial(m, {7.0376836292E-2f, -1.1514610310E-1f, 1.1676998740E-1f,
                       -1.2420140846E-1f, 1.4249322787E-1f, -1.6668057665E-1f,
                       2.0000714765E-1f, -2.4999993993E-1f, 3.3333331174E-1f});
  Value cube = a.mul(m, square);
  Value y = a.mul(cube, tail);
  y = a.add(y, a.mul(e, a.f(-2.12194440e-4f)));
  y = a.sub(y, a.mul(square, a.f(0.5f)));
  Value sum = a.add(m, y);
  Value result = a.add(sum, a.mul(e, a.f(0.693359375f)));

  // Zero, infinity and NaN, and numbers below zero, for which x - x is NaN once
  // divided by itself.
  float infinity = std::numeric_limits<float>::infinity();
  Value xBits = a.asInt(x);
  Value isLarge = b.create<arith::CmpIOp>(arith::CmpIPredicate::uge, xBits,
                                          a.bits(infinity));
  Value isNegative = a.less(x, a.f(0));
  Value special = a.select(isNegative, a.asFloat(a.i(0x7fc00000)), x);
  result = a.select(isLarge, special, result);
  Value isZero = a.equal(x, a.f(0));
  return a.select(isZero, a.f(-infinity), result);
}

// |x| < 0.625: x + x^3 p(x^2). Else the sign of x times 1 - 2 / (e^2|x| + 1).
Value emitTanh(ImplicitLocOpBuilder &b, Value x) {
  Arithmetic a{b};
  Value magnitude = b.create<math::AbsFOp>(x);
  Value square = a.mul(x, x);
  Value p = a.polynomial(square, {-5.70498872745E-3f, 2.06390887954E-2f,
                                  -5.37397155531E-2f, 1.33314422036E-1f,
                                  -3.33332819422E-1f});
  Value small = a.add(a.mul(a.mul(p, square), x), x);
  Value power = b.create<math::ExpOp>(a.add(magnitude, magnitude));
  Value one = a.f(1), two = a.f(2);
  Value quotient = a.div(two, a.add(power, one));
  Value large = a.asInt(a.sub(one, quotient));
  Value bits = a.asInt(x);
  Value sign =
      b.create<arith::AndIOp>(bits, a.i(llvm::bit_cast<int32_t>(0x80000000u)));
  Value signedLarge = a.asFloat(b.create<arith::OrIOp>(large, sign));
  return a.select(a.less(magnitude, a.f(0.625f)), small, signedLarge);
}

} // namespace descent::codegen
