// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types as text, and the canonical text of a checked model.

#include "Inference.h"
#include <cstdio>

using namespace descent::model;

std::string_view descent::model::toString(DType dtype) {
  return dtype == DType::F32 ? "f32" : "i32";
}

int64_t TensorType::numElements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

namespace {

std::string hexadecimal(double value) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%a", value);
  return buffer;
}

/// A JSON-like string: the name of a model may hold anything.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    if (c == '\n')
      result += "\\n";
    else
      result += c;
  }
  return result + "\"";
}

std::string print(const AttrValue &value) {
  struct {
    std::string operator()(std::monostate) { return "none"; }
    std::string operator()(bool held) { return held ? "true" : "false"; }
    std::string operator()(int64_t held) { return std::to_string(held); }
    std::string operator()(double held) { return hexadecimal(held); }
    std::string operator()(const std::string &held) { return held; }
    std::string operator()(const std::vector<int64_t> &held) {
      return toString(held);
    }
    std::string operator()(const std::vector<double> &held) {
      std::string result = "[";
      for (size_t i = 0; i < held.size(); ++i)
        result += (i ? ", " : "") + hexadecimal(held[i]);
      return result + "]";
    }
  } printer;
  return std::visit(printer, value);
}

std::string print(const TensorType &type) {
  std::string result(toString(type.dtype));
  result += toString(type.shape);
  if (type.batchAxis >= 0)
    result += " batch " + std::to_string(type.batchAxis);
  return result;
}

std::string print(const OpSpec &op, const Attributes &attributes) {
  std::string result(op.name);
  for (const auto &[name, value] : attributes)
    result += " " + name + "=" + print(value);
  return result;
}

std::string print(const Parameter &parameter) {
  static const char *const kinds[] = {"constant", "uniform", "normal"};
  return "  parameter " + parameter.name + " f32" + toString(parameter.shape) +
         " " + kinds[int(parameter.init.kind)] + " " +
         hexadecimal(parameter.init.a) + " " + hexadecimal(parameter.init.b) +
         "\n";
}

} // namespace

std::string descent::model::canonical(const CheckedModel &model) {
  std::string result = "descent 1\nmodel " + quoted(model.name) + "\n";
  if (model.batch)
    result += "batch " + std::to_string(*model.batch) + "\n";
  result += "epochs " + std::to_string(model.epochs) + "\n";
  for (size_t i = 0; i < model.nodes.size(); ++i) {
    const Node &node = model.nodes[i];
    result.append("%").append(std::to_string(i)).append(" = ");
    if (node.isInput()) {
      result += "input " + node.path + " : " + print(node.type);
      if (node.classes)
        result += " classes " + std::to_string(node.classes);
      result += "\n";
      continue;
    }
    result += print(*node.op, node.attributes);
    for (NodeRef operand : node.operands)
      result += " %" + std::to_string(operand);
    if (!node.path.empty())
      result += " at " + node.path;
    result += " : " + print(node.type) + "\n";
    for (const Parameter &parameter : node.parameters)
      result += print(parameter);
  }
  if (model.loss)
    result += "loss %" + std::to_string(*model.loss) + "\n";
  for (const Result &metric : model.metrics)
    result +=
        "metric " + metric.name + " %" + std::to_string(metric.node) + "\n";
  for (const Result &output : model.outputs)
    result +=
        "output " + output.name + " %" + std::to_string(output.node) + "\n";
  if (model.optimizer)
    result += "optimizer " +
              print(*model.optimizer->op, model.optimizer->attributes) + "\n";
  return result;
}
