// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The syntax tree of a model, the same whichever spelling it was read from:
// names are not resolved, nothing is computed, no op is looked up.

#ifndef DESCENT_MODEL_AST_H
#define DESCENT_MODEL_AST_H

#include "descent/Model/Diagnostics.h"
#include <memory>
#include <optional>

namespace descent::model {

/// A name where it stands in the source.
struct Identifier {
  std::string text;
  Location location;

  bool empty() const { return text.empty(); }
};

struct Argument;
struct Lambda;

/// An expression. Values at compile time (numbers, strings, lists, functions)
/// and tensors are written alike; the elaborator tells them apart.
struct Expr {
  enum class Kind {
    None,    ///< `none`
    Integer, ///< integer
    Float,   ///< number
    Bool,    ///< integer, 0 or 1
    String,  ///< name
    Name,    ///< name: of a constant, a value, a function, an enumerator
    List,    ///< operands: `[a, b]`
    Unary,   ///< op `-`, `not`, `~`; operands[0]
    Binary,  ///< op `+ - * / % ** @ == != < <= > >= and or xor & | ^ << >>`
    If,      ///< `if c then a else b`: operands c, a, b
    Call,    ///< operands[0] is what is called; arguments
    Index,   ///< `x[i, a:b:s]`: operands[0] is x; then one index, Slice or None
             ///< (`:` is a Slice of three None) an axis
    Slice,   ///< in Index only: operands first, end, step; None where left out
    Lambda,  ///< `(x, h) => e` or `{ stages }`
  };

  Kind kind = Kind::None;
  Location location;
  int64_t integer = 0;
  double number = 0;
  std::string name;
  std::string op;
  std::vector<Expr> operands;
  std::vector<Argument> arguments;      ///< Call
  std::shared_ptr<const Lambda> lambda; ///< Lambda

  bool isName(std::string_view text) const {
    return kind == Kind::Name && name == text;
  }
};

/// An argument of a call: positional if `key` is empty. Values (tensors) and
/// attributes are arguments alike; the signature of what is called tells.
struct Argument {
  Identifier key;
  Expr value;
};

struct Stage;

/// The type that a parameter of a module or function is declared with:
/// `tensor`, `tensors`, `int`, `ints`, `float`, `floats`, `bool`, `string`,
/// `shape`, `dtype`, `init`, `function`, `any`, or `enum` with `enumerators`.
/// `count`: of `ints` and `floats`, how many (a single number stands for as
/// many equal ones); 0 is any number.
struct ParameterType {
  Identifier name;
  std::vector<Identifier> enumerators;
  std::optional<Expr> count;
  /// `>= 1`, `> 0`, `in [0, 1)`: bounds of a number (of each one of a list).
  std::optional<Expr> low, high;
  bool openLow = false, openHigh = false;
};

/// A parameter of a module or function.
struct ParameterDecl {
  Identifier name;
  ParameterType type; ///< empty name: anything
  std::optional<Expr> defaultValue;
};

/// A member of a body. `Value` is what networks are made of; the others are
/// rarer.
struct Stage {
  enum class Kind {
    Value,      ///< [as =] [path:] value
    Param,      ///< [frozen] param name : dtype[shape] = init
    State,      ///< state name : dtype[shape] = init
    Update,     ///< update name = value
    Constant,   ///< const name = value (compile time, local)
    Instance,   ///< instance name = module(attributes): shared weights
    If,         ///< if value { body } else { otherwise }
    Repeat,     ///< repeat value { body } (takesPrevious: a pipeline)
    For,        ///< for name in value { body } (at compile time)
    Require,    ///< require value, message
    Return,     ///< return value
    Accumulate, ///< accumulate name = value (in a metric)
  };

  Kind kind = Kind::Value;
  Location location;
  /// Value: `value` is a Call, a Name of something to call, or a Lambda, whose
  /// first argument is the value of the stage before it (or the only input).
  bool takesPrevious = false;
  std::vector<Identifier> as; ///< what the value, or its parts, are called
  Identifier path;            ///< the layer's path, or empty: its index
  Identifier name;
  Identifier dtype;    ///< Param, State
  bool frozen = false; ///< Param
  Expr shape;          ///< Param, State: a List
  Expr value;          ///< init of Param and State
  std::string message; ///< Require; `{expr}` inside is replaced
  std::vector<Stage> body, otherwise;
};

/// `(x, h) => e`, or a body `{ ... }`. Without parameters of its own a body
/// takes one value, the first stage's previous.
struct Lambda {
  Location location;
  std::vector<ParameterDecl> parameters;
  bool hasParameters = false;
  std::vector<Stage> body; ///< of `=> e`: one Return
};

/// A definition: something that can be called.
struct Definition {
  enum class Kind {
    Module,      ///< may own parameters and state
    Function,    ///< may not
    Loss,        ///< a function that gives a scalar
    Metric,      ///< accumulators and what is returned from them
    Initializer, ///< gives how a parameter starts
  };
  Kind kind = Kind::Module;
  Identifier name;
  std::string doc; ///< `///` lines before it
  std::vector<ParameterDecl> parameters;
  std::vector<Stage> body;
  /// Function: `vjp (g) { ... }`: the names of the results' cotangents, and a
  /// body that returns one cotangent per tensor parameter.
  std::vector<Identifier> cotangents;
  std::optional<std::vector<Stage>> vjp;
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
  std::optional<Expr> range; ///< `in [0, n)`: List of two; of integers
};

/// A named result: a metric, or an output of `predict`.
struct ResultDecl {
  Identifier name; ///< a metric's may be empty: it is called like its op
  Expr value;
};

/// `optimizer adam(lr: 1e-3) over encoder, head`.
struct OptimizerDecl {
  Expr value;                   ///< a Call, or the optimizer's name
  std::vector<Identifier> over; ///< paths of layers; empty: every parameter
};

/// An entry point beside `train`, `eval`, `metrics` and `predict`. It sees the
/// network, elaborated with its own sizes.
struct EntryDecl {
  Identifier name;
  std::vector<Argument> overrides; ///< batch, constants, `training`
  std::vector<Stage> body;
  std::vector<Expr> losses; ///< added up; none: the model's
  std::vector<OptimizerDecl> optimizers;
  std::vector<ResultDecl> outputs;
};

/// A whole model file.
struct Model {
  uint32_t file = 0;   ///< the source it was read from
  bool isText = false; ///< in the text spelling: how messages give examples
  Identifier name;
  std::vector<ConstantDecl> constants;
  std::vector<InputDecl> inputs;
  std::vector<Definition> definitions;
  std::vector<Stage> network;
  std::vector<Expr> losses; ///< added up
  std::vector<ResultDecl> metrics;
  std::optional<std::vector<ResultDecl>>
      outputs; ///< none: the network's last value is the output
  std::vector<OptimizerDecl> optimizers;
  std::vector<Argument> train;
  std::vector<EntryDecl> entries;
};

} // namespace descent::model

#endif // DESCENT_MODEL_AST_H
