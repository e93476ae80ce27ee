// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Central differences along directions; see Directions.h.

#include "Directions.h"
#include "descent/Interpreter/Interpreter.h"
#include "llvm/Support/Format.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace descent::interpreter {

static double dot(const std::vector<double> &a, const std::vector<double> &b) {
  double sum = 0;
  for (auto [x, y] : llvm::zip_equal(a, b))
    sum += x * y;
  return sum;
}

static FailureOr<double> differenceAlong(const DirectionalFunction &function,
                                         const std::vector<double> &direction,
                                         double step) {
  const std::vector<double> before = function.argument;
  double difference = 0;
  for (double sign : {1.0, -1.0}) {
    for (auto [element, start, slope] :
         llvm::zip_equal(function.argument, before, direction))
      element = start + sign * step * slope;
    FailureOr<double> value = function.evaluate();
    function.argument = before;
    if (failed(value))
      return failure();
    difference += sign * *value;
  }
  return difference / (2 * step);
}

LogicalResult compareDirections(const DirectionalFunction &function,
                                double value,
                                const std::vector<double> &gradient,
                                const CheckGradientsOptions &options,
                                llvm::raw_ostream &os, GradientReport &report) {
  double length = std::sqrt(dot(gradient, gradient));
  // What the gradient has in a random direction, and the rounding error of the
  // difference.
  double typical = length / std::sqrt(double(gradient.size()));
  double noise = 1e-14 * std::fabs(value) / options.step;
  for (int i = 0; i <= options.directions; ++i) {
    if (i == 0 && length == 0)
      continue;
    std::vector<double> direction =
        i == 0 ? gradient
               : randomNormal(options.seed + i, function.directionName,
                              static_cast<int64_t>(gradient.size()));
    double scale = 1 / std::sqrt(dot(direction, direction));
    for (double &element : direction)
      element *= scale;
    double expected = dot(gradient, direction);
    FailureOr<double> found =
        differenceAlong(function, direction, options.step);
    if (failed(found))
      return failure();
    double difference = std::fabs(*found - expected);
    double allowed =
        options.tolerance * std::max(std::fabs(*found), typical) + noise;
    bool agree = difference <= allowed;
    double excess = difference == 0 ? 0 : difference / allowed;
    if (std::isnan(excess))
      excess = std::numeric_limits<double>::infinity();
    ++report.checked;
    report.wrong += !agree;
    if (report.worst.empty() || excess > report.worstExcess) {
      report.worst = function.name;
      report.worstExcess = excess;
    }
    os << (agree ? "ok    " : "WRONG ") << function.name
       << llvm::format(": gradient %.9g, finite difference %.9g\n", expected,
                       *found);
  }
  return success();
}

} // namespace descent::interpreter
