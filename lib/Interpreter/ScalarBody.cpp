// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Blocks of scalar operations as lists of steps over numbered slots.

#include "ScalarBody.h"
#include <algorithm>

using namespace mlir;

namespace descent::interpreter {

/// Reads a tensor at the indices that follow it among the operands.
static ScalarFunction loadFrom(const Tensor *tensor) {
  return [tensor](ArrayRef<double> operands, ArrayRef<int64_t>) {
    int64_t position = 0;
    for (auto [index, extent] :
         llvm::zip_equal(operands.drop_front(), tensor->shape)) {
      auto last = static_cast<double>(extent - 1);
      position = position * extent +
                 static_cast<int64_t>(std::clamp(index, 0.0, last));
    }
    return tensor->values[position];
  };
}

FailureOr<ScalarBody>
ScalarBody::prepare(Block &block, ValueRange yields,
                    const DenseMap<Value, const Tensor *> &whole) {
  ScalarBody body;
  DenseMap<Value, unsigned> slotOf;
  for (BlockArgument argument : block.getArguments())
    slotOf.try_emplace(argument, slotOf.size());
  for (Operation &op : block) {
    if (op.hasTrait<OpTrait::IsTerminator>())
      continue;
    Step step;
    auto load = dyn_cast<LoadOp>(op);
    step.function =
        load ? loadFrom(whole.lookup(load.getTensor())) : scalarFunction(&op);
    if (!step.function) {
      op.emitError("the interpreter knows no scalar semantics of '")
          << op.getName() << "'";
      return failure();
    }
    for (Value operand : op.getOperands()) {
      auto slot = slotOf.find(operand);
      if (slot == slotOf.end()) {
        op.emitError("expected an operand from the same block");
        return failure();
      }
      step.operands.push_back(slot->second);
    }
    step.result = slotOf.size();
    slotOf.try_emplace(op.getResult(0), step.result);
    body.steps.push_back(std::move(step));
  }
  for (Value value : yields)
    body.yields.push_back(slotOf.lookup(value));
  body.slots.resize(slotOf.size());
  body.results.resize(body.yields.size());
  return body;
}

ArrayRef<double> ScalarBody::run(ArrayRef<double> arguments,
                                 ArrayRef<int64_t> point) {
  std::copy(arguments.begin(), arguments.end(), slots.begin());
  for (const Step &step : steps) {
    operands.clear();
    for (unsigned slot : step.operands)
      operands.push_back(slots[slot]);
    slots[step.result] = step.function(operands, point);
  }
  for (auto [result, slot] : llvm::zip_equal(results, yields))
    result = slots[slot];
  return results;
}

} // namespace descent::interpreter
