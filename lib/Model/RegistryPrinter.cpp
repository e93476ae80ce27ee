// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The registry for programs (JSON) and for people (Markdown).

#include "Inference.h"
#include <nlohmann/json.hpp>

using namespace descent::model;
using nlohmann::ordered_json;

std::string_view descent::model::toString(Category category) {
  switch (category) {
  case Category::Layer:
    return "layer";
  case Category::Loss:
    return "loss";
  case Category::Metric:
    return "metric";
  case Category::Optimizer:
    return "optimizer";
  }
  return "";
}

std::string_view descent::model::toString(AttrKind kind) {
  switch (kind) {
  case AttrKind::Int:
    return "int";
  case AttrKind::IntPair:
    return "int pair";
  case AttrKind::Shape:
    return "shape";
  case AttrKind::Float:
    return "float";
  case AttrKind::FloatPair:
    return "float pair";
  case AttrKind::Bool:
    return "bool";
  case AttrKind::Enum:
    return "enumerator";
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

/// `kernel`: int pair = 1, ...
std::string describe(const AttrSpec &spec) {
  std::string result = "`";
  result.append(spec.name).append("` (");
  if (spec.enumerators.empty())
    result += toString(spec.kind);
  for (size_t i = 0; i < spec.enumerators.size(); ++i)
    result += (i ? ", `" : "`") + spec.enumerators[i] + "`";
  if (spec.required)
    result += ", required";
  else if (!spec.defaultFrom.empty())
    result += ", default `" + std::string(spec.defaultFrom) + "`";
  else if (std::holds_alternative<std::monostate>(spec.defaultValue))
    result += ", optional";
  else if (const auto *pair =
               std::get_if<std::vector<int64_t>>(&spec.defaultValue))
    result += ", default " + std::to_string((*pair)[0]);
  else if (const auto *text = std::get_if<std::string>(&spec.defaultValue))
    result += ", default `" + *text + "`";
  else
    result += ", default " + toJson(spec.defaultValue).dump();
  return result + "): " + std::string(spec.doc);
}

} // namespace

std::string descent::model::registryAsJson() {
  ordered_json result = ordered_json::array();
  for (const OpSpec &op : registry()) {
    ordered_json operands = ordered_json::array();
    for (const OperandSpec &operand : op.operands)
      operands.push_back({{"name", operand.name}, {"doc", operand.doc}});
    ordered_json attributes = ordered_json::array();
    for (const AttrSpec &spec : op.attributes)
      attributes.push_back(toJson(spec));
    result.push_back({{"name", op.name},
                      {"category", toString(op.category)},
                      {"doc", op.doc},
                      {"reference", op.reference},
                      {"operands", std::move(operands)},
                      {"variadic", op.variadic},
                      {"attributes", std::move(attributes)},
                      {"parameters", op.parameters}});
  }
  return result.dump(2) + "\n";
}

std::string descent::model::registryAsMarkdown() {
  std::string result = "| name | takes | attributes | what it is |\n"
                       "|---|---|---|---|\n";
  for (const OpSpec &op : registry()) {
    result += "| `" + std::string(op.name) + "` (" +
              std::string(toString(op.category)) + ") | ";
    for (size_t i = 0; i < op.operands.size(); ++i)
      result += (i ? "; " : "") + std::string(op.operands[i].name) + ": " +
                std::string(op.operands[i].doc);
    result += " | ";
    for (size_t i = 0; i < op.attributes.size(); ++i)
      result += (i ? "; " : "") + describe(op.attributes[i]);
    result += " | " + std::string(op.doc) + " `" + std::string(op.reference) +
              "` |\n";
  }
  return result;
}
