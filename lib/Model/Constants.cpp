// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Evaluation of constants: lazily, so that they may stand in any order, with
// cycles found on the way.

#include "Constants.h"
#include <charconv>
#include <cmath>

using namespace descent::model;

namespace {

/// Bounds the stack: expressions and constants that refer to constants,
/// together.
constexpr int maxDepth = 1000;

double asDouble(const Number &number) {
  if (const int64_t *integer = std::get_if<int64_t>(&number))
    return double(*integer);
  return std::get<double>(number);
}

/// Integer arithmetic; false on overflow.
bool compute(char op, int64_t a, int64_t b, int64_t &result) {
  switch (op) {
  case '+':
    return !__builtin_add_overflow(a, b, &result);
  case '-':
    return !__builtin_sub_overflow(a, b, &result);
  case '*':
    return !__builtin_mul_overflow(a, b, &result);
  default:
    if (a == std::numeric_limits<int64_t>::min() && b == -1)
      return false;
    result = op == '/' ? a / b : a % b;
    return true;
  }
}

double compute(char op, double a, double b) {
  switch (op) {
  case '+':
    return a + b;
  case '-':
    return a - b;
  case '*':
    return a * b;
  case '/':
    return a / b;
  default:
    return std::fmod(a, b);
  }
}

} // namespace

std::string descent::model::toString(double number) {
  char buffer[32];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  std::string result(buffer, end);
  return result;
}

std::string descent::model::toString(const Number &number) {
  if (const int64_t *integer = std::get_if<int64_t>(&number))
    return std::to_string(*integer);
  return toString(std::get<double>(number));
}

Constants::Constants(const Model &model, DiagnosticEngine &diagnostics)
    : model(model), diagnostics(diagnostics) {
  for (const ConstantDecl &constant : model.constants)
    entries.try_emplace(constant.name.text,
                        Entry{constant.name, constant.value});
}

std::vector<std::string> Constants::names() const {
  std::vector<std::string> result;
  for (const ConstantDecl &constant : model.constants)
    result.push_back(constant.name.text);
  return result;
}

void Constants::override(const Identifier &name, Expr value) {
  auto entry = entries.find(name.text);
  if (entry == entries.end()) {
    std::string message = "the model has no constant " + quote(name.text) +
                          didYouMean(name.text, names());
    if (name.text == "batch")
      message += ": the batch size is set by --batch";
    diagnostics.error(name.location, message);
    return;
  }
  entry->second.expr = std::move(value);
}

void Constants::evaluateAll() {
  for (const ConstantDecl &constant : model.constants) {
    if (diagnostics.numErrors() >= DiagnosticEngine::maxErrors)
      return;
    Expr use;
    use.kind = Expr::Kind::Name;
    use.name = constant.name.text;
    use.location = constant.name.location;
    evaluate(use);
  }
}

std::nullopt_t Constants::fail(Location location, std::string message) {
  diagnostics.error(location, std::move(message));
  return std::nullopt;
}

void Constants::reportCycle(const Entry &entry, Location use) {
  size_t first = 0;
  while (active[first] != &entry)
    ++first;
  std::string message =
      "constant " + quote(entry.name.text) + " depends on itself: ";
  for (size_t i = first; i < active.size(); ++i)
    message += active[i]->name.text + " <- ";
  Diagnostic &error =
      diagnostics.error(entry.name.location, message + entry.name.text);
  error.notes.push_back({use, "it is used here"});
}

std::optional<Number> Constants::evaluateName(const Expr &expr) {
  auto found = entries.find(expr.name);
  if (found == entries.end()) {
    if (expr.name == "batch")
      return fail(expr.location,
                  "'batch' stands only for a whole size in a shape");
    for (const InputDecl &input : model.inputs)
      if (input.name.text == expr.name)
        return fail(expr.location,
                    quote(expr.name) +
                        " is an input, and a number is expected here");
    for (const Layer &layer : model.network)
      if (layer.as.text == expr.name)
        return fail(expr.location,
                    quote(expr.name) +
                        " is a value, and a number is expected here");
    return fail(expr.location, "undefined constant " + quote(expr.name) +
                                   didYouMean(expr.name, names()));
  }
  Entry &entry = found->second;
  if (entry.state == Entry::Active) {
    reportCycle(entry, expr.location);
    return std::nullopt;
  }
  if (entry.state == Entry::Unvisited) {
    entry.state = Entry::Active;
    active.push_back(&entry);
    std::optional<Number> value = evaluate(entry.expr);
    active.pop_back();
    entry.state = value ? Entry::Done : Entry::Failed;
    if (value)
      entry.value = *value;
  }
  // What is wrong with a constant is reported once, where it is defined.
  if (entry.state == Entry::Failed)
    return std::nullopt;
  return entry.value;
}

std::optional<Number> Constants::evaluateBinary(const Expr &expr) {
  std::optional<Number> a = evaluate(expr.operands[0]);
  std::optional<Number> b = evaluate(expr.operands[1]);
  if (!a || !b)
    return std::nullopt;
  if ((expr.op == '/' || expr.op == '%') && asDouble(*b) == 0)
    return fail(expr.location, "division by zero");
  if (std::holds_alternative<int64_t>(*a) &&
      std::holds_alternative<int64_t>(*b)) {
    int64_t result = 0;
    if (!compute(expr.op, std::get<int64_t>(*a), std::get<int64_t>(*b), result))
      return fail(expr.location, "the result does not fit 64 bits");
    return Number(result);
  }
  double result = compute(expr.op, asDouble(*a), asDouble(*b));
  if (!std::isfinite(result))
    return fail(expr.location, "the result is not a finite number");
  return Number(result);
}

std::optional<Number> Constants::evaluate(const Expr &expr) {
  if (depth >= maxDepth)
    return fail(expr.location, "the expression is nested too deeply");
  ++depth;
  std::optional<Number> result;
  switch (expr.kind) {
  case Expr::Kind::Integer:
    result = Number(expr.integer);
    break;
  case Expr::Kind::Float:
    result = Number(expr.number);
    break;
  case Expr::Kind::Name:
    result = evaluateName(expr);
    break;
  case Expr::Kind::Unary: {
    result = evaluate(expr.operands[0]);
    if (!result)
      break;
    if (double *number = std::get_if<double>(&*result))
      *number = -*number;
    else if (int64_t &integer = std::get<int64_t>(*result);
             __builtin_sub_overflow(int64_t(0), integer, &integer))
      result = fail(expr.location, "the result does not fit 64 bits");
    break;
  }
  case Expr::Kind::Binary:
    result = evaluateBinary(expr);
    break;
  case Expr::Kind::Bool:
    result =
        fail(expr.location, "expected a number, got " +
                                std::string(expr.integer ? "true" : "false"));
    break;
  case Expr::Kind::List:
    result = fail(expr.location, "expected a number, got an array");
    break;
  }
  --depth;
  return result;
}

std::optional<int64_t> Constants::evaluateInteger(const Expr &expr) {
  std::optional<Number> number = evaluate(expr);
  if (!number)
    return std::nullopt;
  const int64_t *integer = std::get_if<int64_t>(&*number);
  if (!integer)
    return fail(expr.location, "expected an integer, got " + toString(*number));
  if (*integer > maxInteger || *integer < -maxInteger)
    return fail(expr.location, "the integer " + std::to_string(*integer) +
                                   " is too large: at most 2^31 - 1");
  return *integer;
}

std::optional<double> Constants::evaluateFloat(const Expr &expr) {
  std::optional<Number> number = evaluate(expr);
  if (!number)
    return std::nullopt;
  return asDouble(*number);
}
