// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every custom function's vjp against finite differences of its forward; see
// CheckGradients.h.

#include "Directions.h"
#include "Evaluation.h"
#include "descent/Interpreter/Interpreter.h"
#include "descent/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include <numeric>

using namespace mlir;

namespace descent::interpreter {

namespace {

/// One custom function at given operands: the sum of its results times random
/// weights, and the gradients of that by its vjp.
class CustomFunction {
public:
  CustomFunction(CustomOp op, Tensors operands, const Frame &frame,
                 uint64_t seed)
      : op(op), operands(std::move(operands)), frame(frame) {
    this->frame.stopped = &stopped;
    for (auto [i, result] : llvm::enumerate(op.getResults())) {
      Tensor &weight = weights.emplace_back(result.getType());
      if (isFloat(result.getType()))
        weight.values = randomNormal(
            seed, op.getName().str() + ".cotangent." + std::to_string(i),
            weight.size());
    }
  }

  LogicalResult check(const CheckGradientsOptions &options,
                      llvm::raw_ostream &os, GradientReport &report) {
    FailureOr<Tensors> results = run(op.getForwardBlock(), operands);
    if (failed(results))
      return failure();
    double value = project(*results);
    Tensors arguments = operands;
    llvm::append_range(arguments, *results);
    llvm::append_range(arguments, weights);
    FailureOr<Tensors> gradients = run(op.getVjpBlock(), arguments);
    if (failed(gradients))
      return failure();
    auto evaluate = [&]() -> FailureOr<double> {
      stopped.replay();
      FailureOr<Tensors> results = run(op.getForwardBlock(), operands);
      if (failed(results))
        return failure();
      return project(*results);
    };
    for (auto [i, type] : llvm::enumerate(op->getOperandTypes())) {
      if (!isFloat(type))
        continue;
      std::string name =
          "custom '" + op.getName().str() + "', operand " + std::to_string(i);
      if (failed(compareDirections({name, name, operands[i].values, evaluate},
                                   value, (*gradients)[i].values, options, os,
                                   report)))
        return failure();
    }
    return success();
  }

private:
  CustomOp op;
  Tensors operands, weights;
  StoppedGradients stopped;
  Frame frame;

  static bool isFloat(Type type) {
    return isa<FloatType>(getElementTypeOrSelf(type));
  }

  FailureOr<Tensors> run(Block &body, const Tensors &arguments) {
    SmallVector<const Tensor *> pointers;
    for (const Tensor &argument : arguments)
      pointers.push_back(&argument);
    return evaluateBody(body, pointers, frame);
  }

  double project(const Tensors &results) {
    double sum = 0;
    for (auto [weight, result] : llvm::zip_equal(weights, results))
      sum = std::inner_product(weight.values.begin(), weight.values.end(),
                               result.values.begin(), sum);
    return sum;
  }
};

} // namespace

LogicalResult checkCustoms(ModuleOp module,
                           const CheckGradientsOptions &options,
                           llvm::raw_ostream &os, GradientReport &report) {
  // With expanded gradients, which are much cheaper to evaluate.
  OwningOpRef<ModuleOp> clone = module.clone();
  PassManager passes(clone->getContext());
  passes.addNestedPass<EntryOp>(createAutodiffPass());
  if (failed(passes.run(*clone)))
    return failure();
  Environment inputs = makeInputs(*clone, options.seed);
  Environment state = makeState(*clone, options.seed);
  ControlWords control;
  control.valid = static_cast<int32_t>(batchSize(*clone));
  for (auto entry : clone->getOps<EntryOp>()) {
    SmallVector<CustomOp> customs;
    entry.walk([&](CustomOp op) { customs.push_back(op); });
    if (customs.empty())
      continue;
    DenseMap<Operation *, Tensors> operands;
    Frame frame(inputs, state, control);
    frame.customOperands = &operands;
    for (Operation &op : entry.getBody().front())
      if (failed(evaluate(&op, frame)))
        return failure();
    frame.customOperands = nullptr;
    for (CustomOp op : customs)
      if (auto found = operands.find(op); found != operands.end())
        if (failed(CustomFunction(op, found->second, frame, options.seed)
                       .check(options, os, report)))
          return failure();
  }
  return success();
}

} // namespace descent::interpreter
