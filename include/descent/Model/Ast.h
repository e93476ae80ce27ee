// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The syntax tree of a model, the same whichever spelling it was read from:
// names are not resolved, sizes not computed.

#ifndef DESCENT_MODEL_AST_H
#define DESCENT_MODEL_AST_H

#include "descent/Model/Diagnostics.h"
#include <optional>

namespace descent::model {

/// A name where it stands in the source.
struct Identifier {
  std::string text;
  Location location;

  bool empty() const { return text.empty(); }
};

/// An expression: a number, a name (of a constant, a value or an enumerator;
/// where it stands decides), a list, or arithmetic over them.
struct Expr {
  enum class Kind { Integer, Float, Bool, Name, List, Unary, Binary };

  Kind kind = Kind::Integer;
  Location location;
  int64_t integer = 0; ///< Integer; Bool as 0 or 1
  double number = 0;   ///< Float
  std::string name;    ///< Name
  char op = 0;         ///< Unary: `-`; Binary: one of `+-*/%`
  std::vector<Expr>
      operands; ///< List: the items; Unary and Binary: one or two operands
};

/// `key: value` in the call of an op.
struct Argument {
  Identifier key;
  Expr value;
};

/// The use of an op: its values and its attributes. The readers look the op up
/// in the registry to tell the two apart, so the op exists.
struct Call {
  Identifier op;
  std::vector<Expr> operands;
  std::vector<Argument> attributes;
};

/// A member of a network.
struct Layer {
  Call call;
  /// The layer takes the value of the one before it (or the only input);
  /// `call.operands` is then empty.
  bool takesPrevious = false;
  Identifier as;   ///< what the layer's value is called, or empty
  Identifier name; ///< the layer's path, or empty: its index among its siblings
};

struct ConstantDecl {
  Identifier name;
  Expr value;
};

/// A tensor that the data set gives. The Name `batch` in a shape is the batch
/// axis.
struct InputDecl {
  Identifier name;
  Expr shape; ///< a List
  Identifier dtype;
};

/// A named result: a metric, or an output of `predict`. Either a call, or the
/// value `reference`.
struct ResultDecl {
  Identifier name;
  std::optional<Call> call;
  Expr reference;
};

/// An entry point that the model declares beside `train`, `eval` and `predict`:
/// `overrides` are its own sizes.
struct EntryDecl {
  Identifier name;
  std::vector<Argument> overrides;
};

/// A whole model file.
struct Model {
  uint32_t file = 0; ///< the source it was read from
  Identifier name;
  std::vector<ConstantDecl> constants;
  std::vector<InputDecl> inputs;
  std::vector<Layer> network;
  std::optional<Call> loss;
  std::vector<ResultDecl> metrics;
  std::optional<std::vector<ResultDecl>>
      outputs; ///< none: the network's last value is the output
  std::optional<Call> optimizer;
  std::vector<Argument> train;
  std::vector<EntryDecl> entries;
};

} // namespace descent::model

#endif // DESCENT_MODEL_AST_H
