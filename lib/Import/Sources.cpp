// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops without operands: constants, positions, random bits, and what the runtime
// says about the run.

#include "GraphBuilder.h"

using namespace mlir;

namespace descent::import {

using Values = SmallVector<Value>;

static Values buildIota(const Use &use) {
  OpBuilder &b = use.b;
  return {b.create<IotaOp>(
      use.loc, tensorType(use.resultShape(), b.getI32Type()),
      b.getI64IntegerAttr(use.axis("axis", use.node.type().rank())))};
}

static Values buildFull(const Use &use) {
  const model::AttrValue &value = use.attributes().get("value");
  double number = 0;
  if (auto *x = std::get_if<double>(&value))
    number = *x;
  else if (auto *x = std::get_if<int64_t>(&value))
    number = *x;
  else if (auto *x = std::get_if<bool>(&value))
    number = *x;
  return {
      use.constant(convertType(use.b.getContext(), use.node.type()), number)};
}

/// Random bits of an element depend on the seed, the step, the op (by its
/// `stream`) and the element's position; in a loop, on the iteration too.
static Values buildRandomBits(const Use &use) {
  OpBuilder &b = use.b;
  ArrayRef<int64_t> shape = use.resultShape();
  auto integers = tensorType(shape, b.getI32Type());
  auto word = [&](ControlWord name) {
    return broadcastScalar(b, use.loc, use.scope.control(use.loc, name), shape);
  };
  Value seedLow = word(ControlWord::seed_lo);
  Value seedHigh = word(ControlWord::seed_hi);
  Value step = word(ControlWord::step);
  Value index = b.create<IotaOp>(use.loc, integers, IntegerAttr());
  if (Value iteration = use.scope.iteration(use.loc)) {
    Value size =
        use.constant(iteration.getType(), use.node.type().numElements());
    Value before = b.create<MulOp>(use.loc, iteration, size);
    index = b.create<AddOp>(
        use.loc, integers,
        ValueRange{broadcastScalar(b, use.loc, before, shape), index});
  }
  return {b.create<PhiloxOp>(
      use.loc, integers, seedLow, seedHigh, step, index,
      b.getI32IntegerAttr(use.attributes().integer("stream")))};
}

static Values buildStep(const Use &use) {
  return {use.scope.control(use.loc, ControlWord::step)};
}

static Values buildValidRows(const Use &use) {
  if (!use.graph.getModel().batch)
    return {use.constant(tensorType({}, use.b.getF32Type()), 1)};
  return {castTo(use.b, use.loc, use.scope.control(use.loc, ControlWord::valid),
                 use.b.getF32Type())};
}

void addSourceBuilders(BuilderTable &table) {
  table.ops["iota"] = buildIota;
  table.ops["full"] = buildFull;
  table.ops["random_bits"] = buildRandomBits;
  table.ops["step"] = buildStep;
  table.ops["valid_rows"] = buildValidRows;
}

} // namespace descent::import
