// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Results, definitions, entries and the sections of a model in the JSON
// spelling.

#include "JsonPrinter.h"
#include "JsonLayout.h"
#include "Printer.h"
#include "descent/Model/Load.h"
#include <algorithm>

using namespace descent::model;
using Json = JsonPrinter::Json;

/// A loss, a metric or an output.
Json JsonPrinter::result(const Expr &value,
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

Json JsonPrinter::losses(const std::vector<Expr> &list) {
  Json result = Json::array();
  for (const Expr &loss : list)
    result.push_back(
        this->result(loss, {Category::Loss, Category::Op, Category::Layer}));
  return list.size() == 1 ? Json(result[0]) : result;
}

Json JsonPrinter::optimizer(const OptimizerDecl &optimizer) {
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

Json JsonPrinter::optimizers(const std::vector<OptimizerDecl> &list) {
  if (list.size() == 1)
    return optimizer(list[0]);
  Json result = Json::array();
  for (const OptimizerDecl &each : list)
    result.push_back(optimizer(each));
  return result;
}

/// "network" and "returns".
void JsonPrinter::body(Json &object, const std::vector<Stage> &stages) {
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

Json JsonPrinter::definition(const Definition &definition) {
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

Json JsonPrinter::entry(const EntryDecl &entry) {
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

Json JsonPrinter::run(const Model &model) {
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

std::string descent::model::printJson(const Model &model) {
  return layoutJson(JsonPrinter().run(model));
}
