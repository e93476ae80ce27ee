// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The checked graph: a model with every name resolved, every size a number and
// every parameter listed. What import reads.

#ifndef DESCENT_MODEL_GRAPH_H
#define DESCENT_MODEL_GRAPH_H

#include "descent/Model/Ast.h"
#include "descent/Model/Registry.h"

namespace descent::model {

enum class DType { F32, I32 };

std::string_view toString(DType dtype);

/// The type of a value. Every size is positive, and a tensor has fewer than
/// 2^31 elements.
struct TensorType {
  DType dtype = DType::F32;
  std::vector<int64_t> shape; ///< empty: a scalar
  int batchAxis = -1;         ///< the axis that holds samples, or -1

  int64_t rank() const { return int64_t(shape.size()); }
  int64_t numElements() const;
  bool operator==(const TensorType &) const = default;
};

/// How a parameter starts: uniform in [a, b), normal with mean a and deviation
/// b, or the constant a.
struct Initializer {
  enum class Kind { Constant, Uniform, Normal };
  Kind kind = Kind::Constant;
  double a = 0;
  double b = 0;
};

/// A trained tensor in PyTorch's layout, called `<path>.<PyTorch's name>`.
struct Parameter {
  std::string name;
  std::string role; ///< PyTorch's name within the layer: "weight", "bias"
  std::vector<int64_t> shape;
  Initializer init;
};

/// Index of a node in CheckedModel::nodes.
using NodeRef = uint32_t;

/// An input, or the use of an op.
struct Node {
  const OpSpec *op = nullptr; ///< null: an input
  std::string path; ///< of a layer: its `name` or its index; of an input its
                    ///< name; else empty
  std::string valueName; ///< what the model calls the value, or empty
  std::vector<NodeRef> operands;
  Attributes attributes;
  TensorType type; ///< losses and metrics: a scalar
  std::vector<Parameter> parameters;
  Location location;
  /// Of an i32 input that is used as class indices: the number of classes; else
  /// 0. Its values lie in [0, classes).
  int64_t classes = 0;

  bool isInput() const { return !op; }
};

/// A metric or an output.
struct Result {
  std::string name;
  NodeRef node = 0;
  Location location;
};

struct Optimizer {
  const OpSpec *op = nullptr;
  Attributes
      attributes; ///< adam: `beta1` and `beta2`, however they were written
  Location location;
};

/// A model that is sound. Nodes are in topological order: operands come before
/// users; the inputs come first.
struct CheckedModel {
  std::string name;
  std::vector<std::string> files; ///< Location::file -> the name of the source
  std::vector<Node> nodes;
  std::vector<NodeRef> inputs;
  std::optional<NodeRef> loss;
  std::vector<Result> metrics;
  std::vector<Result> outputs;
  std::optional<Optimizer> optimizer;
  std::optional<int64_t> batch; ///< none: no input has a batch axis
  int64_t epochs = 1;
  std::vector<EntryDecl> entries;

  const Node &node(NodeRef ref) const { return nodes[ref]; }
};

/// `-D name=value`.
struct Define {
  std::string name;
  std::string value;
};

/// What the command line says about a model.
struct LoadOptions {
  std::vector<Define> defines;
  std::optional<int64_t> batch; ///< --batch, before the model's own
};

/// Resolves and checks `model`. None, with at least one error in `diagnostics`,
/// if it is not sound.
std::optional<CheckedModel> check(const Model &model,
                                  const LoadOptions &options,
                                  DiagnosticEngine &diagnostics);

/// A text that is equal for two models exactly if they are the same network,
/// however they were spelt: no paths of files, line numbers, constants or names
/// of values; layer names and numbers, floats in hexadecimal. Its SHA-256 is
/// the model's hash.
std::string canonical(const CheckedModel &model);

} // namespace descent::model

#endif // DESCENT_MODEL_GRAPH_H
