// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// exp, expm1, sigmoid and tanh from basic arithmetic.
//
// x = n log 2 + r with |r| <= log(2) / 2, and e^r = 1 + r + r^2 q(r). The
// coefficients of q interpolate it at Chebyshev nodes, computed with 60 digits;
// the polynomial of tanh is that of S. Moshier's Cephes Mathematical Library
// 2.2, tanhf.c (netlib.org/cephes).

#include "FloatMath.h"
#include "descent/Codegen/ScalarOps.h"

using namespace mlir;

namespace descent::codegen {

static constexpr double expSingle[] = {0.0001989108046, 0.001393373072,
                                       0.008333310845,  0.0416664642,
                                       0.1666666668,    0.5};
static constexpr double expDouble[] = {
    2.5100472505694996003e-8,  2.7620201591031548792e-7,
    2.7557268276905696187e-6,  0.000024801521057868205199,
    0.00019841269863171556026, 0.0013888888917367080562,
    0.0083333333333300381973,  0.041666666666623820532,
    0.1666666666666666746,     0.5};

namespace {
/// n as an integer, and e^r - 1.
struct Reduced {
  Value n, power;
};
} // namespace

/// `low` is added to r.
static Reduced reduce(FloatMath m, Value x, Value low) {
  Value n = m.round(m.mul(x, m.f(1.44269504088896340736)));
  // The upper part of log 2 has so few bits that its product with n is exact.
  Value upper = m.f(m.pick(0x1.62cp-1, 0x1.62e42fefap-1));
  Value lower = m.f(m.pick(0x1.217f7d1cf79acp-12, 0x1.cf79abc9e3b3ap-40));
  Value r = m.sub(m.sub(x, m.mul(n, upper)), m.mul(n, lower));
  if (low)
    r = m.add(r, low);
  Value q = m.polynomial(r, m.isDouble() ? ArrayRef<double>(expDouble)
                                         : ArrayRef<double>(expSingle));
  return {m.toInt(n), m.fma(m.mul(r, r), q, r)};
}

/// x, which may be NaN, between two numbers.
static Value clamp(FloatMath m, Value x, double low, double high) {
  x = m.select(m.less(x, m.f(low)), m.f(low), x);
  return m.select(m.less(m.f(high), x), m.f(high), x);
}

Value emitExp(FloatMath m, Value x, Value low) {
  // Beyond these limits the result is 0 or infinite.
  x = clamp(m, x, m.pick(-104.0, -746.0), m.pick(89.0, 710.0));
  Reduced e = reduce(m, x, low);
  return m.scale(m.add(m.f(1), e.power), e.n);
}

Value emitExp(ImplicitLocOpBuilder &b, Value x) {
  return emitExp(FloatMath(b, x), x, Value());
}

// e^x - 1 = 2^n (e^r - 1) + (2^n - 1), half of it first: at the upper end 2^n
// itself is infinite.
Value emitExpm1(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  Value inside = clamp(m, x, m.pick(-20.0, -40.0), m.pick(89.0, 710.0));
  Reduced e = reduce(m, inside, Value());
  Value half = m.powerOfTwo(m.subI(e.n, m.i(1)));
  Value result = m.add(m.mul(half, e.power), m.sub(half, m.f(0.5)));
  result = m.add(result, result);
  // So close to zero x is the result, its sign and all its bits.
  Value tiny = m.less(m.abs(x), m.f(m.pick(0x1p-25, 0x1p-54)));
  return m.select(tiny, x, result);
}

Value emitSigmoid(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  Value one = m.f(1);
  return m.div(one, m.add(emitExp(m, m.neg(x), Value()), one));
}

// f32, |x| < 0.625: x + x^3 p(x^2). Else the sign of x times
// 1 - 2 / (e^2|x| + 1), in f64 with e^2|x| - 1 throughout.
Value emitTanh(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  Value magnitude = m.abs(x), twice = m.add(magnitude, magnitude);
  Value two = m.f(2);
  if (m.isDouble()) {
    // Of a large number the quotient would be infinity by itself.
    twice = m.select(m.less(m.f(60), twice), m.f(60), twice);
    Value power = emitExpm1(b, twice);
    Value quotient = m.div(power, m.add(power, two));
    return m.select(m.equal(x, x), m.withSign(quotient, x), x);
  }
  Value square = m.mul(x, x);
  Value p = m.polynomial(square, {-5.70498872745E-3, 2.06390887954E-2,
                                  -5.37397155531E-2, 1.33314422036E-1,
                                  -3.33332819422E-1});
  Value small = m.add(m.mul(m.mul(p, square), x), x);
  Value one = m.f(1);
  Value quotient = m.div(two, m.add(emitExp(m, twice, Value()), one));
  Value large = m.withSign(m.sub(one, quotient), x);
  return m.select(m.less(magnitude, m.f(0.625)), small, large);
}

} // namespace descent::codegen
