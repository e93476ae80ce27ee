// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks of losses, metrics and optimizers.

#include "Inference.h"
#include <algorithm>

using namespace descent::model;

/// softmax_cross_entropy and accuracy: logits [N, C, ...] and class indices [N,
/// ...].
bool descent::model::inferClassification(Inference &op) {
  const TensorType &logits = op.operand(0), &label = op.operand(1);
  if (!op.expect(0, DType::F32))
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
  std::vector<int64_t> expected = logits.shape;
  expected.erase(expected.begin() + 1);
  if (label.shape != expected || label.batchAxis != logits.batchAxis)
    return op.error("expected a label of shape " + toString(expected) +
                    " for the logits " + op.describe(0) + ", got " +
                    op.describe(1));
  op.result({DType::F32, {}, -1});
  Node &source = op.operandNode(1);
  int64_t classes = logits.shape[1];
  if (source.isInput())
    source.classes =
        source.classes ? std::min(source.classes, classes) : classes;
  return true;
}

bool descent::model::inferMse(Inference &op) {
  if (!op.expect(0, DType::F32) || !op.expect(1, DType::F32))
    return false;
  if (op.operand(0).shape != op.operand(1).shape ||
      op.operand(0).batchAxis != op.operand(1).batchAxis)
    return op.error("the prediction and the target of 'mse' have different "
                    "shapes: " +
                    op.describe(0) + ", and " + op.describe(1));
  op.result({DType::F32, {}, -1});
  return true;
}

bool descent::model::inferSgd(Inference &op) {
  Attributes &attributes = op.attributes();
  if (!attributes.flag("nesterov"))
    return true;
  if (attributes.number("momentum") == 0)
    return op.error("nesterov", "Nesterov's momentum needs 'momentum' above 0");
  if (attributes.number("dampening") != 0)
    return op.error("nesterov", "Nesterov's momentum needs 'dampening' 0");
  return true;
}

bool descent::model::inferAdam(Inference &op) {
  Attributes &attributes = op.attributes();
  if (op.given("betas")) {
    for (std::string_view name : {"beta1", "beta2"})
      if (op.given(name))
        return op.error(name, quote(name) + " is given twice: by 'betas' too");
    const auto &betas = std::get<std::vector<double>>(attributes.get("betas"));
    double beta1 = betas[0], beta2 = betas[1];
    attributes.set("beta1", beta1);
    attributes.set("beta2", beta2);
  }
  attributes.erase("betas");
  return true;
}
