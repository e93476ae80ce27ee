// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descent.gradient before it is expanded: by central differences, so
// independently of every VJP.

#include "Evaluation.h"

using namespace mlir;

namespace descent::interpreter {

namespace {

/// Step of the differences. With the fourth-order formula the truncation error
/// is about h^4 = 2e-15 of the fifth derivative and the rounding error about
/// 1e-16 / h = 5e-13 of the function's value.
constexpr double stepSize = 2e-4;

/// The loss as a function of one value of the entry.
class LossFunction {
public:
  LossFunction(GradientOp gradient, Value argument, const Frame &given)
      : loss(gradient.getLoss()), argument(argument), stopped(given.stopped),
        frame(given) {
    frame.stopped = &stopped;
    DenseSet<Value> reached = {argument};
    for (Operation &op : *gradient->getBlock()) {
      if (&op == gradient)
        break;
      // What stops the gradient is a constant to differences too.
      if (op.getNumResults() == 0 || isa<StopGradientOp>(op) ||
          llvm::none_of(op.getOperands(), [&](Value operand) {
            return reached.contains(operand);
          }))
        continue;
      dependents.push_back(&op);
      reached.insert(op.result_begin(), op.result_end());
    }
  }

  /// Evaluates the loss where it is, which decides what bodies keep of
  /// stopped gradients.
  LogicalResult begin() { return run(); }

  FailureOr<double> withElement(int64_t position, double value) {
    frame.values[argument].values[position] = value;
    stopped.replay();
    if (failed(run()))
      return failure();
    return frame.values[loss].values[0];
  }

private:
  LogicalResult run() {
    for (Operation *op : dependents)
      if (failed(evaluate(op, frame)))
        return failure();
    return success();
  }

  Value loss, argument;
  StoppedGradients stopped;
  Frame frame;
  std::vector<Operation *> dependents;
};

} // namespace

static FailureOr<double> differentiate(LossFunction &function, int64_t position,
                                       double at) {
  double result = 0;
  for (auto [offset, weight] :
       {std::pair(-2, 1.0 / 12), std::pair(-1, -2.0 / 3), std::pair(1, 2.0 / 3),
        std::pair(2, -1.0 / 12)}) {
    FailureOr<double> value =
        function.withElement(position, at + offset * stepSize);
    if (failed(value))
      return failure();
    result += weight * *value;
  }
  if (failed(function.withElement(position, at)))
    return failure();
  return result / stepSize;
}

static FailureOr<Tensors>
evaluateGradient(Operation *op, TensorPointers operands, Frame &frame) {
  auto gradient = cast<GradientOp>(op);
  Tensors results;
  for (auto [value, tensor] :
       llvm::zip_equal(gradient.getWrt(), operands.drop_front())) {
    LossFunction function(gradient, value, frame);
    if (failed(function.begin()))
      return failure();
    Tensor result = *tensor;
    for (int64_t i = 0; i < result.size(); ++i) {
      FailureOr<double> slope = differentiate(function, i, tensor->values[i]);
      if (failed(slope))
        return failure();
      result.values[i] = *slope;
    }
    results.push_back(std::move(result));
  }
  return results;
}

void addGradientEvaluators(EvaluatorTable &table) {
  table[GradientOp::getOperationName()] = evaluateGradient;
}

} // namespace descent::interpreter
