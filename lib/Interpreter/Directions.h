// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The comparison of a gradient with differences along directions.

#ifndef DESCENT_LIB_INTERPRETER_DIRECTIONS_H
#define DESCENT_LIB_INTERPRETER_DIRECTIONS_H

#include "descent/Interpreter/CheckGradients.h"

namespace descent::interpreter {

/// A scalar function of one tensor, around where that is.
struct DirectionalFunction {
  /// What is differentiated to, for messages, and the seed's name of its
  /// directions.
  std::string name, directionName;
  /// The tensor; restored after every evaluation.
  std::vector<double> &argument;
  /// The value of the function at `argument`.
  llvm::function_ref<mlir::FailureOr<double>()> evaluate;
};

/// Compares `gradient` with central differences of the function along the
/// gradient itself and random directions, prints a line for each and adds them
/// to the report. `value` is the function's. Fails if it cannot be evaluated.
mlir::LogicalResult compareDirections(const DirectionalFunction &function,
                                      double value,
                                      const std::vector<double> &gradient,
                                      const CheckGradientsOptions &options,
                                      llvm::raw_ostream &os,
                                      GradientReport &report);

} // namespace descent::interpreter

#endif // DESCENT_LIB_INTERPRETER_DIRECTIONS_H
