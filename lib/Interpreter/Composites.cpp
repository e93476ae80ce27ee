// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Composite operations by their own formulas, so that their decompositions are
// checked against something.

#include "Evaluation.h"
#include <cmath>
#include <limits>
#include <numeric>

using namespace mlir;

namespace descent::interpreter {

/// The largest of `count` values that lie `stride` apart; NaN if one of them
/// is.
static double maximumOf(const double *values, int64_t count, int64_t stride) {
  double result = -std::numeric_limits<double>::infinity();
  for (int64_t i = 0; i < count; ++i)
    if (values[i * stride] > result || std::isnan(values[i * stride]))
      result = values[i * stride];
  return result;
}

static FailureOr<Tensors> evaluateSoftmax(Operation *op,
                                          TensorPointers operands, Frame &) {
  Tensor result = *operands[0];
  ArrayRef<int64_t> shape = result.shape;
  int64_t axis = cast<SoftmaxOp>(op).getAxis(), count = shape[axis];
  int64_t stride = std::accumulate(shape.begin() + axis + 1, shape.end(),
                                   int64_t{1}, std::multiplies<int64_t>());
  for (int64_t start = 0; start < result.size(); ++start) {
    if (start / stride % count != 0)
      continue;
    double *row = &result.values[start];
    double largest = maximumOf(row, count, stride), sum = 0;
    for (int64_t i = 0; i < count; ++i)
      sum += row[i * stride] = std::exp(row[i * stride] - largest);
    for (int64_t i = 0; i < count; ++i)
      row[i * stride] /= sum;
  }
  return Tensors{std::move(result)};
}

static FailureOr<Tensors>
evaluateSoftmaxCrossEntropy(Operation *op, TensorPointers operands, Frame &) {
  const Tensor &logits = *operands[0], &labels = *operands[1];
  Tensor result(op->getResult(0).getType());
  int64_t classes = logits.shape.back();
  for (int64_t i = 0; i < result.size(); ++i) {
    const double *row = &logits.values[i * classes];
    double largest = maximumOf(row, classes, 1), sum = 0;
    for (int64_t c = 0; c < classes; ++c)
      sum += std::exp(row[c] - largest);
    int64_t label = static_cast<int64_t>(labels.values[i]);
    double chosen = label >= 0 && label < classes ? row[label] : 0;
    result.values[i] = largest + std::log(sum) - chosen;
  }
  return Tensors{std::move(result)};
}

void addCompositeEvaluators(EvaluatorTable &table) {
  table[SoftmaxOp::getOperationName()] = evaluateSoftmax;
  table[SoftmaxCrossEntropyOp::getOperationName()] =
      evaluateSoftmaxCrossEntropy;
}

} // namespace descent::interpreter
