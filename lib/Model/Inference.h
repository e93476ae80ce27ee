// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the registry's `infer` functions see: one use of an op with its operands
// and attributes.

#ifndef DESCENT_LIB_MODEL_INFERENCE_H
#define DESCENT_LIB_MODEL_INFERENCE_H

#include "Constants.h"

namespace descent::model {

/// Where the attributes that a model gives stand; defaults are not in it.
using AttrLocations = std::unordered_map<std::string_view, Location>;

/// Evaluates the attributes of `call` by the specification of `op`. False after
/// errors.
bool resolveAttributes(const Call &call, const OpSpec &op, Constants &constants,
                       DiagnosticEngine &diagnostics, Attributes &attributes,
                       AttrLocations &given);

/// `[128, 784]`
std::string toString(const std::vector<int64_t> &shape);

/// Elements of a shape of positive sizes; none from 2^31 on.
std::optional<int64_t> countElements(const std::vector<int64_t> &shape);

class Inference {
public:
  /// `node` has its operands and attributes; type and parameters are filled in.
  /// For an optimizer `nodes` is empty.
  Inference(const OpSpec &op, Node &node, std::vector<Node> &nodes,
            const AttrLocations &given, DiagnosticEngine &diagnostics)
      : op(op), node(node), nodes(nodes), locations(given),
        diagnostics(diagnostics) {}

  const OpSpec &op;

  Attributes &attributes() { return node.attributes; }
  size_t numOperands() const { return node.operands.size(); }
  Node &operandNode(size_t i) { return nodes[node.operands[i]]; }
  const TensorType &operand(size_t i) const {
    return nodes[node.operands[i]].type;
  }

  /// `[128, 784] from 'flatten' at model.json:12:5`
  std::string describe(size_t i) const;

  /// Whether the model gives this attribute.
  bool given(std::string_view attribute) const {
    return locations.contains(attribute);
  }

  /// Reports an error at the op, or at an attribute of it. Always false.
  bool error(std::string message);
  bool error(std::string_view attribute, std::string message);

  /// Reports an error unless the operand is of this dtype.
  bool expect(size_t i, DType dtype);

  /// Makes the axis in `attribute` count from 0, or reports that the operand
  /// has no such axis.
  bool normalizeAxis(std::string_view attribute, size_t operand = 0);

  void result(TensorType type) { node.type = std::move(type); }

  /// Adds a parameter with PyTorch's default initializer of dense and
  /// convolutional layers: uniform in plus and minus 1 over the root of the
  /// number of inputs that an output sums.
  void parameter(std::string_view role, std::vector<int64_t> shape,
                 int64_t fanIn);

private:
  Node &node;
  std::vector<Node> &nodes;
  const AttrLocations &locations;
  DiagnosticEngine &diagnostics;
};

bool inferDense(Inference &);
bool inferConv2d(Inference &);
bool inferMaxPool2d(Inference &);
bool inferAvgPool2d(Inference &);
bool inferElementwise(Inference &);
bool inferSoftmax(Inference &);
bool inferFlatten(Inference &);
bool inferReshape(Inference &);
bool inferAdd(Inference &);
bool inferConcat(Inference &);
bool inferArgmax(Inference &);
bool inferClassification(Inference &);
bool inferMse(Inference &);
bool inferSgd(Inference &);
bool inferAdam(Inference &);

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_INFERENCE_H
