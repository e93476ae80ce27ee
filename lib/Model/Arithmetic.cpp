// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic on numbers at compile time.

#include "Arithmetic.h"
#include <cmath>

using namespace descent::model;

namespace {

/// Integer arithmetic; false on overflow.
bool compute(std::string_view op, int64_t a, int64_t b, int64_t &result) {
  switch (op[0]) {
  case '+':
    return !__builtin_add_overflow(a, b, &result);
  case '-':
    return !__builtin_sub_overflow(a, b, &result);
  case '*':
    return !__builtin_mul_overflow(a, b, &result);
  case '&':
    result = a & b;
    return true;
  case '|':
    result = a | b;
    return true;
  case '^':
    result = a ^ b;
    return true;
  case '<':
    return !__builtin_mul_overflow(a, int64_t(1) << b, &result);
  case '>':
    result = a >> b;
    return true;
  default:
    if (a == std::numeric_limits<int64_t>::min() && b == -1)
      return false;
    result = op == "/" ? a / b : a % b;
    return true;
  }
}

bool power(int64_t base, int64_t exponent, int64_t &result) {
  result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1 && __builtin_mul_overflow(result, base, &result))
      return false;
    if (exponent > 1 && __builtin_mul_overflow(base, base, &base))
      return false;
  }
  return true;
}

double compute(std::string_view op, double a, double b) {
  if (op == "+")
    return a + b;
  if (op == "-")
    return a - b;
  if (op == "*")
    return a * b;
  if (op == "/")
    return a / b;
  if (op == "**")
    return std::pow(a, b);
  return std::fmod(a, b);
}

Value integers(std::string_view op, int64_t a, int64_t b,
               std::string &problem) {
  int64_t result = 0;
  bool isShift = op == "<<" || op == ">>";
  if (isShift && (b < 0 || b > 62))
    problem = "cannot shift by " + std::to_string(b);
  else if (op == "**" ? !power(a, b, result) : !compute(op, a, b, result))
    problem = "the result does not fit 64 bits";
  return result;
}

/// `result` of `operand`: infinite of what is infinite only.
Value finite(double result, double operand, std::string &problem) {
  if (std::isnan(result))
    problem = "the result is not a number";
  else if (!std::isfinite(result) && std::isfinite(operand))
    problem = "the result is not a finite number";
  return result;
}

} // namespace

Value descent::model::arithmetic(std::string_view op, const Value &a,
                                 const Value &b, std::string &problem) {
  if ((op == "/" || op == "%") && b.number() == 0) {
    problem = "division by zero";
    return {};
  }
  if (op == "@") {
    problem = "'@' takes matrices, got " + print(a) + " and " + print(b);
    return {};
  }
  bool areIntegers = a.is<Integer>() && b.is<Integer>();
  if (areIntegers && !(op == "**" && b.integer() < 0))
    return integers(op, a.integer(), b.integer(), problem);
  if (std::string_view("&|^<<>>").find(op) != std::string_view::npos) {
    problem = "'" + std::string(op) + "' takes integers, got " + print(a) +
              " and " + print(b);
    return {};
  }
  double result = compute(op, a.number(), b.number());
  if (!std::isfinite(result) && std::isfinite(a.number()) &&
      std::isfinite(b.number()))
    problem = "the result is not a finite number";
  return finite(result, result, problem);
}

Value descent::model::computeOp(std::string_view op,
                                const std::vector<Value> &operands,
                                std::string &problem) {
  for (const Value &operand : operands)
    if (!operand.isNumber())
      return {};
  static const std::pair<std::string_view, double (*)(double)> unary[] = {
      {"neg", [](double x) { return -x; }},
      {"abs", [](double x) { return std::fabs(x); }},
      {"exp", [](double x) { return std::exp(x); }},
      {"expm1", [](double x) { return std::expm1(x); }},
      {"log", [](double x) { return std::log(x); }},
      {"log1p", [](double x) { return std::log1p(x); }},
      {"sqrt", [](double x) { return std::sqrt(x); }},
      {"sin", [](double x) { return std::sin(x); }},
      {"cos", [](double x) { return std::cos(x); }},
      {"tanh", [](double x) { return std::tanh(x); }},
      {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"atan", [](double x) { return std::atan(x); }},
      {"erf", [](double x) { return std::erf(x); }},
      {"floor", [](double x) { return std::floor(x); }},
      {"ceil", [](double x) { return std::ceil(x); }},
      {"round", [](double x) { return std::nearbyint(x); }},
  };
  if (operands.size() == 1) {
    const Value &x = operands[0];
    if (x.is<Integer>() && (op == "neg" || (op == "abs" && x.integer() < 0)))
      return integers("-", 0, x.integer(), problem);
    if (x.is<Integer>() && op == "abs")
      return x.integer();
    for (const auto &[name, function] : unary)
      if (name == op)
        return finite(function(x.number()), x.number(), problem);
    return {};
  }
  static const std::pair<std::string_view, std::string_view> operators[] = {
      {"add", "+"}, {"sub", "-"}, {"mul", "*"},
      {"div", "/"}, {"rem", "%"}, {"pow", "**"}};
  if (operands.size() < 2)
    return {};
  for (const auto &[name, symbol] : operators)
    if (name == op && (operands.size() == 2 || op == "add")) {
      Value result = operands[0];
      for (size_t i = 1; i < operands.size() && problem.empty(); ++i)
        result = arithmetic(symbol, result, operands[i], problem);
      return result;
    }
  if ((op != "maximum" && op != "minimum") || operands.size() != 2)
    return {};
  const Value &a = operands[0], &b = operands[1];
  bool takesFirst =
      op == "maximum" ? a.number() >= b.number() : a.number() <= b.number();
  const Value &result = takesFirst ? a : b;
  if (a.is<Integer>() && b.is<Integer>())
    return result.integer();
  return result.number();
}
