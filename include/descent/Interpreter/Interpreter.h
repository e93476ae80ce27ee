// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reference interpreter: evaluates entries of a module on the host in f64,
// at tensor level, at kernel level and in between.
//
// It is the oracle of every pass: an entry interpreted before and after a pass
// must agree to rounding. So it is small and plain: values are tensors in
// row-major order, every operation is evaluated on its own, sums run from the
// first element to the last.

#ifndef DESCENT_INTERPRETER_INTERPRETER_H
#define DESCENT_INTERPRETER_INTERPRETER_H

#include "descent/Dialect/Descent/Descent.h"
#include "descent/Interpreter/StoppedGradients.h"
#include "mlir/IR/BuiltinOps.h"

namespace descent::interpreter {

/// Runs `entry` once.
///
/// `inputs` has a value for every input that the entry reads, of its type;
/// `state` one for every state. Writes take effect in `state` when the run
/// ends. `descent.gradient` is evaluated by central differences of fourth
/// order, and `descent.optimize` by its rule's formula, on states that it adds
/// to `state` under the names that descent-expand-optimizers gives them.
///
/// With `stopped`, `descent.stop_gradient` keeps its values there, or takes
/// them from there.
///
/// Returns the outputs by name. Failures (a missing value, an index out of
/// bounds, an operation without semantics) are reported as errors at the
/// operation.
mlir::FailureOr<Environment>
interpretEntry(EntryOp entry, const Environment &inputs, Environment &state,
               const ControlWords &control,
               StoppedGradients *stopped = nullptr);

/// The entry called `name`, or the only one if `name` is empty; reports which
/// there are otherwise.
mlir::FailureOr<EntryOp> findEntry(mlir::ModuleOp module, llvm::StringRef name);

/// Made-up values for all inputs of a module: normal numbers, or integers
/// uniform in the input's `range` ([0, 2) without one). They depend on the
/// seed, the name and the type alone.
Environment makeInputs(mlir::ModuleOp module, uint64_t seed);

/// Initial values of all states of a module, by their initializers. They depend
/// on the seed, the name, the type and the initializer alone.
Environment makeState(mlir::ModuleOp module, uint64_t seed);

/// The extent of the batch axis of the module's inputs; 1 if none has one.
int64_t batchSize(mlir::ModuleOp module);

/// `size` numbers from a normal distribution, made by Philox from a seed and a
/// name.
std::vector<double> randomNormal(uint64_t seed, llvm::StringRef name,
                                 int64_t size);

/// The first difference between values of the same names, as a sentence; empty
/// if there is none. Elements agree if |a - b| <= tolerance max(1, |a|, |b|);
/// NaN agrees with NaN. With `common`, names that only one side has are
/// ignored.
std::string findDifference(const Environment &a, const Environment &b,
                           double tolerance, bool common = false);

} // namespace descent::interpreter

#endif // DESCENT_INTERPRETER_INTERPRETER_H
