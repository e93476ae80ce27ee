// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attributes: compile-time values, checked against their specification.

#include "Attributes.h"
#include "Inference.h"
#include <algorithm>
#include <cmath>

using namespace descent::model;

namespace {

/// "at least 1", "in [0, 1)", ...
std::string describe(const Range &range) {
  if (std::isfinite(range.low) && std::isfinite(range.high))
    return std::string("in ") + (range.openLow ? "(" : "[") +
           toString(range.low) + ", " + toString(range.high) +
           (range.openHigh ? ")" : "]");
  if (std::isfinite(range.low))
    return (range.openLow ? "greater than " : "at least ") +
           toString(range.low);
  return (range.openHigh ? "less than " : "at most ") + toString(range.high);
}

class Conformer {
public:
  Conformer(const AttrSpec &spec, std::string_view op, const Expr &expr,
            const std::function<void(Location, std::string)> &report,
            Location location)
      : spec(spec), op(op), expr(expr), report(report), location(location) {}

  std::optional<Value> run(const Value &value);

private:
  std::nullopt_t fail(Location at, std::string message) {
    report(at, std::move(message));
    return std::nullopt;
  }
  std::string name() const { return quote(spec.name) + " of " + quote(op); }
  std::nullopt_t expected(const char *what, const Value &value, const Expr &at);
  std::optional<Value> number(const Value &value, const Expr &at,
                              bool isInteger);
  std::optional<Value> numbers(const Value &value, bool areIntegers);
  std::optional<Value> shape(const Value &value);
  /// The item of the list that was written, or all of what was.
  const Expr &item(size_t i) const {
    return expr.kind == Expr::Kind::List && i < expr.operands.size()
               ? expr.operands[i]
               : expr;
  }
  Location at(const Expr &part) const {
    return &part == &expr ? location : part.location;
  }

  const AttrSpec &spec;
  std::string_view op;
  const Expr &expr;
  const std::function<void(Location, std::string)> &report;
  Location location;
};

std::nullopt_t Conformer::expected(const char *what, const Value &value,
                                   const Expr &part) {
  if (value.isTensor() && part.kind == Expr::Kind::Name)
    return fail(at(part), name() + " must be " + what + "; " +
                              quote(part.name) + " is a value");
  std::string got =
      value.list() ? "an array"
      : value.isTensor() || value.callable() || value.is<Initializer>()
          ? value.kindName()
      : value.is<std::string>() ? quote(print(value))
                                : print(value);
  return fail(at(part), name() + " must be " + what + ", got " + got);
}

std::optional<Value> Conformer::number(const Value &value, const Expr &part,
                                       bool isInteger) {
  if (!value.isNumber())
    return expected("a number", value, part);
  if (isInteger && !value.is<Integer>())
    return expected("an integer", value, part);
  if (isInteger &&
      (value.integer() > maxInteger || value.integer() < -maxInteger))
    return fail(at(part), "the integer " + print(value) +
                              " is too large: at most 2^31 - 1");
  if (!spec.range.contains(value.number()))
    return fail(at(part), name() + " must be " + describe(spec.range) +
                              ", got " + print(value));
  if (isInteger)
    return value;
  return Value(value.number());
}

std::optional<Value> Conformer::numbers(const Value &value, bool areIntegers) {
  const List *list = value.list();
  if (!list) {
    std::optional<Value> one = number(value, expr, areIntegers);
    if (!one)
      return std::nullopt;
    return List(std::max(spec.count, 1), *one);
  }
  if (spec.count && list->size() != size_t(spec.count))
    return fail(location,
                name() +
                    (spec.count == 2
                         ? std::string(" is a pair, got an array of ")
                         : " is an array of " + std::to_string(spec.count) +
                               ", got one of ") +
                    std::to_string(list->size()));
  List result;
  for (size_t i = 0; i < list->size(); ++i) {
    std::optional<Value> one = number((*list)[i], item(i), areIntegers);
    if (!one)
      return std::nullopt;
    result.push_back(std::move(*one));
  }
  return result;
}

std::optional<Value> Conformer::shape(const Value &value) {
  const List *list = value.list();
  if (!list)
    return fail(location, name() + " is an array of sizes: [\"batch\", 7, -1]");
  int batches = 0, free = 0;
  for (size_t i = 0; i < list->size(); ++i) {
    const Value &size = (*list)[i];
    std::optional<Value> one = number(size, item(i), true);
    if (!one)
      return std::nullopt;
    batches += size.get<Integer>()->batch;
    free += size.integer() == -1;
    if (size.integer() < 1 && size.integer() != -1)
      return fail(at(item(i)),
                  "a size must be at least 1, or -1 for what is left, got " +
                      print(size));
    if (batches > 1)
      return fail(at(item(i)), "'batch' stands twice in one shape");
    if (free > 1)
      return fail(at(item(i)), "only one size may be -1");
  }
  return value;
}

std::optional<Value> Conformer::run(const Value &value) {
  if (!value.isValid())
    return std::nullopt;
  switch (spec.kind) {
  case AttrKind::Int:
    return number(value, expr, true);
  case AttrKind::Float:
    return number(value, expr, false);
  case AttrKind::Ints:
    return numbers(value, true);
  case AttrKind::Floats:
    return numbers(value, false);
  case AttrKind::Shape:
    return shape(value);
  case AttrKind::Bool:
    if (value.is<bool>())
      return value;
    return fail(location, name() + " must be true or false");
  case AttrKind::String:
    if (value.is<std::string>())
      return value;
    return expected("a string", value, expr);
  case AttrKind::DType:
    if (value.is<std::string>() && parseDType(*value.get<std::string>()))
      return value;
    return fail(location, name() + " must be a dtype, such as f32 or i32");
  case AttrKind::Enum:
    if (const std::string *text = value.get<std::string>())
      if (std::find(spec.enumerators.begin(), spec.enumerators.end(), *text) !=
          spec.enumerators.end())
        return value;
    return fail(location, expectedEnumerators(spec, op) +
                              (value.is<std::string>()
                                   ? ", got " + quote(print(value)) +
                                         didYouMean(*value.get<std::string>(),
                                                    spec.enumerators)
                                   : ""));
  case AttrKind::Function:
    if (value.callable())
      return value;
    return expected("a function", value, expr);
  case AttrKind::Init:
    if (value.callable() || value.is<Initializer>() || value.isNumber())
      return value;
    return expected("an initializer", value, expr);
  case AttrKind::Any:
    return value;
  }
  return std::nullopt;
}

} // namespace

std::string descent::model::expectedEnumerators(const AttrSpec &spec,
                                                std::string_view op) {
  std::string choices;
  for (size_t i = 0; i < spec.enumerators.size(); ++i)
    choices += (i == 0                             ? ""
                : i + 1 == spec.enumerators.size() ? " or "
                                                   : ", ") +
               quote(spec.enumerators[i]);
  return quote(spec.name) + " of " + quote(op) + " must be " + choices;
}

std::optional<Value> descent::model::conform(
    const AttrSpec &spec, std::string_view op, const Value &value,
    const Expr &expr, const std::function<void(Location, std::string)> &report,
    Location location) {
  return Conformer(spec, op, expr, report, location).run(value);
}

AttrValue descent::model::toAttrValue(const AttrSpec &spec,
                                      const Value &value) {
  if (const bool *flag = value.get<bool>())
    return *flag;
  if (const double *number = value.get<double>())
    return *number;
  if (const Integer *integer = value.get<Integer>())
    return integer->value;
  if (const std::string *text = value.get<std::string>())
    return *text;
  const List *list = value.list();
  if (!list)
    return {};
  if (spec.kind == AttrKind::Floats) {
    std::vector<double> numbers;
    for (const Value &item : *list)
      numbers.push_back(item.number());
    return numbers;
  }
  std::vector<int64_t> integers;
  for (const Value &item : *list)
    integers.push_back(spec.kind == AttrKind::Shape &&
                               item.get<Integer>()->batch
                           ? batchDim
                           : item.integer());
  return integers;
}

Value descent::model::toValue(const AttrValue &value) {
  struct {
    Value operator()(std::monostate) { return None{}; }
    Value operator()(bool held) { return held; }
    Value operator()(int64_t held) { return held; }
    Value operator()(double held) { return held; }
    Value operator()(const std::string &held) { return held; }
    Value operator()(const std::vector<int64_t> &held) {
      return List(held.begin(), held.end());
    }
    Value operator()(const std::vector<double> &held) {
      return List(held.begin(), held.end());
    }
  } convert;
  return std::visit(convert, value);
}
