// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// log, log1p and pow from basic arithmetic.
//
// log x = log m + e log 2 for x = m 2^e with m in [sqrt 1/2, sqrt 2). In f32
// log m is a polynomial of degree 8 in m - 1, that of S. Moshier's Cephes
// Mathematical Library 2.2, logf.c (netlib.org/cephes); in f64 it is
// 2 s + s^3 R(s^2) for s = (m - 1) / (m + 1), R interpolated at Chebyshev nodes
// with 60 digits.

#include "FloatMath.h"
#include "descent/Codegen/ScalarOps.h"

using namespace mlir;

namespace descent::codegen {

static constexpr double logSingle[] = {
    7.0376836292E-2,  -1.1514610310E-1, 1.1676998740E-1,
    -1.2420140846E-1, 1.4249322787E-1,  -1.6668057665E-1,
    2.0000714765E-1,  -2.4999993993E-1, 3.3333331174E-1};
static constexpr double logDouble[] = {
    0.1308803485092755383,  0.13268638369266823879, 0.15386244737621666606,
    0.18181795547521136235, 0.22222222392581045097, 0.28571428570799785031,
    0.40000000000000883236, 0.66666666666666666463};

namespace {
/// x apart: m - 1 and e.
struct Apart {
  Value m, e;
};
} // namespace

static Apart takeApart(FloatMath m, Value x) {
  // Numbers below the smallest normal one are scaled up.
  double shift = m.mantissaBits;
  Value tiny = m.less(x, m.f(m.pick(0x1p-126, 0x1p-1022)));
  Value scaled = m.select(tiny, m.mul(x, m.f(m.pick(0x1p23, 0x1p52))), x);
  // With sqrt 1/2 moved to the start of a binade, the upper bits are the
  // exponent e.
  Value start = m.bits(m.f(m.pick(0x1.6a09e6p-1, 0x1.6a09e667f3bcdp-1)));
  Value bits = m.subI(m.bits(scaled), start);
  Value exponent = m.b.create<arith::ShRSIOp>(bits, m.i(m.mantissaBits));
  Value fraction = m.andI(bits, m.i((int64_t(1) << m.mantissaBits) - 1));
  Value mantissa = m.fromBits(m.addI(fraction, start));
  Value e = m.sub(m.toFloat(exponent), m.select(tiny, m.f(shift), m.f(0)));
  return {m.sub(mantissa, m.f(1)), e};
}

/// The logarithm where x is a number above zero; `result` is what was computed
/// for that.
static Value withSpecials(FloatMath m, Value x, Value result) {
  // Infinity and NaN are their own logarithms.
  result = m.select(m.less(x, m.f(FloatMath::infinity)), result, x);
  result = m.select(m.less(x, m.f(0)), m.nan(), result);
  return m.select(m.equal(x, m.f(0)), m.f(-FloatMath::infinity), result);
}

Value emitLog(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  auto [d, e] = takeApart(m, x);
  Value result;
  if (m.isDouble()) {
    Value s = m.div(d, m.add(d, m.f(2)));
    Value square = m.mul(s, s);
    Value tail = m.mul(m.mul(s, square), m.polynomial(square, logDouble));
    // log m = d - s (d - s^2 R), which keeps d exact.
    tail = m.sub(m.mul(s, d), tail);
    tail = m.sub(tail, m.mul(e, m.f(0x1.cf79abc9e3b3ap-40)));
    result = m.add(m.sub(d, tail), m.mul(e, m.f(0x1.62e42fefap-1)));
  } else {
    Value square = m.mul(d, d);
    Value y = m.mul(m.mul(d, square), m.polynomial(d, logSingle));
    y = m.add(y, m.mul(e, m.f(-2.12194440e-4)));
    y = m.sub(y, m.mul(square, m.f(0.5)));
    result = m.add(m.add(d, y), m.mul(e, m.f(0.693359375)));
  }
  return withSpecials(m, x, result);
}

// log u + c / u for u = 1 + x rounded and c what the rounding lost.
Value emitLog1p(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  Value one = m.f(1);
  Value u = m.add(one, x);
  Value lostOfX = m.sub(x, m.sub(u, one)), lostOfOne = m.sub(one, m.sub(u, x));
  Value lost = m.select(m.less(m.abs(x), one), lostOfX, lostOfOne);
  Value inside = m.both(m.less(m.f(0), u), m.less(u, m.f(FloatMath::infinity)));
  Value rest = m.select(inside, m.div(lost, u), m.f(0));
  Value result = m.add(emitLog(b, u), rest);
  // So close to zero x is the result, its sign and all its bits.
  Value tiny = m.less(m.abs(x), m.f(m.pick(0x1p-25, 0x1p-54)));
  return m.select(tiny, x, result);
}

/// The logarithm of an f32 above zero with some 12 more bits than f32 has.
static FloatMath::Pair longLog(FloatMath m, Value x) {
  auto [d, e] = takeApart(m, x);
  // d - d^2 / 2, exact in three terms, and the rest, which is small.
  FloatMath::Pair square = m.product(d, d);
  Value half = m.f(-0.5);
  Value cube = m.mul(m.mul(d, square.high), m.polynomial(d, logSingle));
  FloatMath::Pair head = m.sum(d, m.mul(square.high, half));
  Value low = m.add(head.low, m.mul(square.low, half));
  // e log 2, its upper part exact.
  FloatMath::Pair whole = m.sum(m.mul(e, m.f(0x1.62cp-1)), head.high);
  // Where e is 0 the order of the two does not matter: one is zero.
  low = m.add(low, whole.low);
  low = m.add(low, m.mul(e, m.f(0x1.217f7d1cf79acp-12)));
  FloatMath::Pair with = m.sum(whole.high, cube);
  return m.sum(with.high, m.add(with.low, low));
}

// |x|^y = e^(y log |x|); in f32 the exponent has to be longer than a number, as
// an error of it is one of the result.
static Value powerOfMagnitude(FloatMath m, Value x, Value y) {
  ImplicitLocOpBuilder &b = m.b;
  if (m.isDouble())
    return emitExp(m, m.mul(y, emitLog(b, x)), Value());
  FloatMath::Pair log = longLog(m, x);
  FloatMath::Pair exponent = m.product(y, log.high);
  Value low = m.add(exponent.low, m.mul(y, log.low));
  Value high = m.mul(y, withSpecials(m, x, log.high));
  Value inside = m.less(m.abs(high), m.f(200));
  return emitExp(m, high, m.select(inside, low, m.f(0)));
}

Value emitPow(ImplicitLocOpBuilder &b, Value x, Value y) {
  FloatMath m(b, x);
  Value one = m.f(1), zero = m.f(0), infinity = m.f(FloatMath::infinity);
  Value magnitude = m.abs(x);
  Value power = powerOfMagnitude(m, magnitude, y);
  // An infinite power of one is one.
  Value unit = m.both(m.equal(magnitude, one), m.equal(y, y));
  power = m.select(unit, one, power);
  // Negative numbers: an odd power has their sign, and one that is not whole
  // does not exist but for zero and infinity.
  Value half = m.mul(y, m.f(0.5));
  Value isWhole = m.equal(m.round(y), y);
  Value isOdd = m.both(isWhole, m.opposite(m.equal(m.round(half), half)));
  Value sign = m.select(isOdd, m.andI(m.bits(x), m.signBit()), m.i(0));
  Value isNumber = m.equal(power, power);
  power = m.select(isNumber, m.fromBits(m.orI(m.bits(power), sign)), power);
  Value isNegative = m.both(m.less(x, zero), m.less(magnitude, infinity));
  Value undefined = m.both(isNegative, m.opposite(isWhole));
  power = m.select(undefined, m.nan(), power);
  Value isOne = m.either(m.equal(y, zero), m.equal(x, one));
  return m.select(isOne, one, power);
}

} // namespace descent::codegen
