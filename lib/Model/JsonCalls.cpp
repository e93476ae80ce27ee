// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expressions and calls of the JSON spelling.

#include "JsonReader.h"
#include "TextParser.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace descent::model;

namespace {

std::string withArticle(std::string_view noun) {
  return (noun.starts_with('o') ? "an " : "a ") + std::string(noun);
}

/// In a network a function of values is a layer like any other.
std::string_view nameOf(Category category) {
  return category == Category::Op ? "layer" : toString(category);
}

Category categoryOf(Definition::Kind kind) {
  switch (kind) {
  case Definition::Kind::Module:
    return Category::Layer;
  case Definition::Kind::Function:
    return Category::Op;
  case Definition::Kind::Loss:
    return Category::Loss;
  case Definition::Kind::Metric:
    return Category::Metric;
  case Definition::Kind::Initializer:
    return Category::Initializer;
  }
  return Category::Op;
}

CallableShape shapeOf(const OpSpec &op) {
  CallableShape shape;
  shape.name = op.name;
  shape.category = op.category;
  shape.variadic = op.variadic;
  shape.numOperands = op.operands.size();
  for (const OperandSpec &operand : op.operands)
    shape.numRequired += !operand.optional;
  for (const AttrSpec &attribute : op.attributes) {
    shape.attributes.emplace_back(attribute.name);
    shape.isFunction.push_back(attribute.kind == AttrKind::Function);
  }
  return shape;
}

/// A number below zero is a minus and a number, as in the text spelling.
Expr negate(Expr number) {
  Expr result;
  result.kind = Expr::Kind::Unary;
  result.location = number.location;
  result.op = "-";
  number.integer = -number.integer;
  number.number = -number.number;
  result.operands.push_back(std::move(number));
  return result;
}

} // namespace

const CallableShape *CallableTable::find(const std::string &name) {
  if (auto found = shapes.find(name); found != shapes.end())
    return &found->second;
  const OpSpec *op = lookup(name);
  return op ? &shapes.emplace(name, shapeOf(*op)).first->second : nullptr;
}

void CallableTable::add(const Definition &definition) {
  CallableShape shape;
  shape.name = definition.name.text;
  shape.category = categoryOf(definition.kind);
  for (const ParameterDecl &parameter : definition.parameters) {
    const std::string &type = parameter.type.name.text;
    if (type == "tensor" || type == "tensors" ||
        (type.empty() && !parameter.defaultValue)) {
      shape.numOperands += 1;
      shape.numRequired += !parameter.defaultValue;
      shape.variadic |= type == "tensors";
      continue;
    }
    shape.attributes.push_back(parameter.name.text);
    shape.isFunction.push_back(type == "function");
  }
  shapes.insert_or_assign(shape.name, std::move(shape));
}

void CallableTable::addValue(const std::string &name) {
  if (find(name))
    return;
  CallableShape shape;
  shape.name = name;
  shape.category = Category::Layer;
  shape.numOperands = shape.numRequired = 1;
  shape.variadic = true;
  shapes.emplace(name, std::move(shape));
}

std::vector<std::string>
CallableTable::names(const std::vector<Category> &categories) const {
  std::vector<std::string> result;
  auto add = [&](Category category, std::string_view name) {
    if (std::find(categories.begin(), categories.end(), category) !=
        categories.end())
      result.emplace_back(name);
  };
  for (const OpSpec &op : registry())
    add(op.category, op.name);
  for (const auto &[name, shape] : shapes)
    if (!lookup(name))
      add(shape.category, name);
  // The table has no order of its own, and of two that are as near the first is
  // told.
  std::sort(result.begin(), result.end());
  return result;
}

Identifier JsonReader::readIdentifier(const std::string &text,
                                      Location location,
                                      std::string_view what) {
  if (!isIdentifier(text)) {
    error(location, quote(text) + " cannot name " + std::string(what) +
                        ": a name is a letter or _, then letters, digits "
                        "and _");
    return {"", location};
  }
  if (isReservedName(text)) {
    error(location,
          quote(text) + " is reserved and cannot name " + std::string(what));
    return {"", location};
  }
  return {text, location};
}

std::optional<Expr> JsonReader::readText(const JsonValue &value) {
  Location begin = value.location;
  begin.column += !value.escaped;
  return parseExpression(value.text, begin, !value.escaped, diagnostics);
}

std::optional<Expr> JsonReader::readExpr(const JsonValue &value) {
  Expr result;
  result.location = value.location;
  switch (value.kind) {
  case JsonValue::Kind::Bool:
    result.kind = Expr::Kind::Bool;
    result.integer = value.boolean;
    return result;
  case JsonValue::Kind::Integer:
    result.kind = Expr::Kind::Integer;
    result.integer = value.integer;
    // The smallest integer has no opposite.
    if (value.integer < 0 &&
        value.integer != std::numeric_limits<int64_t>::min())
      return negate(std::move(result));
    return result;
  case JsonValue::Kind::Float:
    result.kind = Expr::Kind::Float;
    result.number = value.number;
    if (std::signbit(value.number))
      return negate(std::move(result));
    return result;
  case JsonValue::Kind::String:
    return readText(value);
  case JsonValue::Kind::Array:
    result.kind = Expr::Kind::List;
    for (const JsonValue &item : value.items) {
      std::optional<Expr> expr = readExpr(item);
      if (!expr)
        return std::nullopt;
      result.operands.push_back(std::move(*expr));
    }
    return result;
  case JsonValue::Kind::Object:
    if (value.find("network"))
      return readLambda(value);
    break;
  case JsonValue::Kind::Null:
    break;
  }
  wrongKind(value, "a number, a name or an expression");
  return std::nullopt;
}

/// `{ "network": [...] }`, with "params" and "returns" like a definition's, or
/// the array alone.
std::optional<Expr> JsonReader::readLambda(const JsonValue &value) {
  auto lambda = std::make_shared<Lambda>();
  lambda->location = value.location;
  size_t before = diagnostics.numErrors();
  const JsonMember *returns = nullptr;
  if (value.isArray()) {
    readNetwork(value, lambda->body);
  } else {
    for (const JsonMember &member : value.members) {
      if (member.key == "params")
        lambda->hasParameters =
            readParameters(member.value, lambda->parameters);
      else if (member.key == "network")
        readNetwork(member.value, lambda->body);
      else if (member.key == "returns")
        returns = &member;
      else
        unknownKey(member, "a body", {"params", "network", "returns"});
    }
  }
  if (returns)
    readReturns(*returns, lambda->body);
  if (diagnostics.numErrors() != before)
    return std::nullopt;
  Expr result;
  result.kind = Expr::Kind::Lambda;
  result.location = value.location;
  result.lambda = std::move(lambda);
  return result;
}

std::optional<Expr> JsonReader::readAttribute(const JsonValue &value,
                                              bool isFunction) {
  return isFunction && value.isArray() ? readLambda(value) : readExpr(value);
}

/// One value, or an array of them.
bool JsonReader::readOperands(const JsonValue &value,
                              std::vector<Argument> &operands) {
  std::optional<Expr> expr = readExpr(value);
  if (!expr)
    return false;
  if (!value.isArray()) {
    operands.push_back({{}, std::move(*expr)});
    return true;
  }
  for (Expr &item : expr->operands)
    operands.push_back({{}, std::move(item)});
  return true;
}

const CallableShape *
JsonReader::findCallable(const std::string &name, Location location,
                         const std::vector<Category> &categories) {
  const CallableShape *shape = callables.find(name);
  if (shape && std::find(categories.begin(), categories.end(),
                         shape->category) != categories.end())
    return shape;
  std::string expected(nameOf(categories.front()));
  if (shape)
    error(location, quote(name) + " is " +
                        withArticle(nameOf(shape->category)) + ", and " +
                        withArticle(expected) + " is expected here");
  else
    error(location, "unknown " + expected + " " + quote(name) +
                        didYouMean(name, callables.names(categories)));
  return nullptr;
}

/// Reads what stands behind the op's key. In a network the value that an op
/// with one operand takes comes from outside, so a bare value is its first
/// attribute; elsewhere it is the operand.
bool JsonReader::readCallValue(const JsonValue &value,
                               const CallableShape &shape, Place place,
                               std::vector<Argument> &operands,
                               std::vector<Argument> &attributes) {
  size_t before = diagnostics.numErrors();
  auto isFunction = [&](const std::string &name) {
    auto found =
        std::find(shape.attributes.begin(), shape.attributes.end(), name);
    return found != shape.attributes.end() &&
           shape.isFunction[found - shape.attributes.begin()];
  };
  if (value.isObject() && !(value.find("network") && shape.attributes.size() &&
                            isFunction(shape.attributes[0]))) {
    for (const JsonMember &member : value.members) {
      if (member.key == "args") {
        readOperands(member.value, operands);
        if (operands.empty() && diagnostics.numErrors() == before)
          error(member.value.location, "'args' is empty");
        continue;
      }
      if (std::optional<Expr> expr =
              readAttribute(member.value, isFunction(member.key)))
        attributes.push_back({{member.key, member.location}, std::move(*expr)});
    }
    return diagnostics.numErrors() == before;
  }
  bool takesValues = place == Place::Network
                         ? shape.numRequired > 1 || shape.variadic
                         : shape.numOperands > 0;
  if (takesValues && (value.isArray() || value.isString())) {
    readOperands(value, operands);
    if (operands.empty() && diagnostics.numErrors() == before)
      error(value.location, "the list of values is empty");
    return diagnostics.numErrors() == before;
  }
  std::string got = ", got " + std::string(value.describe());
  std::string problem;
  if (takesValues && (shape.attributes.empty() || place == Place::Result))
    problem = "expected the values of " + quote(shape.name) +
              ", by name or as expressions" + got;
  else if (shape.attributes.empty())
    problem = quote(shape.name) + " has no attributes" + got + ": write \"" +
              shape.name + "\" alone";
  else if (value.kind == JsonValue::Kind::Null)
    problem = "expected the attributes of " + quote(shape.name) + got;
  if (!problem.empty()) {
    error(value.location, problem);
    return false;
  }
  std::optional<Expr> expr = readAttribute(value, shape.isFunction[0]);
  if (!expr)
    return false;
  // Behind the one value that the op takes, it needs no name.
  size_t numTaken = place == Place::Network ? 1 : 0;
  Identifier key{shape.attributes[0], value.location};
  if (!shape.variadic && shape.numOperands <= numTaken)
    key.text.clear();
  attributes.push_back({std::move(key), std::move(*expr)});
  return true;
}

Expr JsonReader::makeCall(const std::string &name, Location location) {
  Expr callee;
  callee.kind = Expr::Kind::Name;
  callee.name = name;
  callee.location = location;
  Expr call;
  call.kind = Expr::Kind::Call;
  call.location = location;
  call.operands.push_back(std::move(callee));
  return call;
}

/// Reads `"op": ...`.
std::optional<Expr>
JsonReader::readCall(const JsonMember &member,
                     const std::vector<Category> &categories) {
  const CallableShape *shape =
      findCallable(member.key, member.location, categories);
  if (!shape)
    return std::nullopt;
  Expr call = makeCall(member.key, member.location);
  std::vector<Argument> attributes;
  if (!readCallValue(member.value, *shape, Place::Result, call.arguments,
                     attributes))
    return std::nullopt;
  for (Argument &attribute : attributes)
    call.arguments.push_back(std::move(attribute));
  return call;
}

std::optional<Expr>
JsonReader::readResult(const JsonValue &value,
                       const std::vector<Category> &categories) {
  if (value.isString()) {
    // The name of an op is a call without arguments.
    const OpSpec *op = lookup(value.text);
    if (op && categories.front() == op->category)
      return makeCall(value.text, value.location);
    return readText(value);
  }
  std::string expected =
      "expected { \"<" + std::string(nameOf(categories.front())) + ">\": ... }";
  if (!value.isObject())
    error(value.location, expected + ", got " + std::string(value.describe()));
  else if (value.members.size() != 1)
    error(value.members.empty() ? value.location : value.members[1].location,
          expected + " with one key, got " +
              std::to_string(value.members.size()));
  else
    return readCall(value.members[0], categories);
  return std::nullopt;
}
