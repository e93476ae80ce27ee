// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations with bodies, and descent.stop_gradient.

#include "Evaluation.h"

using namespace mlir;

namespace descent::interpreter {

Tensor StoppedGradients::pass(const Tensor &value) {
  if (replaying)
    return kept[next++];
  kept.push_back(outer ? outer->pass(value) : value);
  return kept.back();
}

FailureOr<Tensors> evaluateBody(Block &body, TensorPointers values,
                                const Frame &frame) {
  Frame inner(frame.inputs, frame.state, frame.control);
  inner.stopped = frame.stopped;
  inner.customOperands = frame.customOperands;
  for (auto [argument, value] : llvm::zip_equal(body.getArguments(), values))
    inner.values[argument] = *value;
  for (Operation &op : body.without_terminator())
    if (failed(evaluate(&op, inner)))
      return failure();
  Tensors results;
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(inner.values.at(value));
  return results;
}

static FailureOr<Tensors>
evaluateStopGradient(Operation *, TensorPointers operands, Frame &frame) {
  return Tensors{frame.stopped ? frame.stopped->pass(*operands[0])
                               : *operands[0]};
}

static FailureOr<Tensors> evaluateCustom(Operation *op, TensorPointers operands,
                                         Frame &frame) {
  if (frame.customOperands && !frame.customOperands->count(op))
    for (const Tensor *operand : operands)
      (*frame.customOperands)[op].push_back(*operand);
  return evaluateBody(cast<CustomOp>(op).getForwardBlock(), operands, frame);
}

/// Slice `index` along the leading dimension.
static Tensor sliceOf(const Tensor &sequence, int64_t index) {
  Tensor slice(ArrayRef(sequence.shape).drop_front(), sequence.element);
  std::copy_n(sequence.values.begin() + index * slice.size(), slice.size(),
              slice.values.begin());
  return slice;
}

static FailureOr<Tensors> evaluateScan(Operation *op, TensorPointers operands,
                                       Frame &frame) {
  auto scan = cast<ScanOp>(op);
  size_t carries = scan.getInits().size();
  TensorPointers sequences =
      operands.slice(carries, scan.getSequences().size());
  TensorPointers captures = operands.take_back(scan.getCaptures().size());
  Tensors results;
  for (const Tensor *init : operands.take_front(carries))
    results.push_back(*init);
  for (Value stack : scan.getStacked())
    results.emplace_back(stack.getType());

  int64_t count = static_cast<int64_t>(scan.getCount());
  for (int64_t step = 0; step < count; ++step) {
    int64_t index = scan.getReversed() ? count - 1 - step : step;
    Tensors slices;
    for (const Tensor *sequence : sequences)
      slices.push_back(sliceOf(*sequence, index));
    SmallVector<const Tensor *> arguments;
    for (size_t i = 0; i < carries; ++i)
      arguments.push_back(&results[i]);
    for (const Tensor &slice : slices)
      arguments.push_back(&slice);
    arguments.append(captures.begin(), captures.end());
    FailureOr<Tensors> returned =
        evaluateBody(scan.getBodyBlock(), arguments, frame);
    if (failed(returned))
      return failure();
    for (size_t i = 0; i < returned->size(); ++i) {
      Tensor &value = (*returned)[i];
      if (i < carries)
        results[i] = std::move(value);
      else
        llvm::copy(value.values,
                   results[i].values.begin() + index * value.size());
    }
  }
  return results;
}

void addControlFlowEvaluators(EvaluatorTable &table) {
  table[StopGradientOp::getOperationName()] = evaluateStopGradient;
  table[CustomOp::getOperationName()] = evaluateCustom;
  table[ScanOp::getOperationName()] = evaluateScan;
}

} // namespace descent::interpreter
