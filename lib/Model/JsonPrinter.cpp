// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A syntax tree in the JSON spelling. What layers cannot say stands in strings
// of the text spelling.

#include "JsonLayout.h"
#include "JsonReader.h"
#include "Printer.h"
#include "descent/Model/Load.h"
#include <algorithm>
#include <set>

using namespace descent::model;
using Json = nlohmann::ordered_json;

namespace {

class Printer {
public:
  Json run(const Model &model);

private:
  Json expr(const Expr &expr);
  Json lambda(const Lambda &lambda);
  Json attribute(const Expr &expr, bool isFunction);
  Json parameters(const std::vector<ParameterDecl> &parameters);
  Json network(const std::vector<Stage> &stages);
  Json value(const Stage &stage);
  std::optional<Json> layer(const Stage &stage, std::string &op);
  Json item(const Stage &stage);
  std::optional<Json> attributes(const CallableShape &shape,
                                 const std::vector<Argument> &named);
  Json result(const Expr &expr, std::initializer_list<Category> categories);
  Json losses(const std::vector<Expr> &list);
  Json optimizer(const OptimizerDecl &optimizer);
  Json optimizers(const std::vector<OptimizerDecl> &list);
  void body(Json &object, const std::vector<Stage> &stages);
  Json definition(const Definition &definition);
  Json entry(const EntryDecl &entry);

  CallableTable callables;
};

std::string text(const Expr &expr) { return flatten(printExpr(expr)); }

Json names(const std::vector<Identifier> &list) {
  if (list.size() == 1)
    return list[0].text;
  Json result = Json::array();
  for (const Identifier &name : list)
    result.push_back(name.text);
  return result;
}

/// The arguments of a call, those without a name and those with one.
struct Arguments {
  std::vector<Argument> values, named;

  explicit Arguments(const Expr &call) {
    for (const Argument &argument : call.arguments)
      (argument.key.empty() ? values : named).push_back(argument);
  }
  /// Whether an object can hold them: values first, names once.
  bool isPlain(const Expr &call) const {
    std::set<std::string_view> seen;
    for (size_t i = 0; i < call.arguments.size(); ++i) {
      const std::string &key = call.arguments[i].key.text;
      if (key.empty() != (i < values.size()) || key == "args" ||
          (!key.empty() && !seen.insert(key).second))
        return false;
    }
    return true;
  }
};

const Expr *calledName(const Expr &call) {
  bool isNamed = call.kind == Expr::Kind::Call &&
                 call.operands[0].kind == Expr::Kind::Name;
  return isNamed ? &call.operands[0] : nullptr;
}

Json Printer::expr(const Expr &value) {
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

Json Printer::lambda(const Lambda &lambda) {
  Json result = Json::object();
  if (lambda.hasParameters)
    result["params"] = parameters(lambda.parameters);
  result["network"] = network(lambda.body);
  return result;
}

/// An array would be the body of a function.
Json Printer::attribute(const Expr &value, bool isFunction) {
  return isFunction && value.kind == Expr::Kind::List ? Json(text(value))
                                                      : expr(value);
}

Json Printer::parameters(const std::vector<ParameterDecl> &parameters) {
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

Json Printer::network(const std::vector<Stage> &stages) {
  Json result = Json::array();
  for (const Stage &stage : stages)
    result.push_back(item(stage));
  return result;
}

/// What stands behind the name of an op: the attributes by name.
std::optional<Json> Printer::attributes(const CallableShape &shape,
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
std::optional<Json> Printer::layer(const Stage &stage, std::string &op) {
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

Json Printer::value(const Stage &stage) {
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

Json Printer::item(const Stage &stage) {
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

/// A loss, a metric or an output.
Json Printer::result(const Expr &value,
                     std::initializer_list<Category> categories) {
  const Expr *callee = calledName(value);
  const CallableShape *shape = callee ? callables.find(callee->name) : nullptr;
  if (!shape || std::find(categories.begin(), categories.end(),
                          shape->category) == categories.end())
    return text(value);
  Arguments arguments(value);
  std::optional<Json> behind = attributes(*shape, arguments.named);
  bool fits = shape->variadic || arguments.values.size() <= shape->numOperands;
  if (!behind || !arguments.isPlain(value) || arguments.values.empty() || !fits)
    return text(value);
  Json list = Json::array();
  for (const Argument &argument : arguments.values)
    list.push_back(expr(argument.value));
  if (list.size() == 1 && list[0].is_string())
    list = Json(list[0]);
  if (behind->empty())
    return {{callee->name, std::move(list)}};
  Json object = {{"args", std::move(list)}};
  object.update(*behind);
  return {{callee->name, std::move(object)}};
}

Json Printer::losses(const std::vector<Expr> &list) {
  Json result = Json::array();
  for (const Expr &loss : list)
    result.push_back(
        this->result(loss, {Category::Loss, Category::Op, Category::Layer}));
  return list.size() == 1 ? Json(result[0]) : result;
}

Json Printer::optimizer(const OptimizerDecl &optimizer) {
  const Expr &value = optimizer.value;
  const Expr *callee = calledName(value);
  const CallableShape *shape = callee ? callables.find(callee->name) : nullptr;
  Arguments arguments(value);
  std::optional<Json> behind;
  if (shape && shape->category == Category::Optimizer &&
      arguments.isPlain(value))
    behind = attributes(*shape, arguments.named);
  Json result = Json::object();
  if (!behind) {
    if (optimizer.over.empty())
      return text(value);
    result["value"] = text(value);
  } else if (arguments.values.size() == 1 && arguments.named.empty()) {
    result[callee->name] = expr(arguments.values[0].value);
  } else if (arguments.values.empty()) {
    result[callee->name] = std::move(*behind);
  } else {
    Json list = Json::array();
    for (const Argument &argument : arguments.values)
      list.push_back(expr(argument.value));
    Json object = {{"args", std::move(list)}};
    object.update(*behind);
    result[callee->name] = std::move(object);
  }
  for (const Identifier &path : optimizer.over)
    result["over"].push_back(path.text);
  return result;
}

Json Printer::optimizers(const std::vector<OptimizerDecl> &list) {
  if (list.size() == 1)
    return optimizer(list[0]);
  Json result = Json::array();
  for (const OptimizerDecl &each : list)
    result.push_back(optimizer(each));
  return result;
}

/// "network" and "returns".
void Printer::body(Json &object, const std::vector<Stage> &stages) {
  std::vector<Stage> others = stages;
  bool returns = !stages.empty() && stages.back().kind == Stage::Kind::Return;
  if (returns)
    others.pop_back();
  if (!others.empty() || !returns)
    object["network"] = network(others);
  if (returns)
    object["returns"] =
        stages.back().takesPrevious ? Json() : expr(stages.back().value);
}

Json Printer::definition(const Definition &definition) {
  static const char *const kinds[] = {"module", "function", "loss", "metric",
                                      "initializer"};
  Json result = Json::object();
  std::string doc = definition.doc;
  if (doc.ends_with('\n'))
    doc.pop_back();
  if (!definition.doc.empty())
    result["doc"] = doc;
  if (definition.kind > Definition::Kind::Function)
    result["kind"] = kinds[int(definition.kind)];
  result["params"] = parameters(definition.parameters);
  body(result, definition.body);
  if (definition.vjp) {
    Json vjp = {{"cotangents", Json::array()}};
    for (const Identifier &name : definition.cotangents)
      vjp["cotangents"].push_back(name.text);
    body(vjp, *definition.vjp);
    result["vjp"] = std::move(vjp);
  }
  return result;
}

Json Printer::entry(const EntryDecl &entry) {
  auto isOwnKey = [](const Argument &argument) {
    return argument.key.text == "batch" || argument.key.text == "training";
  };
  Json result = Json::object(), set = Json::object();
  // The order is kept: what follows a constant is set like one.
  for (const Argument &argument : entry.overrides)
    if (isOwnKey(argument) && set.empty())
      result[argument.key.text] = expr(argument.value);
    else
      set[argument.key.text] = expr(argument.value);
  if (!set.empty())
    result["set"] = std::move(set);
  if (!entry.body.empty())
    result["network"] = network(entry.body);
  for (const ResultDecl &output : entry.outputs)
    result["outputs"][output.name.text] =
        this->result(output.value, {Category::Layer, Category::Op});
  if (!entry.losses.empty())
    result["loss"] = losses(entry.losses);
  if (!entry.optimizers.empty())
    result["optimizer"] = optimizers(entry.optimizers);
  return result;
}

Json Printer::run(const Model &model) {
  for (const Definition &definition : model.definitions)
    callables.add(definition);
  Json result = {{"descent", 1}, {"name", model.name.text}};
  for (const ConstantDecl &constant : model.constants)
    result["constants"][constant.name.text] = expr(constant.value);
  result["inputs"] = Json::object();
  for (const InputDecl &input : model.inputs) {
    Json object = {{"shape", expr(input.shape)}, {"dtype", input.dtype.text}};
    if (input.range)
      object["range"] = expr(*input.range);
    result["inputs"][input.name.text] = std::move(object);
  }
  for (const Definition &each : model.definitions)
    if (each.kind == Definition::Kind::Module)
      result["modules"][each.name.text] = definition(each);
  for (const Definition &each : model.definitions)
    if (each.kind != Definition::Kind::Module)
      result["functions"][each.name.text] = definition(each);
  result["network"] = network(model.network);
  if (!model.losses.empty())
    result["loss"] = losses(model.losses);
  for (const ResultDecl &metric : model.metrics)
    result["metrics"][metric.name.text] =
        this->result(metric.value, {Category::Metric, Category::Loss,
                                    Category::Op, Category::Layer});
  if (model.outputs) {
    result["outputs"] = Json::object();
    for (const ResultDecl &output : *model.outputs)
      result["outputs"][output.name.text] =
          this->result(output.value, {Category::Layer, Category::Op});
  }
  if (!model.optimizers.empty())
    result["optimizer"] = optimizers(model.optimizers);
  for (const Argument &argument : model.train)
    result["train"][argument.key.text] = expr(argument.value);
  for (const EntryDecl &each : model.entries)
    result["entries"][each.name.text] = entry(each);
  return result;
}

} // namespace

std::string descent::model::printJson(const Model &model) {
  return layoutJson(Printer().run(model));
}
