// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// sin, cos and atan from basic arithmetic.
//
// x = n pi/2 + r with |r| <= pi/4; sin r = r + r^3 S(r^2) and
// cos r = 1 - r^2/2 + r^4 C(r^2), atan x = x + x^3 A(x^2) near zero. The
// polynomials interpolate at Chebyshev nodes, computed with 60 digits.

#include "FloatMath.h"
#include "descent/Codegen/ScalarOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace descent::codegen {

static constexpr double sinSingle[] = {-0.0001958738732, 0.008332745938,
                                       -0.1666666465};
static constexpr double sinDouble[] = {
    -7.5865766484052612013e-13, 1.6058529573291738084e-10,
    -2.5052106219528366706e-8,  2.7557319219301937374e-6,
    -0.00019841269841265017052, 0.0083333333333333314699,
    -0.16666666666666666665};
static constexpr double cosSingle[] = {2.454743746e-5, -0.00138883007,
                                       0.04166666465};
static constexpr double cosDouble[] = {
    4.7458049232498396996e-14, -1.1470459750244853188e-11,
    2.087675578389763697e-9,   -2.7557319221382125963e-7,
    0.0000248015873015846198,  -0.0013888888888888887853,
    0.041666666666666666666};
static constexpr double atanSingle[] = {
    -0.06449835225, 0.1074309967, -0.1426389711, 0.1999953879, -0.3333333175};
static constexpr double atanDouble[] = {
    -0.019162068915902573948, 0.039219552532551294092,
    -0.050850304928109405433, 0.05858068756861510547,
    -0.066645022156714471037, 0.076921825351166482024,
    -0.090909045498846109542, 0.111111110145610136,
    -0.1428571428465789355,   0.19999999999995479198,
    -0.33333333333333330127};

namespace {
/// r and the integer n, of which only the last two bits have to be right.
struct Reduced {
  Value r, n;
};
} // namespace

/// For numbers so small that n times a part of pi/2 is exact.
static Reduced reduceSmall(FloatMath m, Value x) {
  static constexpr double single[] = {0x1.92p+0, 0x1.fbp-12, 0x1.51p-22,
                                      0x1.0b4611a626331p-34};
  static constexpr double twice[] = {0x1.921fb5p+0, 0x1.110b46p-26,
                                     0x1.1a6263p-54, 0x1.8a2e03707344ap-81};
  Value n = m.round(m.mul(x, m.f(0.63661977236758134308)));
  Value r = x;
  for (double part :
       m.isDouble() ? ArrayRef<double>(twice) : ArrayRef<double>(single))
    r = m.sub(r, m.mul(n, m.f(part)));
  return {r, m.toInt(n)};
}

/// f32 of any size, by integers (Payne and Hanek 1983): the mantissa times the
/// bits of 2/pi that make a difference to the last two bits of n and to r.
static Reduced reduceLarge(FloatMath m, Value x) {
  ImplicitLocOpBuilder &b = m.b;
  // Zero, and 2/pi.
  static constexpr uint32_t words[] = {0,          0xa2f9836e, 0x4e441529,
                                       0xfc2757d1, 0xf534ddc0, 0xdb629599,
                                       0x3c439041, 0xfe5163ab};
  Value bits = m.bits(x);
  Value mantissa = m.orI(m.andI(bits, m.i(0x7fffff)), m.i(0x800000));
  // The first of 96 bits that matter, for a number of at least 2^15.
  Value start = m.subI(m.andI(m.shr(bits, 23), m.i(255)), m.i(127 - 7));
  Value word = m.shr(start, 5), shift = m.andI(start, m.i(31));
  Value isAt[5];
  for (int at = 1; at < 5; ++at)
    isAt[at] = m.equalI(word, m.i(at));
  auto wordAt = [&](int offset) {
    auto constant = [&](int at) { return m.i(int32_t(words[at + offset])); };
    Value result = constant(0);
    for (int at = 1; at < 5; ++at)
      result = m.select(isAt[at], constant(at), result);
    return result;
  };
  // A shift by 32 - shift in two steps: by 32 none would be defined.
  Value rest = m.subI(m.i(31), shift);
  auto shifted = [&](Value high, Value low) {
    Value upper = b.create<arith::ShLIOp>(high, shift);
    Value lower = b.create<arith::ShRUIOp>(m.shr(low, 1), rest);
    return m.orI(upper, lower);
  };
  Value w0 = wordAt(0), w1 = wordAt(1), w2 = wordAt(2), w3 = wordAt(3);
  auto last = b.create<arith::MulUIExtendedOp>(mantissa, shifted(w2, w3));
  auto middle = b.create<arith::MulUIExtendedOp>(mantissa, shifted(w1, w2));
  Value first = b.create<arith::MulIOp>(mantissa, shifted(w0, w1));
  auto sum = b.create<arith::AddUIExtendedOp>(middle.getLow(), last.getHigh());
  Value carry = m.select(sum.getOverflow(), m.i(1), m.i(0));
  Value high = m.addI(m.addI(first, middle.getHigh()), carry);
  // Two bits of n; the fraction in [-1/2, 1/2) as 64 bits, of which the sign is
  // taken off.
  Value fraction = m.orI(m.shl(high, 2), m.shr(sum.getSum(), 30));
  Value fractionLow = m.orI(m.shl(sum.getSum(), 2), m.shr(last.getLow(), 30));
  Value above = m.shr(fraction, 31);
  Value n = m.addI(m.shr(high, 30), above);
  Value flip = m.subI(m.i(0), above);
  auto toFloat = [&](Value bits) {
    return b.create<arith::UIToFPOp>(m.type, m.xorI(bits, flip));
  };
  Value r = m.add(m.mul(toFloat(fraction), m.f(0x1p-32)),
                  m.mul(toFloat(fractionLow), m.f(0x1p-64)));
  r = m.mul(r, m.f(1.57079632679489661923));
  Value isNegative = m.less(x, m.f(0));
  Value sign = m.xorI(m.shl(above, 31), m.andI(bits, m.signBit()));
  r = m.fromBits(m.xorI(m.bits(r), sign));
  return {r, m.select(isNegative, m.subI(m.i(0), n), n)};
}

static Reduced reduce(FloatMath m, Value x) {
  if (m.isDouble())
    return reduceSmall(m, x);
  ImplicitLocOpBuilder &b = m.b;
  Value large = m.less(m.f(0x1p15), m.abs(x));
  Value inside = m.select(large, m.f(0), x);
  Reduced small = reduceSmall(m, inside);
  auto branch = b.create<scf::IfOp>(TypeRange{m.type, m.bitsType}, large,
                                    /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  Reduced far = reduceLarge(m, x);
  b.create<scf::YieldOp>(ValueRange{far.r, far.n});
  b.setInsertionPointToStart(branch.elseBlock());
  b.create<scf::YieldOp>(ValueRange{small.r, small.n});
  return {branch.getResult(0), branch.getResult(1)};
}

/// The sine of r + (n + quarter) pi/2.
static Value emitSine(ImplicitLocOpBuilder &b, Value x, int quarter) {
  FloatMath m(b, x);
  auto [r, n] = reduce(m, x);
  if (quarter != 0)
    n = m.addI(n, m.i(quarter));
  Value square = m.mul(r, r);
  Value s = m.polynomial(square, m.isDouble() ? ArrayRef<double>(sinDouble)
                                              : ArrayRef<double>(sinSingle));
  Value sine = m.fma(m.mul(r, square), s, r);
  Value c = m.polynomial(square, m.isDouble() ? ArrayRef<double>(cosDouble)
                                              : ArrayRef<double>(cosSingle));
  Value cosine = m.sub(m.f(1), m.mul(square, m.f(0.5)));
  cosine = m.fma(m.mul(square, square), c, cosine);
  Value even = m.equalI(m.andI(n, m.i(1)), m.i(0));
  Value result = m.select(even, sine, cosine);
  Value sign = m.shl(m.andI(n, m.i(2)), m.type.getWidth() - 2);
  result = m.fromBits(m.xorI(m.bits(result), sign));
  return m.select(m.less(m.abs(x), m.f(FloatMath::infinity)), result, m.nan());
}

Value emitSin(ImplicitLocOpBuilder &b, Value x) { return emitSine(b, x, 0); }
Value emitCos(ImplicitLocOpBuilder &b, Value x) { return emitSine(b, x, 1); }

// |x| above tan(3 pi/8): pi/2 + atan(-1/x); above tan(pi/8):
// pi/4 + atan((x - 1) / (x + 1)).
Value emitAtan(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  Value magnitude = m.abs(x), one = m.f(1);
  Value large = m.less(m.f(2.41421356237309504880), magnitude);
  Value medium = m.less(m.f(0.41421356237309504880), magnitude);
  Value above = m.select(medium, m.sub(magnitude, one), magnitude);
  Value below = m.select(medium, m.add(magnitude, one), one);
  above = m.select(large, m.f(-1), above);
  below = m.select(large, magnitude, below);
  Value t = m.div(above, below);
  Value square = m.mul(t, t);
  Value a = m.polynomial(square, m.isDouble() ? ArrayRef<double>(atanDouble)
                                              : ArrayRef<double>(atanSingle));
  Value part = m.fma(m.mul(t, square), a, t);
  Value base = m.select(medium, m.f(0.78539816339744830962), m.f(0));
  base = m.select(large, m.f(1.57079632679489661923), base);
  Value result = m.withSign(m.add(base, part), x);
  return m.select(m.equal(x, x), result, x);
}

} // namespace descent::codegen
