// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A graph under construction: an entry's, or the body's of a scan or of a
// function with its own derivative.

#ifndef DESCENT_LIB_MODEL_GRAPHBUILDER_H
#define DESCENT_LIB_MODEL_GRAPHBUILDER_H

#include "Value.h"
#include <unordered_map>

namespace descent::model {

class GraphBuilder {
public:
  /// With `outer`, the body of one of its nodes.
  explicit GraphBuilder(GraphBuilder *outer = nullptr) : outer(outer) {}

  /// What messages call a node: the op that the user's file names.
  using Origin = std::string_view;

  Tensor add(Node node, Origin origin);

  /// `tensor` as a value of this graph: itself, or an argument that stands for
  /// a value of a graph around this one.
  ValueRef use(const Tensor &tensor);

  /// Whether `tensor` is of this graph, or of one around it.
  bool sees(const Tensor &tensor) const;

  bool isBody() const { return outer; }
  GraphBuilder *root() { return outer ? outer->root() : this; }
  const Node &node(ValueRef ref) const { return nodes[ref.node]; }
  Node &node(ValueRef ref) { return nodes[ref.node]; }
  Origin origin(ValueRef ref) const { return origins[ref.node]; }
  size_t size() const { return nodes.size(); }
  const std::vector<Node> &all() const { return nodes; }
  const TensorType &type(ValueRef ref) const {
    return nodes[ref.node].types[ref.result];
  }

  /// The value that an argument of a body stands for, as far out as it goes.
  static Tensor resolve(Tensor tensor);

  /// Says that node `ref` mixes rows of the batch.
  void markMixing(ValueRef ref) { mixing.push_back(ref.node); }
  bool mixes() const { return !mixing.empty(); }

  /// Ends a body: its arguments become the first nodes, what `results` do not
  /// need is dropped. Arguments that `use` added come after the others;
  /// `captures` are the values of the graph around that they stand for.
  Body finishBody(std::vector<ValueRef> results, std::vector<Tensor> &captures);

  bool hasCaptures() const { return !captured.empty(); }

  /// Ends an entry: drops what none of `roots` needs, and renumbers them.
  /// Returns the first node that mixes rows, or -1.
  int64_t finish(std::vector<ValueRef *> roots, std::vector<Node> &result,
                 std::vector<Origin> &resultOrigins);

private:
  std::vector<bool> reachable(const std::vector<ValueRef> &roots) const;

  GraphBuilder *outer;
  std::vector<Node> nodes;
  std::vector<Origin> origins;
  std::vector<uint32_t> mixing;
  std::vector<Tensor> captured;
  std::vector<ValueRef> captureNodes; ///< the arguments of `captured`
  std::unordered_map<uint64_t, ValueRef> arguments; ///< by value of `outer`
};

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_GRAPHBUILDER_H
