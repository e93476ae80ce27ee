// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Activations, sums, and dropout.

#include "Builders.h"

using namespace mlir;

namespace descent::import {

template <typename Op> static Value buildUnary(const Use &use) {
  return use.b.create<Op>(use.loc, use.operands[0]);
}

/// x where x > 0, slope x elsewhere. The operation takes slopes in [0, 1),
/// since its derivative looks at the sign of its result.
static Value buildLeakyRelu(const Use &use, double slope) {
  OpBuilder &b = use.b;
  Value x = use.operands[0];
  if (slope >= 0 && slope < 1)
    return b.create<LeakyReluOp>(use.loc, x.getType(), x,
                                 b.getF32FloatAttr(slope));
  Value zero = constantLike(b, use.loc, x.getType(), 0);
  Value isPositive = b.create<CompareOp>(use.loc, Predicate::gt, x, zero);
  Value scaled =
      b.create<MulOp>(use.loc, x, constantLike(b, use.loc, x.getType(), slope));
  return b.create<SelectOp>(use.loc, isPositive, x, scaled);
}

static Value buildAdd(const Use &use) {
  return use.b.create<AddOp>(use.loc, use.operands[0].getType(), use.operands);
}

static Value buildSoftmax(const Use &use) {
  return use.b.create<SoftmaxOp>(use.loc, use.operands[0],
                                 use.attributes().integer("axis"));
}

/// Keeps each element with probability 1 - p and scales it by 1 / (1 - p), in
/// training only. An element is kept if its 31 random bits, as an integer, are
/// at least p 2^31.
static Value buildDropout(const Use &use) {
  OpBuilder &b = use.b;
  Value x = use.operands[0];
  double p = use.attributes().number("p");
  if (!use.training || p == 0)
    return x;
  ArrayRef<int64_t> shape = shapeOf(x);
  auto integers = tensorType(shape, b.getI32Type());
  auto word = [&](ControlWord name) {
    Value scalar =
        b.create<ControlOp>(use.loc, tensorType({}, b.getI32Type()), name);
    return broadcastScalar(b, use.loc, scalar, shape);
  };
  Value seedLow = word(ControlWord::seed_lo);
  Value seedHigh = word(ControlWord::seed_hi);
  Value step = word(ControlWord::step);
  Value index = b.create<IotaOp>(use.loc, integers, IntegerAttr());
  Value bits = b.create<PhiloxOp>(use.loc, integers, seedLow, seedHigh, step,
                                  index, b.getI32IntegerAttr(use.stream));
  double threshold =
      std::min(std::round(p * 0x1p31), 0x1p31 - 1); // fits an i32
  Value keep =
      b.create<CompareOp>(use.loc, Predicate::ge, bits,
                          constantLike(b, use.loc, integers, threshold));
  Value scaled = b.create<MulOp>(
      use.loc, x, constantLike(b, use.loc, x.getType(), 1 / (1 - p)));
  return b.create<SelectOp>(use.loc, keep, scaled,
                            constantLike(b, use.loc, x.getType(), 0));
}

void addElementwiseBuilders(BuilderTable &table) {
  table.layers["tanh"] = buildUnary<TanhOp>;
  table.layers["sigmoid"] = buildUnary<SigmoidOp>;
  table.layers["sin"] = buildUnary<SinOp>;
  table.layers["relu"] = [](const Use &use) { return buildLeakyRelu(use, 0); };
  table.layers["leaky_relu"] = [](const Use &use) {
    return buildLeakyRelu(use, use.attributes().number("slope"));
  };
  table.layers["add"] = buildAdd;
  table.layers["softmax"] = buildSoftmax;
  table.layers["dropout"] = buildDropout;
}

} // namespace descent::import
