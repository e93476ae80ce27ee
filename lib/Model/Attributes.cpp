// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attributes of an op: evaluated, checked against the registry, and completed
// by defaults.

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

class Resolver {
public:
  Resolver(const OpSpec &op, Constants &constants,
           DiagnosticEngine &diagnostics)
      : op(op), constants(constants), diagnostics(diagnostics) {}

  std::optional<AttrValue> evaluate(const AttrSpec &spec, const Expr &expr);

private:
  std::nullopt_t fail(Location location, std::string message) {
    diagnostics.error(location, std::move(message));
    return std::nullopt;
  }
  bool inRange(const AttrSpec &spec, Location location, const Number &number);
  std::optional<int64_t> integer(const AttrSpec &spec, const Expr &expr);
  std::optional<double> number(const AttrSpec &spec, const Expr &expr);
  std::optional<AttrValue> shape(const AttrSpec &spec, const Expr &expr);
  std::optional<AttrValue> enumerator(const AttrSpec &spec, const Expr &expr);

  const OpSpec &op;
  Constants &constants;
  DiagnosticEngine &diagnostics;
};

bool Resolver::inRange(const AttrSpec &spec, Location location,
                       const Number &number) {
  double value = std::visit([](auto x) { return double(x); }, number);
  if (spec.range.contains(value))
    return true;
  fail(location, quote(spec.name) + " of " + quote(op.name) + " must be " +
                     describe(spec.range) + ", got " + toString(number));
  return false;
}

std::optional<int64_t> Resolver::integer(const AttrSpec &spec,
                                         const Expr &expr) {
  std::optional<int64_t> value = constants.evaluateInteger(expr);
  if (!value || !inRange(spec, expr.location, *value))
    return std::nullopt;
  return value;
}

std::optional<double> Resolver::number(const AttrSpec &spec, const Expr &expr) {
  std::optional<double> value = constants.evaluateFloat(expr);
  if (!value || !inRange(spec, expr.location, *value))
    return std::nullopt;
  return value;
}

std::optional<AttrValue> Resolver::shape(const AttrSpec &spec,
                                         const Expr &expr) {
  if (expr.kind != Expr::Kind::List)
    return fail(expr.location, quote(spec.name) + " of " + quote(op.name) +
                                   " is an array of sizes: [\"batch\", 7, -1]");
  std::vector<int64_t> sizes;
  for (const Expr &item : expr.operands) {
    if (item.kind == Expr::Kind::Name && item.name == "batch") {
      if (!sizes.empty())
        return fail(item.location, "'batch' may only be the first size");
      sizes.push_back(batchDim);
      continue;
    }
    std::optional<int64_t> size = constants.evaluateInteger(item);
    if (!size)
      return std::nullopt;
    if (*size < 1 && *size != -1)
      return fail(item.location,
                  "a size must be at least 1, or -1 for what is left, got " +
                      std::to_string(*size));
    if (*size == -1 && std::count(sizes.begin(), sizes.end(), -1))
      return fail(item.location, "only one size may be -1");
    sizes.push_back(*size);
  }
  return sizes;
}

std::optional<AttrValue> Resolver::enumerator(const AttrSpec &spec,
                                              const Expr &expr) {
  std::string choices;
  for (size_t i = 0; i < spec.enumerators.size(); ++i)
    choices += (i == 0                             ? ""
                : i + 1 == spec.enumerators.size() ? " or "
                                                   : ", ") +
               quote(spec.enumerators[i]);
  std::string expected =
      quote(spec.name) + " of " + quote(op.name) + " must be " + choices;
  if (expr.kind != Expr::Kind::Name)
    return fail(expr.location, expected);
  if (std::find(spec.enumerators.begin(), spec.enumerators.end(), expr.name) ==
      spec.enumerators.end())
    return fail(expr.location, expected + ", got " + quote(expr.name) +
                                   didYouMean(expr.name, spec.enumerators));
  return expr.name;
}

std::optional<AttrValue> Resolver::evaluate(const AttrSpec &spec,
                                            const Expr &expr) {
  bool isPair =
      spec.kind == AttrKind::IntPair || spec.kind == AttrKind::FloatPair;
  bool isList = expr.kind == Expr::Kind::List;
  if (isPair && isList && expr.operands.size() != 2)
    return fail(expr.location, quote(spec.name) + " of " + quote(op.name) +
                                   " is a pair, got an array of " +
                                   std::to_string(expr.operands.size()));
  switch (spec.kind) {
  case AttrKind::Int:
    return integer(spec, expr);
  case AttrKind::Float:
    return number(spec, expr);
  case AttrKind::IntPair: {
    std::optional<int64_t> first =
        integer(spec, isList ? expr.operands[0] : expr);
    std::optional<int64_t> second =
        isList ? integer(spec, expr.operands[1]) : first;
    if (!first || !second)
      return std::nullopt;
    return std::vector<int64_t>{*first, *second};
  }
  case AttrKind::FloatPair: {
    if (!isList)
      return fail(expr.location, quote(spec.name) + " of " + quote(op.name) +
                                     " is an array of two numbers");
    std::optional<double> first = number(spec, expr.operands[0]);
    std::optional<double> second = number(spec, expr.operands[1]);
    if (!first || !second)
      return std::nullopt;
    return std::vector<double>{*first, *second};
  }
  case AttrKind::Bool:
    if (expr.kind == Expr::Kind::Bool)
      return expr.integer != 0;
    return fail(expr.location, quote(spec.name) + " of " + quote(op.name) +
                                   " must be true or false");
  case AttrKind::Shape:
    return shape(spec, expr);
  case AttrKind::Enum:
    return enumerator(spec, expr);
  }
  return std::nullopt;
}

} // namespace

bool descent::model::resolveAttributes(const Call &call, const OpSpec &op,
                                       Constants &constants,
                                       DiagnosticEngine &diagnostics,
                                       Attributes &attributes,
                                       AttrLocations &given) {
  size_t before = diagnostics.numErrors();
  bool isSound = true, hasUnknown = false;
  std::vector<std::string> names;
  for (const AttrSpec &spec : op.attributes)
    names.emplace_back(spec.name);
  std::unordered_map<std::string_view, AttrValue> values;
  Resolver resolver(op, constants, diagnostics);
  for (const Argument &argument : call.attributes) {
    const AttrSpec *spec = op.attribute(argument.key.text);
    if (!spec) {
      hasUnknown = true;
      diagnostics.error(argument.key.location,
                        "unknown attribute " + quote(argument.key.text) +
                            " of " + quote(op.name) +
                            (names.empty()
                                 ? ", which has none"
                                 : didYouMean(argument.key.text, names)));
      continue;
    }
    if (!given.try_emplace(spec->name, argument.value.location).second) {
      diagnostics.error(argument.key.location, quote(spec->name) + " of " +
                                                   quote(op.name) +
                                                   " is given twice");
      continue;
    }
    if (std::optional<AttrValue> value =
            resolver.evaluate(*spec, argument.value))
      values[spec->name] = std::move(*value);
    else
      isSound = false;
  }
  for (const AttrSpec &spec : op.attributes) {
    if (given.contains(spec.name))
      attributes.set(spec.name, std::move(values[spec.name]));
    else if (spec.required && hasUnknown)
      isSound = false; // most likely it is the one that is misspelt
    else if (spec.required)
      diagnostics.error(call.op.location,
                        quote(op.name) + " needs " + quote(spec.name));
    else if (!spec.defaultFrom.empty())
      attributes.set(spec.name, attributes.get(spec.defaultFrom));
    else
      attributes.set(spec.name, spec.defaultValue);
  }
  return isSound && diagnostics.numErrors() == before;
}
