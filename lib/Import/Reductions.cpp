// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions over axes. Along the batch only the rows count that are valid: the
// others are replaced by what changes nothing.

#include "Builders.h"
#include <limits>

using namespace mlir;

namespace descent::import {

using Values = SmallVector<Value>;

/// The axes that a reduction takes away; all if none are named.
static SmallVector<int64_t> reducedAxes(const Use &use) {
  int64_t rank = use.operandTypes[0]->rank();
  SmallVector<int64_t> axes = use.axes("axes", rank);
  return axes.empty() ? dimsExcept(rank, {}) : axes;
}

/// The batch axis of the operand, if it is among `axes`; else -1.
static int reducedBatchAxis(const Use &use, ArrayRef<int64_t> axes) {
  int axis = use.operandTypes[0]->batchAxis;
  return llvm::is_contained(axes, axis) ? axis : -1;
}

/// What is no larger than any other value.
static double lowest(Type element) {
  if (isa<FloatType>(element))
    return -std::numeric_limits<double>::infinity();
  return element.isUnsignedInteger() ? 0 : -0x1p31;
}

template <typename Op>
static Values buildReduction(const Use &use, double fill) {
  SmallVector<int64_t> axes = reducedAxes(use);
  Value x = use.maskRows(use.operand(0, use.resultElement()),
                         reducedBatchAxis(use, axes), fill);
  if (!axes.empty())
    x = use.b.create<Op>(use.loc, x, axes);
  return {reshapeTo(use.b, use.loc, x, use.resultShape())};
}

static Values buildSum(const Use &use) {
  return buildReduction<ReduceSumOp>(use, 0);
}
static Values buildProd(const Use &use) {
  return buildReduction<ReduceProdOp>(use, 1);
}
static Values buildAmax(const Use &use) {
  return buildReduction<ReduceMaxOp>(use, lowest(use.resultElement()));
}

/// How many elements are reduced: a constant, but for the batch.
static Values buildCount(const Use &use) {
  OpBuilder &b = use.b;
  SmallVector<int64_t> axes = reducedAxes(use);
  int batchAxis = reducedBatchAxis(use, axes);
  double others = 1;
  for (int64_t axis : axes)
    if (axis != batchAxis)
      others *= use.operandTypes[0]->shape[axis];
  auto scalar = tensorType({}, b.getF32Type());
  Value factor = use.constant(scalar, others);
  if (batchAxis < 0)
    return {factor};
  Value rows =
      castTo(b, use.loc, use.scope.control(use.loc, ControlWord::valid),
             b.getF32Type());
  if (others == 1)
    return {rows};
  return {b.create<MulOp>(use.loc, rows, factor)};
}

static Values buildMaxWithIndex(const Use &use) {
  SmallVector<int64_t> axes = reducedAxes(use);
  Value x = use.operand(0, use.resultElement());
  x = use.maskRows(x, reducedBatchAxis(use, axes), lowest(elementOf(x)));
  auto max = use.b.create<MaxWithIndexOp>(use.loc, x, axes);
  return {max.getValues(), max.getIndices()};
}

void addReductionBuilders(BuilderTable &table) {
  table.ops["sum"] = buildSum;
  table.ops["prod"] = buildProd;
  table.ops["amax"] = buildAmax;
  table.ops["count"] = buildCount;
  table.ops["max_with_index"] = buildMaxWithIndex;
}

} // namespace descent::import
