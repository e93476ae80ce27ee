// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The vector-Jacobian product of every differentiable elementwise operation, in
// the order of the ODS file, by PyTorch's rules. `ct` is the cotangent of the
// result.

#include "Derivatives.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace descent;

static Value timesSign(Arith a, Value ct, Value x) {
  Value zero = a.constant(x, 0);
  Value below = a.select(a.compare(Predicate::lt, x, zero), a.neg(ct), zero);
  return a.select(a.compare(Predicate::gt, x, zero), ct, below);
}

DESCENT_VJP(NegOp, (Arith{b, loc}.neg(ct)))
DESCENT_VJP(AbsOp, timesSign({b, loc}, ct, getOperand()))
DESCENT_VJP(ExpOp, (Arith{b, loc}.mul(ct, getResult())))
DESCENT_VJP(LogOp, (Arith{b, loc}.div(ct, getOperand())))
DESCENT_VJP(SqrtOp,
            (Arith{b, loc}.div(
                Arith{b, loc}.mul(ct, constantLike(b, loc, getType(), 0.5)),
                getResult())))
DESCENT_VJP(SinOp, (Arith{b, loc}.mul(ct, b.create<CosOp>(loc, getOperand()))))
DESCENT_VJP(CosOp, (Arith{b, loc}.neg(Arith{b, loc}.mul(
                       ct, b.create<SinOp>(loc, getOperand())))))
DESCENT_VJP(Expm1Op,
            (Arith{b, loc}.mul(ct, Arith{b, loc}.plusOne(getResult()))))
DESCENT_VJP(Log1pOp,
            (Arith{b, loc}.div(ct, Arith{b, loc}.plusOne(getOperand()))))
DESCENT_VJP(AtanOp,
            (Arith{b, loc}.div(ct, Arith{b, loc}.plusOne(Arith{b, loc}.mul(
                                       getOperand(), getOperand())))))

/// 2 / sqrt(pi) e^(-x^2)
static Value slopeOfErf(Arith a, Value x) {
  Value bell = a.b.create<ExpOp>(a.loc, a.neg(a.mul(x, x)));
  return a.mul(a.constant(x, 2 / std::sqrt(llvm::numbers::pi)), bell);
}

DESCENT_VJP(ErfOp, (Arith{b, loc}.mul(ct, slopeOfErf({b, loc}, getOperand()))))

// What is left null is zero.
void FloorOp::buildVJP(OpBuilder &, ValueRange, ArrayRef<bool>,
                       MutableArrayRef<Value>) {}
void CeilOp::buildVJP(OpBuilder &, ValueRange, ArrayRef<bool>,
                      MutableArrayRef<Value>) {}
void RoundOp::buildVJP(OpBuilder &, ValueRange, ArrayRef<bool>,
                       MutableArrayRef<Value>) {}
void StopGradientOp::buildVJP(OpBuilder &, ValueRange, ArrayRef<bool>,
                              MutableArrayRef<Value>) {}

DESCENT_VJP(TanhOp,
            (Arith{b, loc}.mul(ct, Arith{b, loc}.oneMinus(Arith{b, loc}.mul(
                                       getResult(), getResult())))))
DESCENT_VJP(SigmoidOp,
            (Arith{b, loc}.mul(
                ct, Arith{b, loc}.mul(getResult(),
                                      Arith{b, loc}.oneMinus(getResult())))))

void LeakyReluOp::buildVJP(OpBuilder &b, ValueRange cotangents, ArrayRef<bool>,
                           MutableArrayRef<Value> operandCotangents) {
  // Through the result, whose sign is the operand's where the slope is
  // positive, so that the operand need not be kept.
  Arith a{b, getLoc()};
  Value positive =
      a.compare(Predicate::gt, getResult(), a.constant(getResult(), 0));
  Value scaled = a.mul(cotangents[0],
                       a.constant(getResult(), getSlope().convertToDouble()));
  operandCotangents[0] = a.select(positive, cotangents[0], scaled);
}

void AddOp::buildVJP(OpBuilder &, ValueRange cotangents, ArrayRef<bool>,
                     MutableArrayRef<Value> operandCotangents) {
  std::fill(operandCotangents.begin(), operandCotangents.end(), cotangents[0]);
}

DESCENT_VJP2(SubOp, ct, (Arith{b, loc}.neg(ct)))
DESCENT_VJP2(MulOp, (Arith{b, loc}.mul(ct, getRhs())),
             (Arith{b, loc}.mul(ct, getLhs())))
DESCENT_VJP2(DivOp, (Arith{b, loc}.div(ct, getRhs())),
             (Arith{b, loc}.neg(Arith{b, loc}.div(
                 Arith{b, loc}.mul(ct, getResult()), getRhs()))))

/// x - y trunc(x / y) to y: minus the quotient, which (x - result) / y is but
/// for rounding.
static Value slopeOfRem(Arith a, Value x, Value y, Value result) {
  return a.neg(a.b.create<RoundOp>(a.loc, a.div(a.sub(x, result), y)));
}

DESCENT_VJP2(RemOp, ct,
             (Arith{b, loc}.mul(ct, slopeOfRem({b, loc}, getLhs(), getRhs(),
                                               getResult()))))

/// y x^(y - 1), and 0 where y is. There the power of a number near zero, which
/// overflows, is not taken, so that derivatives of this are finite too.
static Value slopeOfBase(Arith a, Value x, Value y) {
  Value one = a.constant(x, 1), zero = a.constant(x, 0);
  Value magnitude = a.b.create<AbsOp>(a.loc, x);
  Value powered = a.select(
      a.compare(Predicate::gt, magnitude, a.constant(x, 0x1p-126)), x, one);
  Value base = a.select(a.compare(Predicate::eq, y, zero), powered, x);
  return a.mul(y, a.b.create<PowOp>(a.loc, base, a.sub(y, one)));
}

/// x^y log x, and 0 where x is and y is not negative.
static Value slopeOfExponent(Arith a, Value x, Value y, Value result) {
  Value one = a.constant(x, 1), zero = a.constant(x, 0);
  Value flat = a.select(a.compare(Predicate::ge, y, zero), one, x);
  Value base = a.select(a.compare(Predicate::eq, x, zero), flat, x);
  return a.mul(result, a.b.create<LogOp>(a.loc, base));
}

DESCENT_VJP2(PowOp,
             (Arith{b, loc}.mul(ct, slopeOfBase({b, loc}, getLhs(), getRhs()))),
             (Arith{b, loc}.mul(ct, slopeOfExponent({b, loc}, getLhs(),
                                                    getRhs(), getResult()))))

/// The cotangent of `x` in the larger or smaller (by `predicate`) of x and y:
/// all, half for a tie, none.
static Value shareOfExtremum(Arith a, Predicate predicate, Value ct, Value x,
                             Value y) {
  Value zero = a.constant(x, 0), half = a.mul(ct, a.constant(x, 0.5));
  Value tied = a.select(a.compare(Predicate::eq, x, y), half, zero);
  return a.select(a.compare(predicate, x, y), ct, tied);
}

DESCENT_VJP2(MaximumOp,
             shareOfExtremum({b, loc}, Predicate::gt, ct, getLhs(), getRhs()),
             shareOfExtremum({b, loc}, Predicate::gt, ct, getRhs(), getLhs()))
DESCENT_VJP2(MinimumOp,
             shareOfExtremum({b, loc}, Predicate::lt, ct, getLhs(), getRhs()),
             shareOfExtremum({b, loc}, Predicate::lt, ct, getRhs(), getLhs()))

void SelectOp::buildVJP(OpBuilder &b, ValueRange cotangents,
                        ArrayRef<bool> wanted,
                        MutableArrayRef<Value> operandCotangents) {
  Arith a{b, getLoc()};
  Value ct = cotangents[0], zero = a.constant(ct, 0);
  if (wanted[1])
    operandCotangents[1] = a.select(getCondition(), ct, zero);
  if (wanted[2])
    operandCotangents[2] = a.select(getCondition(), zero, ct);
}

void CastOp::buildVJP(OpBuilder &b, ValueRange cotangents, ArrayRef<bool>,
                      MutableArrayRef<Value> operandCotangents) {
  // The cotangents of what is stored in 16 bits are f32: they are summed, and
  // sums are computed with no less.
  Type element = getElementTypeOrSelf(getOperand().getType());
  if (element.isF16() || element.isBF16())
    element = b.getF32Type();
  operandCotangents[0] = b.createOrFold<CastOp>(
      getLoc(), withElementType(getType(), element), cotangents[0]);
}
