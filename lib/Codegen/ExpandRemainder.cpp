// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Division with a remainder: of floats exactly, by long division of the
// mantissas, as x - trunc(x / y) y is not once the quotient is large; of
// integers with every case defined.

#include "FloatMath.h"
#include "descent/Codegen/ScalarOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace descent::codegen {

namespace {
/// |x| = mantissa 2^(exponent + a constant), the exponent at least one.
struct Parts {
  Value mantissa, exponent;
};
} // namespace

static Parts partsOf(FloatMath m, Value x) {
  int64_t leading = int64_t(1) << m.mantissaBits;
  Value bits = m.andI(m.bits(x), m.subI(m.signBit(), m.i(1)));
  Value fraction = m.andI(bits, m.i(leading - 1));
  Value exponent = m.shr(bits, m.mantissaBits);
  Value isNormal = m.compareI(arith::CmpIPredicate::ne, exponent, m.i(0));
  return {m.select(isNormal, m.orI(fraction, m.i(leading)), fraction),
          m.select(isNormal, exponent, m.i(1))};
}

/// What is left of a mantissa times 2^shift modulo another, eight bits at a
/// time.
static Value longRemainder(FloatMath m, Value mantissa, Value shift,
                           Value modulus) {
  ImplicitLocOpBuilder &b = m.b;
  Value first = b.create<arith::RemUIOp>(mantissa, modulus);
  Value zero = b.create<arith::ConstantIndexOp>(0);
  Value one = b.create<arith::ConstantIndexOp>(1);
  Value count = m.shr(m.addI(shift, m.i(7)), 3);
  Value trips = b.create<arith::IndexCastOp>(b.getIndexType(), count);
  auto loop = b.create<scf::ForOp>(zero, trips, one, ValueRange{first, shift});
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value rest = loop.getRegionIterArg(0), left = loop.getRegionIterArg(1);
  Value eight = m.i(8);
  Value isLast = m.compareI(arith::CmpIPredicate::slt, left, eight);
  Value step = m.select(isLast, left, eight);
  Value shifted = b.create<arith::ShLIOp>(rest, step);
  Value next = b.create<arith::RemUIOp>(shifted, modulus);
  b.create<scf::YieldOp>(ValueRange{next, m.subI(left, step)});
  return loop.getResult(0);
}

Value emitFloatRemainder(ImplicitLocOpBuilder &b, Value x, Value y) {
  FloatMath m(b, x);
  Parts of = partsOf(m, x), by = partsOf(m, y);
  Value infinity = m.f(FloatMath::infinity), magnitude = m.abs(x);
  Value isZero = m.equalI(by.mantissa, m.i(0));
  Value modulus = m.select(isZero, m.i(1), by.mantissa);
  Value shift = m.subI(of.exponent, by.exponent);
  Value isSmaller = m.compareI(arith::CmpIPredicate::slt, shift, m.i(0));
  Value isDefined = m.both(m.less(magnitude, infinity), m.opposite(isZero));
  isDefined = m.both(isDefined, m.equal(y, y));
  // No division where there is nothing to divide, whatever the exponents say.
  shift = m.select(m.either(isSmaller, m.opposite(isDefined)), m.i(0), shift);
  Value rest = longRemainder(m, of.mantissa, shift, modulus);
  Value unit = m.subI(by.exponent, m.i(m.bias + int64_t(m.mantissaBits)));
  Value result = m.withSign(m.scale(m.toFloat(rest), unit), x);
  // A smaller number, and any number by infinity, is its own remainder.
  Value isAll = m.either(isSmaller, m.less(magnitude, m.abs(y)));
  result = m.select(isAll, x, result);
  return m.select(isDefined, result, m.nan());
}

Value emitQuotient(ImplicitLocOpBuilder &b, Value x, Value y, bool isUnsigned) {
  auto constant = [&](int32_t value) -> Value {
    return b.create<arith::ConstantOp>(b.getI32IntegerAttr(value));
  };
  auto equals = [&](Value value, Value other) -> Value {
    return b.create<arith::CmpIOp>(arith::CmpIPredicate::eq, value, other);
  };
  auto select = [&](Value condition, Value a, Value c) -> Value {
    return b.create<arith::SelectOp>(condition, a, c);
  };
  Value zero = constant(0), one = constant(1);
  Value isZero = equals(y, zero);
  Value safe = select(isZero, one, y);
  if (isUnsigned)
    return select(isZero, zero, b.create<arith::DivUIOp>(x, safe));
  Value isMinusOne = equals(y, constant(-1));
  safe = select(isMinusOne, one, safe);
  Value quotient = b.create<arith::DivSIOp>(x, safe);
  Value negated = b.create<arith::SubIOp>(zero, x);
  quotient = select(isMinusOne, negated, quotient);
  return select(isZero, zero, quotient);
}

// By the quotient: SPIR-V for Vulkan leaves its own remainder of negative
// numbers undefined.
Value emitIntegerRemainder(ImplicitLocOpBuilder &b, Value x, Value y,
                           bool isUnsigned) {
  Value product = b.create<arith::MulIOp>(emitQuotient(b, x, y, isUnsigned), y);
  Value rest = b.create<arith::SubIOp>(x, product);
  Value zero = b.create<arith::ConstantOp>(b.getI32IntegerAttr(0));
  Value isZero = b.create<arith::CmpIOp>(arith::CmpIPredicate::eq, y, zero);
  return b.create<arith::SelectOp>(isZero, zero, rest);
}

} // namespace descent::codegen
