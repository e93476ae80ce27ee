// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The registry for programs (JSON) and for people (Markdown).

#include "descent/Model/Registry.h"
#include <algorithm>
#include <nlohmann/json.hpp>

using namespace descent::model;
using nlohmann::ordered_json;

std::string_view descent::model::toString(Category category) {
  switch (category) {
  case Category::Op:
    return "op";
  case Category::Layer:
    return "layer";
  case Category::Loss:
    return "loss";
  case Category::Metric:
    return "metric";
  case Category::Optimizer:
    return "optimizer";
  case Category::Initializer:
    return "initializer";
  }
  return "";
}

std::string_view descent::model::toString(AttrKind kind) {
  switch (kind) {
  case AttrKind::Int:
    return "int";
  case AttrKind::Ints:
    return "ints";
  case AttrKind::Shape:
    return "shape";
  case AttrKind::Float:
    return "float";
  case AttrKind::Floats:
    return "floats";
  case AttrKind::Bool:
    return "bool";
  case AttrKind::Enum:
    return "enum";
  case AttrKind::DType:
    return "dtype";
  case AttrKind::String:
    return "string";
  case AttrKind::Init:
    return "init";
  case AttrKind::Function:
    return "function";
  case AttrKind::Any:
    return "any";
  }
  return "";
}

namespace {

ordered_json toJson(const AttrValue &value) {
  return std::visit(
      [](const auto &held) -> ordered_json {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>,
                                     std::monostate>)
          return nullptr;
        else
          return held;
      },
      value);
}

ordered_json toJson(const AttrSpec &spec) {
  ordered_json result = {{"name", spec.name}, {"kind", toString(spec.kind)}};
  if (spec.count)
    result["count"] = spec.count;
  if (spec.required)
    result["required"] = true;
  else if (!spec.defaultFrom.empty())
    result["default_from"] = spec.defaultFrom;
  else
    result["default"] = toJson(spec.defaultValue);
  if (!spec.enumerators.empty())
    result["enumerators"] = spec.enumerators;
  result["doc"] = spec.doc;
  return result;
}

ordered_json toJson(const OperandSpec &spec) {
  ordered_json result = {{"name", spec.name}};
  if (spec.optional)
    result["optional"] = true;
  result["doc"] = spec.doc;
  return result;
}

/// "ints(2)", or the names of an enumeration.
std::string describeKind(const AttrSpec &spec) {
  std::string result;
  for (const std::string &name : spec.enumerators)
    result += (result.empty() ? "`" : ", `") + name + "`";
  if (!result.empty())
    return result;
  result = toString(spec.kind);
  return spec.count ? result + "(" + std::to_string(spec.count) + ")" : result;
}

std::string describeDefault(const AttrValue &value) {
  if (const auto *text = std::get_if<std::string>(&value))
    return "`" + *text + "`";
  // One number stands for as many equal ones, here as in a model.
  if (const auto *list = std::get_if<std::vector<int64_t>>(&value);
      list && !list->empty() &&
      std::all_of(list->begin(), list->end(),
                  [&](int64_t n) { return n == list->front(); }))
    return std::to_string(list->front());
  return toJson(value).dump();
}

/// `kernel` (ints(2), default 1): ...
std::string describe(const AttrSpec &spec) {
  std::string result =
      "`" + std::string(spec.name) + "` (" + describeKind(spec);
  if (spec.required)
    result += ", required";
  else if (!spec.defaultFrom.empty())
    result += ", default `" + std::string(spec.defaultFrom) + "`";
  else if (std::holds_alternative<std::monostate>(spec.defaultValue))
    result += ", optional";
  else
    result += ", default " + describeDefault(spec.defaultValue);
  return result + "): " + std::string(spec.doc);
}

/// What stands in a cell of a table: no line ends, and bars escaped.
std::string cell(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (c == '|')
      result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

std::string row(const OpSpec &op) {
  std::string operands, attributes;
  for (const OperandSpec &operand : op.operands)
    operands += (operands.empty() ? "" : "; ") + std::string(operand.name) +
                (operand.optional ? " (optional)" : "") + ": " +
                std::string(operand.doc);
  for (const AttrSpec &spec : op.attributes)
    attributes += (attributes.empty() ? "" : "; ") + describe(spec);
  return "| `" + std::string(op.name) + "` | " + cell(operands) + " | " +
         cell(attributes) + " | " + cell(op.doc) + " `" + cell(op.reference) +
         "` |\n";
}

} // namespace

std::string descent::model::registryAsJson() {
  ordered_json result = ordered_json::array();
  for (const OpSpec &op : registry()) {
    ordered_json operands = ordered_json::array();
    for (const OperandSpec &operand : op.operands)
      operands.push_back(toJson(operand));
    ordered_json attributes = ordered_json::array();
    for (const AttrSpec &spec : op.attributes)
      attributes.push_back(toJson(spec));
    result.push_back({{"name", op.name},
                      {"category", toString(op.category)},
                      {"doc", op.doc},
                      {"reference", op.reference},
                      {"primitive", op.isPrimitive()},
                      {"operands", std::move(operands)},
                      {"variadic", op.variadic},
                      {"attributes", std::move(attributes)}});
  }
  return result.dump(2) + "\n";
}

std::string descent::model::registryAsMarkdown() {
  static constexpr std::pair<Category, std::string_view> groups[] = {
      {Category::Op, "Ops"},
      {Category::Layer, "Layers"},
      {Category::Loss, "Losses"},
      {Category::Metric, "Metrics"},
      {Category::Initializer, "Initializers"},
      {Category::Optimizer, "Optimizers"}};
  std::string result;
  for (auto [category, title] : groups) {
    std::string rows;
    for (const OpSpec &op : registry())
      if (op.category == category)
        rows += row(op);
    if (rows.empty())
      continue;
    result += (result.empty() ? "### " : "\n### ") + std::string(title) +
              "\n\n| name | takes | attributes | what it is |\n"
              "|---|---|---|---|\n" +
              rows;
  }
  return result;
}
