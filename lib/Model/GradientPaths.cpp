// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reachability over a graph in topological order, backward from a value and
// forward from another.

#include "GradientPaths.h"

using namespace descent::model;

static bool isFloatValue(const std::vector<Node> &nodes, ValueRef ref) {
  return isFloat(nodes[ref.node].types[ref.result].dtype);
}

GradientPaths::GradientPaths(const std::vector<Node> &nodes, ValueRef value)
    : nodes(nodes), byFloats(nodes.size()), byAny(nodes.size()) {
  byFloats[value.node] = byAny[value.node] = true;
  for (size_t i = value.node + 1; i-- > 0;) {
    const Node &node = nodes[i];
    if (!byAny[i] || (node.op && node.op->name == "stop_gradient"))
      continue;
    for (ValueRef operand : node.operands) {
      byAny[operand.node] = true;
      if (byFloats[i] && isFloatValue(nodes, operand))
        byFloats[operand.node] = true;
    }
  }
}

std::optional<uint32_t> GradientPaths::findCut(ValueRef from) const {
  if (!byAny[from.node] || byFloats[from.node])
    return std::nullopt;
  // What depends on `from` by floats, as far as the value depends on it.
  std::vector<bool> depends(nodes.size());
  for (size_t i = from.node + 1; i < nodes.size(); ++i) {
    if (!byAny[i])
      continue;
    for (ValueRef operand : nodes[i].operands) {
      if (operand != from && !depends[operand.node])
        continue;
      if (!isFloatValue(nodes, operand))
        return operand.node;
      depends[i] = !nodes[i].op || nodes[i].op->name != "stop_gradient";
    }
  }
  return std::nullopt;
}
