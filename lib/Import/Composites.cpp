// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that are kept whole for their derivatives, and what derivatives are asked
// for with.

#include "Builders.h"

using namespace mlir;

namespace descent::import {

using Values = SmallVector<Value>;

static Values buildSoftmax(const Use &use) {
  return {use.b.create<SoftmaxOp>(use.loc, use.operand(0, use.resultElement()),
                                  use.axis("axis", use.node.type().rank()))};
}

/// Logits [N, C, d1, ...] and labels [N, d1, ...].
static Values buildCrossEntropyRows(const Use &use) {
  int64_t rank = use.operandTypes[0]->rank();
  SmallVector<int64_t> classesLast = dimsExcept(rank, {1});
  classesLast.push_back(1);
  Value logits =
      permute(use.b, use.loc, use.operand(0, use.resultElement()), classesLast);
  return {
      use.b.create<SoftmaxCrossEntropyOp>(use.loc, logits, use.operands[1])};
}

static Values buildStopGradient(const Use &use) {
  return {use.b.create<StopGradientOp>(use.loc, use.operands[0])};
}

/// The gradients of the sum of the first operand: over the batch, of the rows
/// that count.
static Values buildGrad(const Use &use) {
  const model::TensorType &type = *use.operandTypes[0];
  Value y = use.operand(0, arithmeticType(use.b.getContext(), type.dtype));
  y = use.maskRows(y, type.batchAxis, 0);
  if (type.rank() > 0)
    y = use.b.create<ReduceSumOp>(use.loc, y, dimsExcept(type.rank(), {}));
  ArrayRef<Value> wrt = use.operands.drop_front();
  for (auto [i, x] : llvm::enumerate(wrt))
    if (!isa<Float32Type, Float64Type>(elementOf(x))) {
      use.error() << "a gradient to a value of element type " << elementOf(x)
                  << " cannot be taken; cast it to f32, and compute from that "
                     "and differentiate to that";
      return llvm::map_to_vector(
          wrt, [&](Value x) { return use.constant(x.getType(), 0); });
    }
  auto gradient =
      use.b.create<GradientOp>(use.loc, ValueRange(wrt).getTypes(), y, wrt);
  return Values(gradient.getGradients());
}

void addCompositeBuilders(BuilderTable &table) {
  table.ops["softmax"] = buildSoftmax;
  table.ops["cross_entropy_rows"] = buildCrossEntropyRows;
  table.ops["stop_gradient"] = buildStopGradient;
  table.ops["grad"] = buildGrad;
}

} // namespace descent::import
