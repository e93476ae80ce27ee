// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar `descent` operations as arith and math operations; see ScalarOps.h.

#include "descent/Codegen/ScalarOps.h"
#include "FloatMath.h"
#include "descent/Codegen/ElementTypes.h"
#include "descent/Dialect/Descent/Descent.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace descent::codegen {

static Value constant(ImplicitLocOpBuilder &b, uint32_t bits) {
  return b.create<arith::ConstantOp>(
      b.getI32IntegerAttr(llvm::bit_cast<int32_t>(bits)));
}

static bool isUnsigned(Value value) {
  return value.getType().isUnsignedInteger();
}

static Value emitCompare(ImplicitLocOpBuilder &b, CompareOp op, Value lhs,
                         Value rhs) {
  using arith::CmpFPredicate;
  using arith::CmpIPredicate;
  static constexpr CmpFPredicate floats[] = {
      CmpFPredicate::OEQ, CmpFPredicate::UNE, CmpFPredicate::OLT,
      CmpFPredicate::OLE, CmpFPredicate::OGT, CmpFPredicate::OGE};
  static constexpr CmpIPredicate integers[] = {
      CmpIPredicate::eq,  CmpIPredicate::ne,  CmpIPredicate::slt,
      CmpIPredicate::sle, CmpIPredicate::sgt, CmpIPredicate::sge};
  static constexpr CmpIPredicate naturals[] = {
      CmpIPredicate::eq,  CmpIPredicate::ne,  CmpIPredicate::ult,
      CmpIPredicate::ule, CmpIPredicate::ugt, CmpIPredicate::uge};
  auto predicate = unsigned(op.getPredicate());
  if (isa<FloatType>(lhs.getType()))
    return b.create<arith::CmpFOp>(floats[predicate], lhs, rhs);
  return b.create<arith::CmpIOp>(isUnsigned(op.getLhs()) ? naturals[predicate]
                                                         : integers[predicate],
                                 lhs, rhs);
}

/// A float to an integer: what does not fit becomes the nearest integer that
/// does, NaN becomes 0.
static Value emitToInteger(ImplicitLocOpBuilder &b, Value x, bool toUnsigned) {
  FloatMath m(b, x);
  Type type = b.getI32Type();
  Value low = m.f(toUnsigned ? 0 : -0x1p31),
        high = m.f(toUnsigned ? 0x1p32 : 0x1p31);
  Value fits = m.both(m.less(low, x), m.less(x, high));
  Value safe = m.select(fits, x, m.f(0));
  Value number = toUnsigned ? b.create<arith::FPToUIOp>(type, safe).getResult()
                            : b.create<arith::FPToSIOp>(type, safe).getResult();
  Value lowest = constant(b, toUnsigned ? 0u : 0x80000000u);
  Value highest = constant(b, toUnsigned ? 0xffffffffu : 0x7fffffffu);
  Value isHigh = m.opposite(m.less(x, high)),
        isLow = m.opposite(m.less(low, x));
  number = m.select(isHigh, highest, number);
  number = m.select(isLow, lowest, number);
  return m.select(m.equal(x, x), number, constant(b, 0u));
}

static Value emitToFloat(ImplicitLocOpBuilder &b, Value x, Type from, Type to) {
  if (isa<FloatType>(from))
    return from.getIntOrFloatBitWidth() < to.getIntOrFloatBitWidth()
               ? b.create<arith::ExtFOp>(to, x).getResult()
               : b.create<arith::TruncFOp>(to, x).getResult();
  if (from.isInteger(1)) {
    Value one = b.create<arith::ConstantOp>(b.getFloatAttr(to, 1)),
          zero = b.create<arith::ConstantOp>(b.getFloatAttr(to, 0));
    return b.create<arith::SelectOp>(x, one, zero);
  }
  if (from.isUnsignedInteger())
    return b.create<arith::UIToFPOp>(to, x);
  return b.create<arith::SIToFPOp>(to, x);
}

static Value emitCast(ImplicitLocOpBuilder &b, CastOp op, Value x) {
  Type from = op.getOperand().getType(), to = op.getResult().getType();
  auto isNarrow = [](Type type) { return type.isF16() || type.isBF16(); };
  if (from == to)
    return x;
  if (isNarrow(from)) {
    x = widen(b, x, from);
    from = x.getType();
  }
  if (isNarrow(to)) {
    Type single = b.getF32Type();
    return narrow(b, from == single ? x : emitToFloat(b, x, from, single), to);
  }
  if (from == to)
    return x;
  if (isa<FloatType>(to))
    return emitToFloat(b, x, from, to);
  if (isa<FloatType>(from))
    return emitToInteger(b, x, to.isUnsignedInteger());
  if (from.isInteger(1))
    return b.create<arith::SelectOp>(x, constant(b, 1u), constant(b, 0u));
  return x; // i32 and ui32 are the same bits
}

/// The larger or the smaller operand: `lhs` if it is that or NaN, else `rhs`,
/// which then is that or NaN.
static Value emitExtremum(ImplicitLocOpBuilder &b,
                          arith::CmpFPredicate predicate, Value lhs,
                          Value rhs) {
  Value wins = b.create<arith::CmpFOp>(predicate, lhs, rhs);
  Value takes = b.create<arith::OrIOp>(wins, emitIsNan(b, lhs));
  return b.create<arith::SelectOp>(takes, lhs, rhs);
}

static Value emitIntegerExtremum(ImplicitLocOpBuilder &b, bool largest,
                                 bool isUnsigned, Value lhs, Value rhs) {
  using arith::CmpIPredicate;
  CmpIPredicate predicate =
      largest ? (isUnsigned ? CmpIPredicate::ugt : CmpIPredicate::sgt)
              : (isUnsigned ? CmpIPredicate::ult : CmpIPredicate::slt);
  return b.create<arith::SelectOp>(b.create<arith::CmpIOp>(predicate, lhs, rhs),
                                   lhs, rhs);
}

/// One operation of two floats or of two integers.
template <typename FloatOp, typename IntegerOp>
static Value emitEither(ImplicitLocOpBuilder &b, Value lhs, Value rhs) {
  if (isa<FloatType>(lhs.getType()))
    return b.create<FloatOp>(lhs, rhs);
  return b.create<IntegerOp>(lhs, rhs);
}

/// The first word of Philox4x32-10 for counter (index, step, stream, 0),
/// without its sign bit. Multipliers and key increments are those of Salmon et
/// al. 2011.
static Value emitPhilox(ImplicitLocOpBuilder &b, ValueRange operands,
                        uint32_t stream) {
  Value key0 = operands[0], key1 = operands[1];
  Value c0 = operands[3], c1 = operands[2], c2 = constant(b, stream),
        c3 = constant(b, 0u);
  for (unsigned round = 0; round < 10; ++round) {
    if (round > 0) {
      key0 = b.create<arith::AddIOp>(key0, constant(b, 0x9E3779B9u));
      key1 = b.create<arith::AddIOp>(key1, constant(b, 0xBB67AE85u));
    }
    auto product0 =
        b.create<arith::MulUIExtendedOp>(c0, constant(b, 0xD2511F53u));
    auto product1 =
        b.create<arith::MulUIExtendedOp>(c2, constant(b, 0xCD9E8D57u));
    c0 = b.create<arith::XOrIOp>(
        b.create<arith::XOrIOp>(product1.getHigh(), c1), key0);
    c2 = b.create<arith::XOrIOp>(
        b.create<arith::XOrIOp>(product0.getHigh(), c3), key1);
    c1 = product1.getLow();
    c3 = product0.getLow();
  }
  return b.create<arith::AndIOp>(c0, constant(b, 0x7fffffffu));
}

Value emitIsNan(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  Value magnitude = m.andI(m.bits(x), m.subI(m.signBit(), m.i(1)));
  return m.compareI(arith::CmpIPredicate::ugt, magnitude,
                    m.bits(m.f(FloatMath::infinity)));
}

static Value emitIsFinite(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  Value mask = m.bits(m.f(FloatMath::infinity));
  Value exponent = m.andI(m.bits(x), mask);
  return m.compareI(arith::CmpIPredicate::ne, exponent, mask);
}

static Value emitLeakyRelu(ImplicitLocOpBuilder &b, LeakyReluOp op, Value x) {
  FloatMath m(b, x);
  // Not slope * x where the slope is 0: that is NaN at -inf.
  Value zero = m.f(0);
  Value below = op.getSlope().isZero()
                    ? zero
                    : m.mul(m.f(op.getSlope().convertToDouble()), x);
  return b.create<arith::SelectOp>(
      b.create<arith::CmpFOp>(arith::CmpFPredicate::OLE, x, zero), below, x);
}

/// A shift by the last five bits of a number.
template <typename OpTy>
static Value emitShift(ImplicitLocOpBuilder &b, Value x, Value by) {
  return b.create<OpTy>(x, b.create<arith::AndIOp>(by, constant(b, 31u)));
}

Value emitScalarOp(ImplicitLocOpBuilder &b, Operation &op, ValueRange v) {
  bool natural = isUnsigned(op.getResult(0));
  return TypeSwitch<Operation *, Value>(&op)
      .Case([&](ConstantOp o) {
        return b.create<arith::ConstantOp>(registerConstant(o.getValue()));
      })
      .Case([&](NegOp) { return b.create<arith::NegFOp>(v[0]); })
      .Case([&](AbsOp) { return b.create<math::AbsFOp>(v[0]); })
      .Case([&](ExpOp) { return emitExp(b, v[0]); })
      .Case([&](Expm1Op) { return emitExpm1(b, v[0]); })
      .Case([&](LogOp) { return emitLog(b, v[0]); })
      .Case([&](Log1pOp) { return emitLog1p(b, v[0]); })
      .Case([&](SqrtOp) { return b.create<math::SqrtOp>(v[0]); })
      .Case([&](SinOp) { return emitSin(b, v[0]); })
      .Case([&](CosOp) { return emitCos(b, v[0]); })
      .Case([&](AtanOp) { return emitAtan(b, v[0]); })
      .Case([&](ErfOp) { return emitErf(b, v[0]); })
      .Case([&](FloorOp) { return b.create<math::FloorOp>(v[0]); })
      .Case([&](CeilOp) { return b.create<math::CeilOp>(v[0]); })
      .Case([&](RoundOp) { return b.create<math::RoundEvenOp>(v[0]); })
      .Case([&](TanhOp) { return emitTanh(b, v[0]); })
      .Case([&](SigmoidOp) { return emitSigmoid(b, v[0]); })
      .Case([&](LeakyReluOp o) { return emitLeakyRelu(b, o, v[0]); })
      .Case([&](AddOp) {
        Value sum = v[0];
        for (Value value : v.drop_front())
          sum = emitEither<arith::AddFOp, arith::AddIOp>(b, sum, value);
        return sum;
      })
      .Case([&](SubOp) {
        return emitEither<arith::SubFOp, arith::SubIOp>(b, v[0], v[1]);
      })
      .Case([&](MulOp) {
        return emitEither<arith::MulFOp, arith::MulIOp>(b, v[0], v[1]);
      })
      .Case([&](DivOp) -> Value {
        if (isa<FloatType>(v[0].getType()))
          return b.create<arith::DivFOp>(v[0], v[1]);
        return emitQuotient(b, v[0], v[1], natural);
      })
      .Case([&](RemOp) {
        return isa<FloatType>(v[0].getType())
                   ? emitFloatRemainder(b, v[0], v[1])
                   : emitIntegerRemainder(b, v[0], v[1], natural);
      })
      .Case([&](PowOp) { return emitPow(b, v[0], v[1]); })
      .Case([&](MaximumOp) {
        return isa<FloatType>(v[0].getType())
                   ? emitExtremum(b, arith::CmpFPredicate::OGT, v[0], v[1])
                   : emitIntegerExtremum(b, /*largest=*/true, natural, v[0],
                                         v[1]);
      })
      .Case([&](MinimumOp) {
        return isa<FloatType>(v[0].getType())
                   ? emitExtremum(b, arith::CmpFPredicate::OLT, v[0], v[1])
                   : emitIntegerExtremum(b, /*largest=*/false, natural, v[0],
                                         v[1]);
      })
      .Case([&](AndOp) { return b.create<arith::AndIOp>(v[0], v[1]); })
      .Case([&](OrOp) { return b.create<arith::OrIOp>(v[0], v[1]); })
      .Case([&](XorOp) { return b.create<arith::XOrIOp>(v[0], v[1]); })
      .Case([&](ShlOp) { return emitShift<arith::ShLIOp>(b, v[0], v[1]); })
      .Case([&](ShrOp) {
        return natural ? emitShift<arith::ShRUIOp>(b, v[0], v[1])
                       : emitShift<arith::ShRSIOp>(b, v[0], v[1]);
      })
      .Case([&](CompareOp o) { return emitCompare(b, o, v[0], v[1]); })
      .Case(
          [&](SelectOp) { return b.create<arith::SelectOp>(v[0], v[1], v[2]); })
      .Case([&](CastOp o) { return emitCast(b, o, v[0]); })
      .Case([&](IsFiniteOp) { return emitIsFinite(b, v[0]); })
      .Case([&](PhiloxOp o) { return emitPhilox(b, v, o.getStream()); })
      .Default([](Operation *unknown) -> Value {
        llvm::report_fatal_error(
            "code generation does not know the scalar operation " +
            unknown->getName().getStringRef());
      });
}

} // namespace descent::codegen
