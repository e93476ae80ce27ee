// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The interpreter inside: a run's frame and the evaluators of operations on
// tensors.

#ifndef DESCENT_LIB_INTERPRETER_EVALUATION_H
#define DESCENT_LIB_INTERPRETER_EVALUATION_H

#include "descent/Dialect/Descent/Descent.h"
#include "descent/Interpreter/StoppedGradients.h"

namespace descent::interpreter {

using Tensors = std::vector<Tensor>;
using TensorPointers = llvm::ArrayRef<const Tensor *>;

/// One run of an entry: what it is given, what it has computed, what it will
/// leave behind.
struct Frame {
  const Environment &inputs;
  /// As it was when the entry began.
  const Environment &state;
  const ControlWords &control;
  llvm::DenseMap<mlir::Value, Tensor> values;
  Environment outputs, writes;
  /// Where descent.stop_gradient keeps and finds its values; none: it is the
  /// identity.
  StoppedGradients *stopped = nullptr;
  /// Keeps what every descent.custom is given the first time, if there is one.
  llvm::DenseMap<mlir::Operation *, Tensors> *customOperands = nullptr;

  Frame(const Environment &inputs, const Environment &state,
        const ControlWords &control)
      : inputs(inputs), state(state), control(control) {}
};

/// Computes an operation's results; reports what keeps it from doing so.
using TensorEvaluator = mlir::FailureOr<Tensors> (*)(mlir::Operation *op,
                                                     TensorPointers operands,
                                                     Frame &frame);

/// Evaluators by operation name. What is not here is evaluated through its
/// scalar function or an interface.
using EvaluatorTable = llvm::StringMap<TensorEvaluator>;
void addProgramEvaluators(EvaluatorTable &table);
void addCompositeEvaluators(EvaluatorTable &table);
void addKernelEvaluators(EvaluatorTable &table);
void addOptimizerEvaluators(EvaluatorTable &table);
void addGradientEvaluators(EvaluatorTable &table);
void addControlFlowEvaluators(EvaluatorTable &table);

/// An operation whose scalar function is applied element by element.
mlir::FailureOr<Tensors> evaluateElementwise(mlir::Operation *op,
                                             TensorPointers operands);
/// An operation by its ViewOpInterface.
mlir::FailureOr<Tensors> evaluateView(mlir::Operation *op,
                                      TensorPointers operands);
/// An operation by its LoopNestOpInterface.
mlir::FailureOr<Tensors> evaluateLoopNest(mlir::Operation *op,
                                          TensorPointers operands);

/// Evaluates one operation of an entry and keeps its results in the frame.
mlir::LogicalResult evaluate(mlir::Operation *op, Frame &frame);

/// Evaluates a body on values for its arguments, in a frame of its own with
/// what `frame` was given; what its last operation returns.
mlir::FailureOr<Tensors> evaluateBody(mlir::Block &body, TensorPointers values,
                                      const Frame &frame);

} // namespace descent::interpreter

#endif // DESCENT_LIB_INTERPRETER_EVALUATION_H
