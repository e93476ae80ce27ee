// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs entries: dispatch to the evaluators, in program order.

#include "descent/Interpreter/Interpreter.h"
#include "Evaluation.h"
#include "ScalarBody.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace descent::interpreter {

static const EvaluatorTable &evaluators() {
  static const EvaluatorTable table = [] {
    EvaluatorTable table;
    addProgramEvaluators(table);
    addCompositeEvaluators(table);
    addKernelEvaluators(table);
    addOptimizerEvaluators(table);
    addGradientEvaluators(table);
    addControlFlowEvaluators(table);
    return table;
  }();
  return table;
}

static FailureOr<Tensors> dispatch(Operation *op, TensorPointers operands,
                                   Frame &frame) {
  if (TensorEvaluator evaluator =
          evaluators().lookup(op->getName().getStringRef()))
    return evaluator(op, operands, frame);
  if (hasScalarFunction(op->getName()))
    return evaluateElementwise(op, operands);
  if (isa<ViewOpInterface>(op))
    return evaluateView(op, operands);
  if (isa<LoopNestOpInterface>(op))
    return evaluateLoopNest(op, operands);
  return op->emitError("the interpreter knows no semantics of '")
         << op->getName() << "'";
}

LogicalResult evaluate(Operation *op, Frame &frame) {
  SmallVector<const Tensor *> operands;
  for (Value operand : op->getOperands()) {
    auto found = frame.values.find(operand);
    if (found == frame.values.end())
      return op->emitError("interpreter: operand has no value");
    operands.push_back(&found->second);
  }
  FailureOr<Tensors> results = dispatch(op, operands, frame);
  if (failed(results))
    return failure();
  for (auto [value, tensor] : llvm::zip_equal(op->getResults(), *results))
    frame.values[value] = std::move(tensor);
  return success();
}

FailureOr<Environment> interpretEntry(EntryOp entry, const Environment &inputs,
                                      Environment &state,
                                      const ControlWords &control,
                                      StoppedGradients *stopped) {
  Frame frame(inputs, state, control);
  frame.stopped = stopped;
  for (Operation &op : entry.getBody().front())
    if (failed(evaluate(&op, frame)))
      return failure();
  for (auto &[name, value] : frame.writes)
    state[name] = std::move(value);
  return std::move(frame.outputs);
}

FailureOr<EntryOp> findEntry(ModuleOp module, StringRef name) {
  SmallVector<EntryOp> entries(module.getOps<EntryOp>());
  if (name.empty() && entries.size() == 1)
    return entries.front();
  for (EntryOp entry : entries)
    if (entry.getSymName() == name)
      return entry;
  auto names = llvm::join(
      llvm::map_range(entries, [](EntryOp e) { return e.getSymName(); }), ", ");
  InFlightDiagnostic error =
      name.empty() ? module.emitError("expected the name of one entry")
                   : module.emitError("no entry is called '") << name << "'";
  error << "; the module has " << (entries.empty() ? "none" : names);
  return error;
}

} // namespace descent::interpreter
