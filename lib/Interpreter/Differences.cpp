// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Comparison of what two runs gave.

#include "descent/Interpreter/Interpreter.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace mlir;

namespace descent::interpreter {

static bool agree(double a, double b, double tolerance) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b);
  if (a == b)
    return true;
  return std::fabs(a - b) <=
         tolerance * std::max({1.0, std::fabs(a), std::fabs(b)});
}

static std::string findDifference(StringRef name, const Tensor &a,
                                  const Tensor &b, double tolerance) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (a.shape != b.shape || a.element != b.element) {
    os << "'" << name << "' is a " << describeType(a) << " in the one, a "
       << describeType(b) << " in the other";
    return text;
  }
  for (int64_t i = 0; i < a.size(); ++i) {
    if (agree(a.values[i], b.values[i], tolerance))
      continue;
    os << "'" << name << "'" << describeIndex(a, i) << " is "
       << llvm::format("%.17g in the one, %.17g in the other (difference %.3g)",
                       a.values[i], b.values[i],
                       std::fabs(a.values[i] - b.values[i]));
    break;
  }
  return text;
}

std::string findDifference(const Environment &a, const Environment &b,
                           double tolerance, bool common) {
  for (const auto &[name, value] : a) {
    auto other = b.find(name);
    if (other == b.end()) {
      if (common)
        continue;
      return "'" + name + "' is missing in the other";
    }
    std::string difference =
        findDifference(name, value, other->second, tolerance);
    if (!difference.empty())
      return difference;
  }
  if (!common)
    for (const auto &[name, value] : b)
      if (a.find(name) == a.end())
        return "'" + name + "' is missing in the one";
  return {};
}

} // namespace descent::interpreter
