// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar `descent` operations as arith and math operations; see ScalarOps.h.

#include "descent/Codegen/ScalarOps.h"
#include "descent/Dialect/Descent/Descent.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace descent::codegen {

static Value constant(ImplicitLocOpBuilder &b, float value) {
  return b.create<arith::ConstantOp>(b.getF32FloatAttr(value));
}

static Value constant(ImplicitLocOpBuilder &b, uint32_t bits) {
  return b.create<arith::ConstantOp>(
      b.getI32IntegerAttr(llvm::bit_cast<int32_t>(bits)));
}

static Value emitCompare(ImplicitLocOpBuilder &b, Predicate predicate,
                         Value lhs, Value rhs) {
  static constexpr arith::CmpFPredicate floats[] = {
      arith::CmpFPredicate::OEQ, arith::CmpFPredicate::UNE,
      arith::CmpFPredicate::OLT, arith::CmpFPredicate::OLE,
      arith::CmpFPredicate::OGT, arith::CmpFPredicate::OGE};
  static constexpr arith::CmpIPredicate integers[] = {
      arith::CmpIPredicate::eq,  arith::CmpIPredicate::ne,
      arith::CmpIPredicate::slt, arith::CmpIPredicate::sle,
      arith::CmpIPredicate::sgt, arith::CmpIPredicate::sge};
  if (lhs.getType().isF32())
    return b.create<arith::CmpFOp>(floats[unsigned(predicate)], lhs, rhs);
  return b.create<arith::CmpIOp>(integers[unsigned(predicate)], lhs, rhs);
}

static Value emitCast(ImplicitLocOpBuilder &b, Value x, Type type) {
  if (x.getType() == type)
    return x;
  if (x.getType().isF32())
    return b.create<arith::FPToSIOp>(type, x);
  if (x.getType().isInteger(1)) {
    bool toFloat = type.isF32();
    Value one = toFloat ? constant(b, 1.0f) : constant(b, 1u),
          zero = toFloat ? constant(b, 0.0f) : constant(b, 0u);
    return b.create<arith::SelectOp>(x, one, zero);
  }
  return b.create<arith::SIToFPOp>(type, x);
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

Value emitScalarOp(ImplicitLocOpBuilder &b, Operation &op, ValueRange v) {
  return TypeSwitch<Operation *, Value>(&op)
      .Case([&](ConstantOp o) {
        return b.create<arith::ConstantOp>(o.getValue());
      })
      .Case([&](NegOp) { return b.create<arith::NegFOp>(v[0]); })
      .Case([&](AbsOp) { return b.create<math::AbsFOp>(v[0]); })
      .Case([&](ExpOp) { return b.create<math::ExpOp>(v[0]); })
      .Case([&](LogOp) { return emitLog(b, v[0]); })
      .Case([&](SqrtOp) { return b.create<math::SqrtOp>(v[0]); })
      .Case([&](SinOp) { return b.create<math::SinOp>(v[0]); })
      .Case([&](CosOp) { return b.create<math::CosOp>(v[0]); })
      .Case([&](TanhOp) { return emitTanh(b, v[0]); })
      .Case([&](SigmoidOp) {
        Value power = b.create<math::ExpOp>(b.create<arith::NegFOp>(v[0]));
        Value one = constant(b, 1.0f);
        return b.create<arith::DivFOp>(one,
                                       b.create<arith::AddFOp>(power, one));
      })
      .Case([&](LeakyReluOp o) {
        // Not slope * x where the slope is 0: that is NaN at -inf.
        Value zero = constant(b, 0.0f);
        Value below =
            o.getSlope().isZero()
                ? zero
                : b.create<arith::MulFOp>(
                      b.create<arith::ConstantOp>(o.getSlopeAttr()), v[0]);
        return b.create<arith::SelectOp>(
            b.create<arith::CmpFOp>(arith::CmpFPredicate::OLE, v[0], zero),
            below, v[0]);
      })
      .Case([&](AddOp) {
        Value sum = v[0];
        for (Value value : v.drop_front())
          sum = sum.getType().isF32()
                    ? b.create<arith::AddFOp>(sum, value).getResult()
                    : b.create<arith::AddIOp>(sum, value).getResult();
        return sum;
      })
      .Case([&](SubOp) -> Value {
        if (v[0].getType().isF32())
          return b.create<arith::SubFOp>(v[0], v[1]);
        return b.create<arith::SubIOp>(v[0], v[1]);
      })
      .Case([&](MulOp) -> Value {
        if (v[0].getType().isF32())
          return b.create<arith::MulFOp>(v[0], v[1]);
        return b.create<arith::MulIOp>(v[0], v[1]);
      })
      .Case([&](DivOp) { return b.create<arith::DivFOp>(v[0], v[1]); })
      .Case([&](MaximumOp) {
        return emitExtremum(b, arith::CmpFPredicate::OGT, v[0], v[1]);
      })
      .Case([&](MinimumOp) {
        return emitExtremum(b, arith::CmpFPredicate::OLT, v[0], v[1]);
      })
      .Case([&](AndOp) { return b.create<arith::AndIOp>(v[0], v[1]); })
      .Case([&](CompareOp o) {
        return emitCompare(b, o.getPredicate(), v[0], v[1]);
      })
      .Case(
          [&](SelectOp) { return b.create<arith::SelectOp>(v[0], v[1], v[2]); })
      .Case(
          [&](CastOp o) { return emitCast(b, v[0], o.getResult().getType()); })
      .Case([&](IsFiniteOp) {
        Value bits = b.create<arith::BitcastOp>(b.getI32Type(), v[0]);
        Value mask = constant(b, 0x7f800000u);
        Value exponent = b.create<arith::AndIOp>(bits, mask);
        return b.create<arith::CmpIOp>(arith::CmpIPredicate::ne, exponent,
                                       mask);
      })
      .Case([&](PhiloxOp o) { return emitPhilox(b, v, o.getStream()); })
      .Default([](Operation *unknown) -> Value {
        llvm::report_fatal_error(
            "code generation does not know the scalar operation " +
            unknown->getName().getStringRef());
      });
}

} // namespace descent::codegen
