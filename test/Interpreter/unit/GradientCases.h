// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the finite-difference suite runs: at least one case for every
// differentiable operation.

#ifndef DESCENT_TEST_INTERPRETER_GRADIENTCASES_H
#define DESCENT_TEST_INTERPRETER_GRADIENTCASES_H

#include <string>
#include <vector>

/// Where the elements of a case's float operands lie.
enum class Domain {
  /// Both signs, at least 0.1 from zero.
  Any,
  /// At least 0.5.
  Positive,
};

struct GradientCase {
  /// The operation under test, without its dialect.
  std::string op;
  /// Types of %a0, %a1, ...; integer operands hold 0, 1 or 2.
  std::vector<std::string> operands;
  /// Computes %y from them.
  std::string body;
  std::string result;
  Domain domain = Domain::Any;
  /// Whether %y is a linear function of the float operands.
  bool linear = false;
  /// Whether the gradient itself is not smooth there.
  bool firstOnly = false;
};

std::vector<GradientCase> gradientCases();

/// Those with bodies.
void addControlFlow(std::vector<GradientCase> &cases);

#endif // DESCENT_TEST_INTERPRETER_GRADIENTCASES_H
