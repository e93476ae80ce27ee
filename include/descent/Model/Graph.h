// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The checked graphs: a model with every name resolved, every definition
// expanded to primitive ops, every size a number and every state listed. What
// import reads. One graph an entry, since an entry may have sizes of its own.

#ifndef DESCENT_MODEL_GRAPH_H
#define DESCENT_MODEL_GRAPH_H

#include "descent/Model/Ast.h"
#include "descent/Model/Registry.h"

namespace descent::model {

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

/// How a state starts: constant a; uniform in [a, b); normal with mean a and
/// deviation b, truncated at two deviations or not; an orthogonal matrix
/// (rows or columns orthonormal, whichever are fewer; the first axis against
/// all others) times a; a on the diagonal of the first two axes (identity, or
/// dirac for kernels: at the centre of the others).
struct Initializer {
  enum class Kind {
    Constant,
    Uniform,
    Normal,
    TruncatedNormal,
    Orthogonal,
    Identity
  };
  Kind kind = Kind::Constant;
  double a = 0;
  double b = 0;
  bool operator==(const Initializer &) const = default;
};

/// A tensor that outlives a run: a parameter, a buffer, or an accumulator of a
/// metric.
struct State {
  enum class Role { Parameter, Buffer, Metric };
  std::string name; ///< `<path>.<PyTorch's name>`, `metric.<name>.<slot>`
  Role role = Role::Parameter;
  bool frozen = false; ///< a parameter that no optimizer updates
  TensorType type;
  Initializer init;
  Location location;
};

/// A result of a node of the same graph.
struct ValueRef {
  uint32_t node = 0;
  uint32_t result = 0;
  bool operator==(const ValueRef &) const = default;
};

struct Node;

/// The body of a scan, or of a function with its own derivative: a graph that
/// sees nothing but its arguments, which are its first nodes.
struct Body {
  std::vector<Node> nodes;
  uint32_t numArguments = 0;
  std::vector<ValueRef> results;
};

/// An input, a state's value when the entry begins, an argument of a body, or
/// the use of a primitive op.
struct Node {
  enum class Kind { Input, State, Argument, Op };
  Kind kind = Kind::Op;
  const OpSpec *op = nullptr; ///< Op
  /// Input and State: their name. Op: the path of the layer it belongs to and
  /// the layer's op, as in "encoder.0.lstm"; of none, empty.
  std::string path;
  std::vector<ValueRef> operands;
  Attributes attributes;
  std::vector<TensorType> types; ///< of its results
  std::vector<Body> bodies;      ///< scan: the step; custom: forward and vjp
  Location location;

  const TensorType &type() const { return types.front(); }
};

/// A named value that an entry gives to the runtime.
struct Output {
  std::string name;
  ValueRef value;
  Location location;
};

/// A state's next value.
struct Update {
  std::string state;
  ValueRef value;
  Location location;
};

/// The minimization of `loss` by the parameters that it depends on, or those
/// of them in `over` (paths).
struct Optimization {
  const OpSpec *op = nullptr;
  Attributes attributes; ///< adam: `beta1` and `beta2`, however written
  int64_t group = 0;     ///< numbers the model's optimizers
  ValueRef loss;
  std::vector<std::string> parameters; ///< sorted as in CheckedModel::states
  Location location;
};

/// An entry: its graph, and what it does. Nodes are in topological order, and
/// all of them are needed.
struct Entry {
  std::string name;
  bool training = false;
  std::vector<Node> nodes;
  std::vector<Output> outputs;
  std::vector<Update> updates;
  std::vector<Optimization> optimizations;
  Location location;
  /// The first op that mixes rows of the batch and cannot leave out those that
  /// do not count, or -1: then a partial batch gives wrong results.
  int64_t mixesRows = -1;

  const Node &node(ValueRef ref) const { return nodes[ref.node]; }
  const TensorType &type(ValueRef ref) const {
    return nodes[ref.node].types[ref.result];
  }
};

/// An input, as the runtime is told of it. `low` and `high`: the half-open
/// range of its integers; equal where there is none.
struct Input {
  std::string name;
  TensorType type;
  int64_t low = 0, high = 0;
  Location location;
};

/// A model that is sound.
struct CheckedModel {
  std::string name;
  std::vector<std::string> files; ///< Location::file -> the name of the source
  std::vector<Input> inputs;      ///< with the sizes of `train`
  std::vector<State> states;
  std::vector<Entry> entries;   ///< train, eval, metrics, predict, then others
  std::optional<int64_t> batch; ///< none: no input has a batch axis
  int64_t epochs = 1;

  const Entry *entry(std::string_view name) const;
  const State *state(std::string_view name) const;
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

/// Resolves, expands and checks `model`. None, with at least one error in
/// `diagnostics`, if it is not sound.
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
