// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expressions, layers and the other items of bodies in the JSON spelling.

#include "JsonPrinter.h"
#include "Printer.h"
#include <algorithm>

using namespace descent::model;
using Json = JsonPrinter::Json;

static Json names(const std::vector<Identifier> &list) {
  if (list.size() == 1)
    return list[0].text;
  Json result = Json::array();
  for (const Identifier &name : list)
    result.push_back(name.text);
  return result;
}

const Expr *JsonPrinter::calledName(const Expr &call) {
  bool isNamed = call.kind == Expr::Kind::Call &&
                 call.operands[0].kind == Expr::Kind::Name;
  return isNamed ? &call.operands[0] : nullptr;
}

std::string JsonPrinter::text(const Expr &expr) {
  return flatten(printExpr(expr));
}

Json JsonPrinter::expr(const Expr &value) {
  switch (value.kind) {
  case Expr::Kind::Integer:
    return value.integer;
  case Expr::Kind::Float:
    return value.number;
  case Expr::Kind::Bool:
    return value.integer != 0;
  case Expr::Kind::Unary: {
    const Expr &operand = value.operands[0];
    if (value.op == "-" && operand.kind == Expr::Kind::Integer)
      return -operand.integer;
    if (value.op == "-" && operand.kind == Expr::Kind::Float)
      return -operand.number;
    return text(value);
  }
  case Expr::Kind::List: {
    Json result = Json::array();
    for (const Expr &item : value.operands)
      result.push_back(expr(item));
    return result;
  }
  case Expr::Kind::Lambda: {
    const Lambda &function = *value.lambda;
    bool isArrow = function.hasParameters && function.body.size() == 1 &&
                   function.body[0].kind == Stage::Kind::Return &&
                   !function.body[0].takesPrevious;
    return isArrow ? Json(text(value)) : lambda(function);
  }
  default:
    return text(value);
  }
}

Json JsonPrinter::lambda(const Lambda &lambda) {
  Json result = Json::object();
  if (lambda.hasParameters)
    result["params"] = parameters(lambda.parameters);
  result["network"] = network(lambda.body);
  return result;
}

/// An array would be the body of a function.
Json JsonPrinter::attribute(const Expr &value, bool isFunction) {
  return isFunction && value.kind == Expr::Kind::List ? Json(text(value))
                                                      : expr(value);
}

Json JsonPrinter::parameters(const std::vector<ParameterDecl> &parameters) {
  Json result = Json::object();
  for (const ParameterDecl &parameter : parameters) {
    ParameterDecl bare = parameter;
    bare.defaultValue.reset();
    bool isBelow = bare.type.high && !bare.type.low;
    if (isBelow)
      bare.type.high.reset();
    Json type = flatten(printParameterType(bare));
    if (!parameter.defaultValue && !isBelow && !type.empty() &&
        !parameter.type.name.empty()) {
      result[parameter.name.text] = std::move(type);
      continue;
    }
    Json object = Json::object();
    if (!parameter.type.name.empty())
      object["type"] = std::move(type);
    if (isBelow)
      object["max"] = expr(*parameter.type.high);
    if (parameter.defaultValue)
      object["default"] = expr(*parameter.defaultValue);
    result[parameter.name.text] = std::move(object);
  }
  return result;
}

Json JsonPrinter::network(const std::vector<Stage> &stages) {
  Json result = Json::array();
  for (const Stage &stage : stages)
    result.push_back(item(stage));
  return result;
}

/// What stands behind the name of an op: the attributes by name.
std::optional<Json>
JsonPrinter::attributes(const CallableShape &shape,
                        const std::vector<Argument> &named) {
  Json result = Json::object();
  for (const Argument &argument : named) {
    auto found = std::find(shape.attributes.begin(), shape.attributes.end(),
                           argument.key.text);
    // The one key that says that a function is meant.
    if (argument.key.text == "network")
      return std::nullopt;
    bool isFunction = found != shape.attributes.end() &&
                      shape.isFunction[found - shape.attributes.begin()];
    result[argument.key.text] = attribute(argument.value, isFunction);
  }
  return result;
}

/// A call as a layer, `op` and what stands behind it, if a layer can say it.
std::optional<Json> JsonPrinter::layer(const Stage &stage, std::string &op) {
  const Expr *callee = calledName(stage.value);
  const CallableShape *shape = callee ? callables.find(callee->name) : nullptr;
  Arguments arguments(stage.value);
  if (!shape ||
      (shape->category != Category::Layer && shape->category != Category::Op) ||
      !arguments.isPlain(stage.value))
    return std::nullopt;
  op = callee->name;
  const std::vector<Argument> &values = arguments.values;
  bool isVariadic = shape->variadic;
  // The first attribute, behind the values that the layer takes.
  size_t numTaken = stage.takesPrevious ? 0 : shape->numOperands;
  bool hasBare = !isVariadic && shape->numOperands <= 1 &&
                 arguments.named.empty() && !shape->attributes.empty() &&
                 values.size() == numTaken + 1;
  if (stage.takesPrevious && shape->numOperands == 0)
    return std::nullopt;
  if (hasBare) {
    Json bare = attribute(values.back().value, shape->isFunction[0]);
    if (bare.is_object() && !shape->isFunction[0])
      return std::nullopt;
    Json result = {{op, std::move(bare)}};
    if (numTaken) {
      Json of = expr(values[0].value);
      bool isOne = of.is_string();
      result["of"] = isOne ? std::move(of) : Json::array({std::move(of)});
    }
    return result;
  }
  bool isEmpty = values.empty();
  if (stage.takesPrevious ? !isEmpty
                          : (isEmpty && shape->numOperands) ||
                                (values.size() > shape->numOperands &&
                                 !(isVariadic && shape->numOperands)))
    return std::nullopt;
  std::optional<Json> behind = attributes(*shape, arguments.named);
  if (!behind)
    return std::nullopt;
  Json list = Json::array();
  for (const Argument &argument : values)
    list.push_back(expr(argument.value));
  if (isEmpty)
    return Json({{op, std::move(*behind)}});
  bool takesValues = shape->numRequired > 1 || isVariadic;
  if (takesValues && arguments.named.empty())
    return Json({{op, std::move(list)}});
  Json result = {{op, std::move(*behind)}};
  bool isOne = list.size() == 1 && list[0].is_string();
  result["of"] = isOne ? Json(list[0]) : std::move(list);
  return result;
}

Json JsonPrinter::value(const Stage &stage) {
  std::string op;
  std::optional<Json> result = layer(stage, op);
  // { "value": ... } is no layer, whatever it is called.
  if (result && (op == "value" || op == "of" || op == "as" || op == "name"))
    result.reset();
  bool isPlain = stage.as.empty() && stage.path.empty();
  if (result && isPlain && result->size() == 1 && result->front().empty() &&
      result->front().is_object())
    return op;
  if (!result) {
    result = Json::object();
    (*result)["value"] = stage.takesPrevious
                             ? Json("|> " + flatten(printLink(stage)))
                             : expr(stage.value);
  }
  return std::move(*result);
}

Json JsonPrinter::item(const Stage &stage) {
  Json result = Json::object();
  switch (stage.kind) {
  case Stage::Kind::Value:
    result = value(stage);
    break;
  case Stage::Kind::Param:
  case Stage::Kind::State:
    result[stage.kind == Stage::Kind::Param ? "param" : "state"] =
        stage.name.text;
    result["shape"] = expr(stage.shape);
    result["dtype"] = stage.dtype.text;
    result["init"] = expr(stage.value);
    if (stage.frozen)
      result["frozen"] = true;
    break;
  case Stage::Kind::Update:
    result = {{"update", stage.name.text}, {"to", expr(stage.value)}};
    break;
  case Stage::Kind::Accumulate:
    result = {{"accumulate", stage.name.text}, {"to", expr(stage.value)}};
    break;
  case Stage::Kind::Constant:
    result = {{"const", stage.name.text}, {"to", expr(stage.value)}};
    break;
  case Stage::Kind::Instance: {
    Json of = text(stage.value);
    if (const Expr *callee = calledName(stage.value)) {
      const CallableShape *shape = callables.find(callee->name);
      Arguments arguments(stage.value);
      std::optional<Json> behind;
      if (shape && arguments.isPlain(stage.value) && arguments.values.empty())
        behind = attributes(*shape, arguments.named);
      if (behind && shape->category == Category::Layer)
        of = {{callee->name, std::move(*behind)}};
    }
    result = {{"instance", stage.name.text}, {"of", std::move(of)}};
    break;
  }
  case Stage::Kind::If:
    result = {{"if", expr(stage.value)}, {"then", network(stage.body)}};
    if (!stage.otherwise.empty())
      result["else"] = network(stage.otherwise);
    break;
  case Stage::Kind::Repeat:
    result = {{"repeat", expr(stage.value)}, {"network", network(stage.body)}};
    break;
  case Stage::Kind::For:
    result = {{"for", stage.name.text},
              {"in", expr(stage.value)},
              {"network", network(stage.body)}};
    break;
  case Stage::Kind::Require:
    result = {{"require", expr(stage.value)}, {"message", stage.message}};
    break;
  case Stage::Kind::Return:
    result["return"] = stage.takesPrevious ? Json() : expr(stage.value);
    break;
  }
  if (!stage.as.empty())
    result["as"] = names(stage.as);
  if (!stage.path.empty())
    result["name"] = stage.path.text;
  return result;
}
