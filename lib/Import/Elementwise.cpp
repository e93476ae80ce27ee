// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elementwise ops. Operands are cast to what the op computes in and broadcast
// to the result's shape.

#include "Builders.h"

using namespace mlir;

namespace descent::import {

using Values = SmallVector<Value>;

template <typename Op> static Values buildUnary(const Use &use) {
  return {use.b.create<Op>(use.loc, use.operand(0, use.resultElement()))};
}

static Value negate(const Use &use, Value x) {
  if (isa<FloatType>(elementOf(x)))
    return use.b.create<NegOp>(use.loc, x);
  return use.b.create<SubOp>(use.loc, use.constant(x.getType(), 0), x);
}

static Values buildNeg(const Use &use) {
  return {negate(use, use.operand(0, use.resultElement()))};
}

static Values buildAbs(const Use &use) {
  Value x = use.operand(0, use.resultElement());
  if (isa<FloatType>(elementOf(x)))
    return {use.b.create<AbsOp>(use.loc, x)};
  if (elementOf(x).isUnsignedInteger())
    return {x};
  return {use.b.create<MaximumOp>(use.loc, x, negate(use, x))};
}

/// x where x > 0, slope x elsewhere. The operation takes slopes in [0, 1),
/// since its derivative looks at the sign of its result.
static Values buildLeakyRelu(const Use &use) {
  OpBuilder &b = use.b;
  Value x = use.operand(0, use.resultElement());
  double slope = use.attributes().number("slope");
  if (slope >= 0 && slope < 1)
    return {b.create<LeakyReluOp>(use.loc, x.getType(), x,
                                  b.getF32FloatAttr(slope))};
  Value isPositive = b.create<CompareOp>(use.loc, Predicate::gt, x,
                                         use.constant(x.getType(), 0));
  Value scaled = b.create<MulOp>(use.loc, x, use.constant(x.getType(), slope));
  return {b.create<SelectOp>(use.loc, isPositive, x, scaled)};
}

static Values buildIsFinite(const Use &use) {
  Type element = arithmeticType(use.b.getContext(), use.operandTypes[0]->dtype);
  return {use.b.create<IsFiniteOp>(
      use.loc, tensorType(use.resultShape(), use.b.getI1Type()),
      use.operand(0, element))};
}

//===----------------------------------------------------------------------===//
// Of several operands
//===----------------------------------------------------------------------===//

static Values buildAdd(const Use &use) {
  Values operands;
  for (size_t i = 0; i < use.operands.size(); ++i)
    operands.push_back(use.operand(i, use.resultElement(), use.resultShape()));
  return {use.b.create<AddOp>(use.loc, operands[0].getType(), operands)};
}

template <typename Op> static Values buildBinary(const Use &use) {
  Value lhs = use.operand(0, use.resultElement(), use.resultShape());
  Value rhs = use.operand(1, use.resultElement(), use.resultShape());
  return {use.b.create<Op>(use.loc, lhs, rhs)};
}

template <Predicate predicate> static Values buildCompare(const Use &use) {
  Type element = commonType(use.b.getContext(), use.operandTypes);
  return {use.b.create<CompareOp>(use.loc, predicate,
                                  use.operand(0, element, use.resultShape()),
                                  use.operand(1, element, use.resultShape()))};
}

/// Bits are combined in the result's own type: truth values stay such.
template <typename Op> static Values buildBitwise(const Use &use) {
  Type element = elementType(use.b.getContext(), use.node.type().dtype);
  Value lhs = use.operand(0, element, use.resultShape());
  Value rhs = use.operand(1, element, use.resultShape());
  return {use.b.create<Op>(use.loc, lhs, rhs)};
}

static Value invert(const Use &use, Value x) {
  Type type = x.getType();
  double ones = elementOf(x).isInteger(1)          ? 1
                : elementOf(x).isUnsignedInteger() ? 0x1p32 - 1
                                                   : -1;
  return use.b.create<XorOp>(use.loc, x, use.constant(type, ones));
}

static Values buildBitNot(const Use &use) {
  Type element = elementType(use.b.getContext(), use.node.type().dtype);
  return {invert(use, use.operand(0, element))};
}

static Values buildWhere(const Use &use) {
  OpBuilder &b = use.b;
  ArrayRef<int64_t> shape = use.resultShape();
  Value condition = use.operand(0, b.getI1Type(), shape);
  if (use.node.type().dtype != model::DType::Bool)
    return {b.create<SelectOp>(use.loc, condition,
                               use.operand(1, use.resultElement(), shape),
                               use.operand(2, use.resultElement(), shape))};
  // Truth values are chosen by logic.
  Value first =
      b.create<AndOp>(use.loc, condition, use.operand(1, b.getI1Type(), shape));
  Value second = b.create<AndOp>(use.loc, invert(use, condition),
                                 use.operand(2, b.getI1Type(), shape));
  return {b.create<OrOp>(use.loc, first, second)};
}

/// The graph casts every result to the type that the model gives it.
static Values buildCast(const Use &use) { return {use.operands[0]}; }

void addElementwiseBuilders(BuilderTable &table) {
  auto &ops = table.ops;
  ops["neg"] = buildNeg;
  ops["abs"] = buildAbs;
  ops["exp"] = buildUnary<ExpOp>;
  ops["expm1"] = buildUnary<Expm1Op>;
  ops["log"] = buildUnary<LogOp>;
  ops["log1p"] = buildUnary<Log1pOp>;
  ops["sqrt"] = buildUnary<SqrtOp>;
  ops["sin"] = buildUnary<SinOp>;
  ops["cos"] = buildUnary<CosOp>;
  ops["tanh"] = buildUnary<TanhOp>;
  ops["sigmoid"] = buildUnary<SigmoidOp>;
  ops["atan"] = buildUnary<AtanOp>;
  ops["erf"] = buildUnary<ErfOp>;
  ops["floor"] = buildUnary<FloorOp>;
  ops["ceil"] = buildUnary<CeilOp>;
  ops["round"] = buildUnary<RoundOp>;
  ops["leaky_relu"] = buildLeakyRelu;
  ops["is_finite"] = buildIsFinite;
  ops["add"] = buildAdd;
  ops["sub"] = buildBinary<SubOp>;
  ops["mul"] = buildBinary<MulOp>;
  ops["div"] = buildBinary<DivOp>;
  ops["rem"] = buildBinary<RemOp>;
  ops["pow"] = buildBinary<PowOp>;
  ops["maximum"] = buildBinary<MaximumOp>;
  ops["minimum"] = buildBinary<MinimumOp>;
  ops["equal"] = buildCompare<Predicate::eq>;
  ops["not_equal"] = buildCompare<Predicate::ne>;
  ops["less"] = buildCompare<Predicate::lt>;
  ops["less_equal"] = buildCompare<Predicate::le>;
  ops["greater"] = buildCompare<Predicate::gt>;
  ops["greater_equal"] = buildCompare<Predicate::ge>;
  ops["bit_and"] = buildBitwise<AndOp>;
  ops["bit_or"] = buildBitwise<OrOp>;
  ops["bit_xor"] = buildBitwise<XorOp>;
  ops["bit_not"] = buildBitNot;
  ops["shift_left"] = buildBitwise<ShlOp>;
  ops["shift_right"] = buildBitwise<ShrOp>;
  ops["where"] = buildWhere;
  ops["cast"] = buildCast;
}

} // namespace descent::import
