// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks the gradients of a whole model against directional finite differences;
// descentc --check-gradients.

#ifndef DESCENT_INTERPRETER_CHECKGRADIENTS_H
#define DESCENT_INTERPRETER_CHECKGRADIENTS_H

#include "descent/Interpreter/Tensor.h"
#include "mlir/IR/BuiltinOps.h"

namespace descent::interpreter {

struct CheckGradientsOptions {
  /// The entry to check, for checkGradients.
  std::string entry = "train";
  /// Of made-up inputs, initial states and directions.
  uint64_t seed = 1;
  /// Random directions a parameter; the gradient's own direction comes first.
  int directions = 2;
  /// Length of the step along a direction of unit length.
  double step = 1e-5;
  /// Largest difference, relative to what the gradient has in a typical
  /// direction.
  double tolerance = 1e-4;
};

/// What a check has found so far.
struct GradientReport {
  int checked = 0, wrong = 0;
  /// The derivative that is furthest off: what it is of, and its difference as
  /// a multiple of what is allowed. Above 1 it is wrong.
  std::string worst;
  double worstExcess = 0;
};

/// For every `descent.gradient` of an entry and every value that it
/// differentiates to: compares the derivative along a few directions that
/// descent-autodiff's gradient gives with a central difference of the loss,
/// both evaluated in f64, and prints a line for each. What
/// `descent.stop_gradient` gives is held constant.
///
/// `module` is at tensor level, before descent-autodiff, and is left as it is.
/// Fails if a derivative is wrong or cannot be evaluated, or if the entry has
/// no gradient.
mlir::LogicalResult checkGradients(mlir::ModuleOp module,
                                   const CheckGradientsOptions &options,
                                   llvm::raw_ostream &os);

/// For every `descent.custom` that the entries evaluate: compares its `vjp`,
/// where an entry first evaluates it and for random cotangents, with central
/// differences of its `forward`.
///
/// Fails if something cannot be evaluated; what is wrong is in the report.
mlir::LogicalResult checkCustoms(mlir::ModuleOp module,
                                 const CheckGradientsOptions &options,
                                 llvm::raw_ostream &os, GradientReport &report);

/// Both for a whole model: the gradients of all entries that have some, and all
/// custom functions. Prints at the end what is furthest off.
///
/// Fails if a derivative is wrong or cannot be evaluated, or if there is
/// nothing to check.
mlir::LogicalResult checkAllGradients(mlir::ModuleOp module,
                                      const CheckGradientsOptions &options,
                                      llvm::raw_ostream &os,
                                      GradientReport &report);

} // namespace descent::interpreter

#endif // DESCENT_INTERPRETER_CHECKGRADIENTS_H
