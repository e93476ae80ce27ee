// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs scalar operations on the device, and compares with exact values.

#ifndef DESCENT_TEST_CODEGEN_SCALARHARNESS_H
#define DESCENT_TEST_CODEGEN_SCALARHARNESS_H

#include "KernelHarness.h"
#include "gtest/gtest.h"
#include <functional>
#include <limits>
#include <random>

namespace descent::test {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Runs operations that compute %y from %v and, if there are two, %w at all
/// elements of `operands`.
std::vector<double> evaluate(const std::string &body,
                             const std::vector<std::vector<double>> &operands,
                             const std::string &type = "f32",
                             std::string resultType = "");

/// `count` numbers of both signs, evenly spread over magnitudes from `low` to
/// `high`, and the numbers at which functions are special.
std::vector<double> spread(double low, double high, int count,
                           bool isDouble = false);

/// Compares with exact values: by how much the worst result is off, relative to
/// it. NaN must be NaN, infinity infinity; results below `absolute` count as
/// zero.
void expectClose(const std::vector<double> &results,
                 const std::vector<std::vector<double>> &operands,
                 const std::function<double(double, double)> &exact,
                 double bound, double absolute, double largest);

double uniform(std::mt19937 &random, double low, double high);

/// A function of one number, and how close the device has to come.
struct Function {
  std::string name, text;
  double low, high;
  std::function<double(double)> exact;
  double bound = 5e-7;
  /// Results below this may be wrong by as much.
  double absolute = 1.2e-38;
};

void PrintTo(const Function &function, std::ostream *os);

} // namespace descent::test

#endif // DESCENT_TEST_CODEGEN_SCALARHARNESS_H
