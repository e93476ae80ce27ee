// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operators: arithmetic at compile time where no tensor takes part, and
// primitive ops where one does.

#include "Arithmetic.h"
#include "Elaborator.h"

using namespace descent::model;

namespace {

std::string_view opOf(std::string_view op) {
  static const std::pair<std::string_view, std::string_view> ops[] = {
      {"+", "add"},
      {"-", "sub"},
      {"*", "mul"},
      {"/", "div"},
      {"%", "rem"},
      {"**", "pow"},
      {"@", "matmul"},
      {"==", "equal"},
      {"!=", "not_equal"},
      {"<", "less"},
      {"<=", "less_equal"},
      {">", "greater"},
      {">=", "greater_equal"},
      {"&", "bit_and"},
      {"|", "bit_or"},
      {"^", "bit_xor"},
      {"xor", "bit_xor"},
      {"<<", "shift_left"},
      {">>", "shift_right"}};
  for (const auto &[symbol, name] : ops)
    if (symbol == op)
      return name;
  return {};
}

std::optional<bool> compare(std::string_view op, int order) {
  if (op == "<")
    return order < 0;
  if (op == "<=")
    return order <= 0;
  if (op == ">")
    return order > 0;
  if (op == ">=")
    return order >= 0;
  return std::nullopt;
}

} // namespace

Value Elaborator::evaluateUnary(const Expr &expr) {
  Value value = evaluate(expr.operands[0]);
  CallSite site{expr.location, expr.op};
  if (!value.isValid())
    return {};
  if (value.isTensor())
    return callOp(expr.op == "-" ? "neg" : "bit_not", {value}, {}, site);
  if (expr.op == "not") {
    if (const bool *flag = value.get<bool>())
      return !*flag;
  } else if (expr.op == "-" && value.isNumber()) {
    return binary("-", value.is<double>() ? Value(-0.0) : Value(int64_t(0)),
                  value, site);
  } else if (expr.op == "~" && value.is<Integer>()) {
    return ~value.integer();
  }
  return error(expr.location,
               quote(expr.op) + " cannot be applied to " + describe(value));
}

Value Elaborator::binary(std::string_view op, const Value &a, const Value &b,
                         const CallSite &site) {
  if (!a.isValid() || !b.isValid())
    return {};
  bool isEquality = op == "==" || op == "!=";
  auto isScalar = [](const Value &value) {
    return value.isTensor() || value.isNumber() || value.is<bool>();
  };
  if ((a.isTensor() || b.isTensor()) && isScalar(a) && isScalar(b))
    return callOp(opOf(op), {a, b}, {}, site);
  if (isEquality)
    return areEqual(a, b) == (op == "==");
  if (a.isNumber() && b.isNumber()) {
    if (a.is<Integer>() && b.is<Integer>()) {
      int64_t x = a.integer(), y = b.integer();
      if (std::optional<bool> holds = compare(op, (x > y) - (x < y)))
        return *holds;
    } else if (op[0] == '<' || op[0] == '>') {
      double x = a.number(), y = b.number();
      if (std::optional<bool> holds = compare(op, (x > y) - (x < y)))
        return *holds;
    }
    std::string problem;
    Value result = arithmetic(op, a, b, problem);
    return problem.empty() ? result : error(site.location, problem);
  }
  if (a.is<std::string>() && b.is<std::string>()) {
    const std::string &x = *a.get<std::string>(), &y = *b.get<std::string>();
    if (op == "+")
      return spend((x.size() + y.size()) / 16, site.location) ? Value(x + y)
                                                              : Value();
    if (std::optional<bool> holds = compare(op, x.compare(y)))
      return *holds;
  }
  if (a.is<bool>() && b.is<bool>()) {
    bool x = *a.get<bool>(), y = *b.get<bool>();
    if (op == "xor" || op == "^")
      return x != y;
    if (op == "&")
      return x && y;
    if (op == "|")
      return x || y;
  }
  if (a.list() && b.list() && op == "+") {
    if (!spend(a.list()->size() + b.list()->size(), site.location))
      return {};
    List result = *a.list();
    result.insert(result.end(), b.list()->begin(), b.list()->end());
    return result;
  }
  if (a.list() && b.is<Integer>() && op == "*") {
    List result;
    if (b.integer() < 0 || double(b.integer()) * a.list()->size() > maxNodes)
      return error(site.location,
                   "a list cannot be repeated " + print(b) + " times");
    for (int64_t i = 0; i < b.integer(); ++i)
      result.insert(result.end(), a.list()->begin(), a.list()->end());
    return result;
  }
  // What is expected instead, where one side already is a number.
  if ((expectsNumber || a.isNumber() || b.isNumber())) {
    const Value &other = a.isNumber() ? b : a;
    return error(site.location, "expected a number, got " + describe(other));
  }
  return error(site.location, quote(op) + " cannot be applied to " +
                                  describe(a) + " and " + describe(b));
}
