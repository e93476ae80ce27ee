// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checked graphs: what is looked up in them, and their canonical text.

#include "Inference.h"
#include <cstdio>

using namespace descent::model;

int64_t TensorType::numElements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

const Entry *CheckedModel::entry(std::string_view name) const {
  for (const Entry &entry : entries)
    if (entry.name == name)
      return &entry;
  return nullptr;
}

const State *CheckedModel::state(std::string_view name) const {
  for (const State &state : states)
    if (state.name == name)
      return &state;
  return nullptr;
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
    std::string operator()(const std::string &held) { return quoted(held); }
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

std::string print(const Initializer &init) {
  static const char *const kinds[] = {"constant",   "uniform",
                                      "normal",     "truncated_normal",
                                      "orthogonal", "identity"};
  return std::string(kinds[int(init.kind)]) + " " + hexadecimal(init.a) + " " +
         hexadecimal(init.b);
}

std::string print(const State &state) {
  static const char *const roles[] = {"parameter", "buffer", "metric"};
  return std::string(roles[int(state.role)]) +
         (state.frozen ? " frozen " : " ") + state.name + " " +
         print(state.type) + " " + print(state.init) + "\n";
}

std::string print(ValueRef value) {
  return "%" + std::to_string(value.node) +
         (value.result ? "." + std::to_string(value.result) : "");
}

void print(const std::vector<Node> &nodes, const std::string &indent,
           std::string &result) {
  static const char *const kinds[] = {"input", "state", "argument", ""};
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Node &node = nodes[i];
    result.append(indent).append("%").append(std::to_string(i)).append(" = ");
    if (node.kind == Node::Kind::Op)
      result += print(*node.op, node.attributes);
    else
      result +=
          kinds[int(node.kind)] + (node.path.empty() ? "" : " " + node.path);
    for (ValueRef operand : node.operands)
      result += " " + print(operand);
    for (size_t k = 0; k < node.types.size(); ++k)
      result += (k ? ", " : " : ") + print(node.types[k]);
    result += "\n";
    for (const Body &body : node.bodies) {
      result += indent + "  body\n";
      print(body.nodes, indent + "    ", result);
      result += indent + "    return";
      for (ValueRef value : body.results)
        result += " " + print(value);
      result += "\n";
    }
  }
}

} // namespace

std::string descent::model::canonical(const CheckedModel &model) {
  std::string result = "descent 2\nmodel " + quoted(model.name) + "\n";
  if (model.batch)
    result += "batch " + std::to_string(*model.batch) + "\n";
  result += "epochs " + std::to_string(model.epochs) + "\n";
  for (const Input &input : model.inputs) {
    result += "input " + input.name + " " + print(input.type);
    if (input.low != input.high)
      result += " in [" + std::to_string(input.low) + ", " +
                std::to_string(input.high) + ")";
    result += "\n";
  }
  for (const State &state : model.states)
    result += print(state);
  for (const Entry &entry : model.entries) {
    result += "entry " + entry.name + (entry.training ? " training\n" : "\n");
    print(entry.nodes, "  ", result);
    for (const Output &output : entry.outputs)
      result += "  output " + output.name + " " + print(output.value) + "\n";
    for (const Update &update : entry.updates)
      result += "  update " + update.state + " " + print(update.value) + "\n";
    for (const Optimization &optimization : entry.optimizations) {
      result += "  minimize " + print(optimization.loss) + " by " +
                print(*optimization.op, optimization.attributes) + " group " +
                std::to_string(optimization.group) + " over";
      for (const std::string &parameter : optimization.parameters)
        result += " " + parameter;
      result += "\n";
    }
  }
  return result;
}
