// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops whose derivative is better known than derived, and those that take
// functions or derive them, which the elaborator expands itself.

#include "Shapes.h"
#include "Tables.h"

using namespace descent::model;

namespace {

bool inferSoftmax(Inference &op) {
  return op.expectFloat(0) && op.normalizeAxis("axis") &&
         expectNotBatch(op, op.attributes().integer("axis")) &&
         give(op, op.operand(0));
}

/// Logits [N, C, ...] and class indices [N, ...].
bool inferCrossEntropyRows(Inference &op) {
  const TensorType &logits = op.operand(0), &label = op.operand(1);
  if (!op.expectFloat(0))
    return false;
  if (logits.rank() < 2)
    return op.error("expected logits of at least 2 dimensions (N,C,...), got " +
                    op.describe(0));
  if (logits.batchAxis > 0)
    return op.error("expected the batch as first axis of the logits "
                    "(N,C,...), got it as axis " +
                    std::to_string(logits.batchAxis) + " of " + op.describe(0));
  if (label.dtype != DType::I32)
    return op.error("expected class indices of dtype i32 as label, got " +
                    std::string(toString(label.dtype)) + " " + op.describe(1));
  TensorType result{logits.dtype == DType::F64 ? DType::F64 : DType::F32,
                    logits.shape, logits.batchAxis};
  result.shape.erase(result.shape.begin() + 1);
  if (label.shape != result.shape || label.batchAxis != result.batchAxis)
    return op.error("expected a label of shape " + toString(result.shape) +
                    " for the logits " + op.describe(0) + ", got " +
                    op.describe(1));
  op.indexRange(1, logits.shape[1]);
  return give(op, std::move(result));
}

bool inferStopGradient(Inference &op) { return give(op, op.operand(0)); }

std::vector<OpSpec> composites() {
  return {
      {.name = "softmax",
       .doc = "exp(x) over its sum along an axis, without overflow.",
       .reference = "torch.softmax",
       .operands = {{"x", "floats"}},
       .attributes = {axis(-1)},
       .infer = inferSoftmax},
      {.name = "cross_entropy_rows",
       .doc = "-log(softmax(logits)[label]) over the second axis, for each "
              "label: f32, or f64 of f64 logits. Labels outside of [0, C) are "
              "refused where they come from the data.",
       .reference = "torch.nn.functional.cross_entropy",
       .operands = {{"logits", "floats [N,C,...]: one score a class"},
                    {"label", "i32 [N,...]: class indices"}},
       .infer = inferCrossEntropyRows},
      {.name = "stop_gradient",
       .doc = "x, through which no gradient goes.",
       .reference = "torch.Tensor.detach",
       .operands = {{"x", "any dtype"}},
       .infer = inferStopGradient},
  };
}

std::vector<OpSpec> transformations() {
  return {
      {.name = "scan",
       .doc =
           "A loop along an axis: `step` takes the states and the slices of "
           "the sequences and returns [list of new states, list of outputs]; "
           "the result is [list of the outputs, stacked along the axis, list "
           "of the last states].",
       .reference = "torch.nn.RNN",
       .attributes = {required("step", AttrKind::Function, anyNumber,
                               "(states..., slices...) => [states, outputs]; "
                               "the slices lack the axis"),
                      required("sequences", AttrKind::Any, anyNumber,
                               "list of tensors of one size along the axis"),
                      required("init", AttrKind::Any, anyNumber,
                               "list of the first states"),
                      axis(1),
                      attribute("reversed", AttrKind::Bool, false, anyNumber,
                                "goes from the last slice to the first")}},
      {.name = "grad",
       .doc =
           "The gradients of the sum of y with respect to each x, as a list; "
           "of a single x the gradient itself. It can be differentiated "
           "again.",
       .reference = "torch.autograd.grad",
       .operands = {{"y", "floats"}, {"x", "one or more: floats"}},
       .variadic = true},
  };
}

} // namespace

std::vector<OpSpec> descent::model::compositeOps() {
  std::vector<OpSpec> table = composites();
  for (OpSpec &op : transformations())
    table.push_back(std::move(op));
  return table;
}
