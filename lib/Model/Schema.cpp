// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The JSON Schema of the JSON spelling, for editors and other programs. Layers
// are what the registry has; a file with definitions or instances of its own
// may have others.

#include "JsonLayout.h"
#include "descent/Model/Load.h"
#include "descent/Model/Registry.h"
#include <cmath>

using namespace descent::model;
using Json = nlohmann::ordered_json;

namespace {

Json refTo(const std::string &name) { return {{"$ref", "#/$defs/" + name}}; }

Json oneOf(std::initializer_list<Json> alternatives) {
  return {{"anyOf", Json(alternatives)}};
}

/// An object with these keys and no others.
Json object(Json properties, std::vector<std::string> required = {}) {
  Json result = {{"type", "object"},
                 {"properties", std::move(properties)},
                 {"additionalProperties", false}};
  if (!required.empty())
    result["required"] = required;
  return result;
}

Json arrayOf(Json items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}

Json objectOf(Json values) {
  return {{"type", "object"},
          {"propertyNames", refTo("name")},
          {"additionalProperties", std::move(values)}};
}

const Json string = {{"type", "string"}};

/// A number in a range, or an expression.
Json number(const char *type, const Range &range) {
  Json result = {{"type", type}};
  if (std::isfinite(range.low))
    result[range.openLow ? "exclusiveMinimum" : "minimum"] = range.low;
  if (std::isfinite(range.high))
    result[range.openHigh ? "exclusiveMaximum" : "maximum"] = range.high;
  return oneOf({std::move(result), string});
}

Json listOf(Json item, int count) {
  Json list = arrayOf(item);
  if (count)
    list["minItems"] = list["maxItems"] = count;
  return oneOf({std::move(item), std::move(list)});
}

Json attributeSchema(const AttrSpec &spec) {
  Json result;
  switch (spec.kind) {
  case AttrKind::Int:
    result = number("integer", spec.range);
    break;
  case AttrKind::Ints:
    result = listOf(number("integer", spec.range), spec.count);
    break;
  case AttrKind::Shape:
    result = oneOf({arrayOf(number("integer", {})), string});
    break;
  case AttrKind::Float:
    result = number("number", spec.range);
    break;
  case AttrKind::Floats:
    result = listOf(number("number", spec.range), spec.count);
    break;
  case AttrKind::Bool:
    result = {{"type", {"boolean", "string"}}};
    break;
  case AttrKind::Enum:
    result = {{"type", "string"}, {"examples", spec.enumerators}};
    break;
  case AttrKind::DType:
  case AttrKind::String:
    result = string;
    break;
  case AttrKind::Init:
    result = {{"type", {"number", "string"}}};
    break;
  case AttrKind::Function:
    result = oneOf({refTo("openNetwork"), refTo("body"), string});
    break;
  case AttrKind::Any:
    result = refTo("expression");
    break;
  }
  if (!spec.doc.empty())
    result["description"] = spec.doc;
  return result;
}

/// What stands behind the name of an op: attributes by name, or a bare value.
Json opSchema(const OpSpec &op) {
  Json properties = {{"args", refTo("expression")}};
  for (const AttrSpec &attribute : op.attributes)
    properties[std::string(attribute.name)] = attributeSchema(attribute);
  Json result = oneOf({object(std::move(properties))});
  if (!op.operands.empty())
    result["anyOf"].push_back({{"type", {"string", "array"}}});
  if (!op.attributes.empty())
    result["anyOf"].push_back(attributeSchema(op.attributes[0]));
  if (!op.doc.empty())
    result["description"] = op.doc;
  return result;
}

/// The ops of some categories, by name.
Json calls(std::initializer_list<Category> categories) {
  Json result = Json::object();
  for (const OpSpec &op : registry())
    for (Category category : categories)
      if (op.category == category)
        result[std::string(op.name)] = refTo("op." + std::string(op.name));
  return result;
}

/// `{ "op": ... }` with one op of `ops` and perhaps other keys.
Json callSchema(const Json &ops, const Json &others = Json::object()) {
  Json properties = ops;
  properties.update(others);
  Json result = object(std::move(properties));
  for (const auto &[name, value] : ops.items())
    result["oneOf"].push_back({{"required", {name}}});
  return result;
}

/// A result: an op, an op of the file itself if `isOpen`, or an expression.
Json resultSchema(std::initializer_list<Category> categories, bool isOpen) {
  Json any = {{"type", "object"}, {"minProperties", 1}, {"maxProperties", 1}};
  return oneOf(
      {string, isOpen ? std::move(any) : callSchema(calls(categories))});
}

Json names() { return oneOf({refTo("name"), arrayOf(refTo("name"))}); }

/// The items of a network. With `isOpen` a layer may be something that the
/// registry does not have.
Json itemSchema(bool isOpen) {
  const Json network = refTo(isOpen ? "openNetwork" : "network");
  const Json expression = refTo("expression"), name = refTo("name");
  Json modifiers = {{"of", {{"type", {"string", "array"}}}},
                    {"as", names()},
                    {"name", string}};
  Json ops = calls({Category::Layer, Category::Op});
  Json layerNames = Json::array();
  for (const auto &[op, value] : ops.items())
    layerNames.push_back(op);
  Json layer = callSchema(ops, modifiers);
  Json layerName = {{"enum", std::move(layerNames)}};
  if (isOpen) {
    layerName = name;
    layer = {{"type", "object"},
             {"properties", std::move(modifiers)},
             {"minProperties", 1},
             {"maxProperties", 4}};
  }
  Json shape = arrayOf(expression);
  return oneOf(
      {std::move(layerName), std::move(layer),
       object({{"value", expression}, {"as", names()}, {"name", string}},
              {"value"}),
       object({{"param", name},
               {"shape", shape},
               {"dtype", refTo("dtype")},
               {"init", expression},
               {"frozen", {{"type", "boolean"}}}},
              {"param", "shape"}),
       object({{"state", name},
               {"shape", shape},
               {"dtype", refTo("dtype")},
               {"init", expression}},
              {"state", "shape"}),
       object({{"update", string}, {"to", expression}}, {"update", "to"}),
       object({{"accumulate", name}, {"to", expression}}, {"accumulate", "to"}),
       object({{"const", name}, {"to", expression}}, {"const", "to"}),
       object({{"instance", name},
               {"of", resultSchema({Category::Layer}, isOpen)}},
              {"instance", "of"}),
       object({{"if", expression},
               {"then", network},
               {"else", network},
               {"name", string}},
              {"if", "then"}),
       object({{"repeat", expression},
               {"network", network},
               {"name", string},
               {"as", names()}},
              {"repeat", "network"}),
       object({{"for", name}, {"in", expression}, {"network", network}},
              {"for", "in", "network"}),
       object({{"require", expression}, {"message", string}},
              {"require", "message"}),
       object({{"return", oneOf({expression, {{"type", "null"}}})}},
              {"return"})});
}

Json optimizerSchema() {
  Json others = {{"over", oneOf({string, arrayOf(string)})}};
  Json named = callSchema(calls({Category::Optimizer}), others);
  Json value = object({{"value", string}, {"over", others["over"]}}, {"value"});
  Json one = oneOf({string, std::move(named), std::move(value)});
  return oneOf({one, arrayOf(one)});
}

Json definitionSchema(bool isModule) {
  const Json expression = refTo("expression");
  const Json returned = oneOf({expression, {{"type", "null"}}});
  Json properties = {{"doc", string},
                     {"params", refTo("parameters")},
                     {"network", refTo("openNetwork")},
                     {"returns", returned}};
  if (!isModule) {
    properties["kind"] = {
        {"enum", {"function", "loss", "metric", "initializer"}}};
    properties["vjp"] = object({{"cotangents", names()},
                                {"network", refTo("openNetwork")},
                                {"returns", returned}},
                               {"cotangents"});
  }
  return object(std::move(properties));
}

/// What may name ops of the file's own, where it has any.
Json openSections(bool isOpen) {
  Json loss =
      resultSchema({Category::Loss, Category::Op, Category::Layer}, isOpen);
  loss = oneOf({loss, arrayOf(loss)});
  Json metric = resultSchema(
      {Category::Metric, Category::Loss, Category::Op, Category::Layer},
      isOpen);
  Json output = resultSchema({Category::Layer, Category::Op}, isOpen);
  Json network = refTo(isOpen ? "openNetwork" : "network");
  Json entry = object({{"batch", refTo("expression")},
                       {"training", refTo("expression")},
                       {"set", objectOf(refTo("expression"))},
                       {"network", network},
                       {"outputs", objectOf(output)},
                       {"loss", loss},
                       {"optimizer", refTo("optimizer")}});
  return {{"properties",
           {{"network", network},
            {"loss", loss},
            {"metrics", objectOf(std::move(metric))},
            {"outputs", objectOf(std::move(output))},
            {"entries", objectOf(std::move(entry))}}}};
}

Json parametersSchema() {
  const Json expression = refTo("expression");
  Json parameter = object({{"type", string},
                           {"default", oneOf({expression, {{"type", "null"}}})},
                           {"min", expression},
                           {"max", expression}});
  return objectOf(oneOf({string, std::move(parameter)}));
}

Json definitions() {
  const Json expression = refTo("expression");
  Json result;
  result["name"] = {{"type", "string"},
                    {"pattern", "^[A-Za-z_][A-Za-z0-9_]*$"}};
  result["dtype"] = {{"enum", Json::array()}};
  for (DType dtype : {DType::F32, DType::F64, DType::F16, DType::BF16,
                      DType::I32, DType::U32, DType::Bool})
    result["dtype"]["enum"].push_back(toString(dtype));
  result["expression"] = oneOf({{{"type", {"number", "boolean", "string"}}},
                                arrayOf(expression),
                                refTo("body")});
  result["body"] = object({{"params", refTo("parameters")},
                           {"network", refTo("openNetwork")},
                           {"returns", expression}},
                          {"network"});
  result["parameters"] = parametersSchema();
  result["item"] = itemSchema(false);
  result["openItem"] = itemSchema(true);
  result["network"] = arrayOf(refTo("item"));
  result["openNetwork"] = arrayOf(refTo("openItem"));
  result["optimizer"] = optimizerSchema();
  for (const OpSpec &op : registry())
    result["op." + std::string(op.name)] = opSchema(op);
  return result;
}

} // namespace

std::string descent::model::schemaAsJson() {
  const Json expression = refTo("expression");
  Json input = object({{"shape", arrayOf(expression)},
                       {"dtype", refTo("dtype")},
                       {"range", arrayOf(expression)}},
                      {"shape"});
  input["properties"]["range"]["minItems"] = 2;
  input["properties"]["range"]["maxItems"] = 2;
  Json properties = {{"descent", {{"const", 1}}},
                     {"name", {{"type", "string"}, {"minLength", 1}}},
                     {"constants", objectOf(expression)},
                     {"inputs", objectOf(std::move(input))},
                     {"modules", objectOf(definitionSchema(true))},
                     {"functions", objectOf(definitionSchema(false))},
                     {"network", true},
                     {"loss", true},
                     {"metrics", true},
                     {"outputs", true},
                     {"optimizer", refTo("optimizer")},
                     {"train", objectOf(expression)},
                     {"entries", true}};
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "A model of the descent compiler"}};
  schema.update(object(std::move(properties), {"descent", "inputs"}));
  Json ownInstances = {
      {"required", {"network"}},
      {"properties",
       {{"network",
         {{"type", "array"},
          {"contains", {{"required", {"instance"}}, {"type", "object"}}}}}}}};
  schema["if"] = oneOf({{{"required", {"modules"}}},
                        {{"required", {"functions"}}},
                        std::move(ownInstances)});
  schema["then"] = openSections(true);
  schema["else"] = openSections(false);
  schema["$defs"] = definitions();
  return layoutJson(schema);
}
