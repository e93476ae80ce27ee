// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Graphs under construction: captures, and what is dropped at the end.

#include "GraphBuilder.h"
#include <algorithm>

using namespace descent::model;

Tensor GraphBuilder::add(Node node, Origin origin) {
  nodes.push_back(std::move(node));
  origins.push_back(origin);
  return {this, {uint32_t(nodes.size() - 1), 0}};
}

bool GraphBuilder::sees(const Tensor &tensor) const {
  for (const GraphBuilder *graph = this; graph; graph = graph->outer)
    if (graph == tensor.graph)
      return true;
  return false;
}

ValueRef GraphBuilder::use(const Tensor &tensor) {
  if (tensor.graph == this)
    return tensor.ref;
  // The value as the graph around this one sees it.
  ValueRef source = outer->use(tensor);
  uint64_t key = uint64_t(source.node) << 32 | source.result;
  auto [found, isNew] = arguments.try_emplace(key);
  if (!isNew)
    return found->second;
  Node argument;
  argument.kind = Node::Kind::Argument;
  argument.types = {outer->type(source)};
  argument.location = outer->node(source).location;
  found->second = add(std::move(argument), outer->origin(source)).ref;
  captured.push_back({outer, source});
  captureNodes.push_back(found->second);
  return found->second;
}

Tensor GraphBuilder::resolve(Tensor tensor) {
  const GraphBuilder &graph = *tensor.graph;
  for (size_t i = 0; i < graph.captured.size(); ++i)
    if (graph.captureNodes[i] == tensor.ref)
      return resolve(graph.captured[i]);
  return tensor;
}

std::vector<bool>
GraphBuilder::reachable(const std::vector<ValueRef> &roots) const {
  std::vector<bool> needed(nodes.size());
  for (ValueRef root : roots)
    needed[root.node] = true;
  for (size_t i = nodes.size(); i-- > 0;)
    if (needed[i])
      for (ValueRef operand : nodes[i].operands)
        needed[operand.node] = true;
  return needed;
}

Body GraphBuilder::finishBody(std::vector<ValueRef> results,
                              std::vector<Tensor> &captures) {
  std::vector<bool> needed = reachable(results);
  std::vector<bool> isCapture(nodes.size());
  for (ValueRef capture : captureNodes)
    isCapture[capture.node] = true;
  Body body;
  std::vector<uint32_t> number(nodes.size());
  auto take = [&](size_t i) {
    number[i] = body.nodes.size();
    body.nodes.push_back(std::move(nodes[i]));
  };
  auto isArgument = [&](size_t i) {
    return nodes[i].kind == Node::Kind::Argument;
  };
  for (size_t i = 0; i < nodes.size(); ++i)
    if (isArgument(i) && !isCapture[i])
      take(i);
  for (size_t i = 0; i < captured.size(); ++i)
    if (needed[captureNodes[i].node]) {
      captures.push_back(captured[i]);
      take(captureNodes[i].node);
    }
  body.numArguments = body.nodes.size();
  for (size_t i = 0; i < nodes.size(); ++i)
    if (needed[i] && !isCapture[i] && !isArgument(i))
      take(i);
  for (Node &node : body.nodes)
    for (ValueRef &operand : node.operands)
      operand.node = number[operand.node];
  for (ValueRef &result : results)
    result.node = number[result.node];
  body.results = std::move(results);
  return body;
}

int64_t GraphBuilder::finish(std::vector<ValueRef *> roots,
                             std::vector<Node> &result,
                             std::vector<Origin> &resultOrigins) {
  std::vector<ValueRef> values;
  for (ValueRef *root : roots)
    values.push_back(*root);
  std::vector<bool> needed = reachable(values);
  std::vector<uint32_t> number(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!needed[i])
      continue;
    number[i] = result.size();
    for (ValueRef &operand : nodes[i].operands)
      operand.node = number[operand.node];
    result.push_back(std::move(nodes[i]));
    resultOrigins.push_back(origins[i]);
  }
  for (ValueRef *root : roots)
    root->node = number[root->node];
  int64_t first = -1;
  for (uint32_t node : mixing)
    if (needed[node] && (first < 0 || number[node] < first))
      first = number[node];
  return first;
}
