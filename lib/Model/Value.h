// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The values that the elaborator computes with. All but tensors exist at
// compile time only.

#ifndef DESCENT_LIB_MODEL_VALUE_H
#define DESCENT_LIB_MODEL_VALUE_H

#include "descent/Model/Graph.h"
#include <memory>

namespace descent::model {

class GraphBuilder;
struct Callable;
class Value;

/// An integer; `batch` says that it is the size of the batch axis, which a
/// shape that it stands in then has there. Arithmetic forgets it.
struct Integer {
  int64_t value = 0;
  bool batch = false;
};

/// A value of a graph that is being built.
struct Tensor {
  GraphBuilder *graph = nullptr;
  ValueRef ref;
};

/// What is left of an expression with an error in it: whatever uses it is
/// silent, so that an error is reported once.
struct Invalid {};
struct None {};

using List = std::vector<Value>;

class Value {
public:
  Value() = default; ///< Invalid
  Value(None) : data(None{}) {}
  Value(Integer integer) : data(integer) {}
  Value(int64_t integer) : data(Integer{integer, false}) {}
  Value(double number) : data(number) {}
  Value(bool flag) : data(flag) {}
  Value(std::string text) : data(std::move(text)) {}
  Value(const char *text) : data(std::string(text)) {}
  Value(List list) : data(std::make_shared<const List>(std::move(list))) {}
  Value(Tensor tensor) : data(tensor) {}
  Value(const Callable *callable) : data(callable) {}
  Value(Initializer init) : data(init) {}

  bool isValid() const { return !is<Invalid>(); }
  bool isNone() const { return is<None>(); }
  bool isNumber() const { return is<Integer>() || is<double>(); }
  bool isTensor() const { return is<Tensor>(); }

  template <typename T> bool is() const {
    return std::holds_alternative<T>(data);
  }
  template <typename T> const T *get() const { return std::get_if<T>(&data); }

  /// The items of a list, or null.
  const List *list() const {
    const auto *held = get<std::shared_ptr<const List>>();
    return held ? held->get() : nullptr;
  }
  const Callable *callable() const {
    const auto *held = get<const Callable *>();
    return held ? *held : nullptr;
  }
  /// Of a number (or bool) as a double.
  double number() const;
  /// Of an integer.
  int64_t integer() const { return std::get<Integer>(data).value; }

  /// "a tensor", "an integer", ...: what kind of value it is.
  const char *kindName() const;

private:
  std::variant<Invalid, None, Integer, double, bool, std::string,
               std::shared_ptr<const List>, Tensor, const Callable *,
               Initializer>
      data;
};

/// A compile-time value as messages show it: `3`, `[1, 2]`, 'text'. Tensors are
/// shown by the elaborator, which knows where they are from.
std::string print(const Value &value);

/// Whether two compile-time values are equal; a tensor equals nothing here.
bool areEqual(const Value &a, const Value &b);

/// The names that a body has defined so far.
struct Scope {
  struct Variable {
    std::string_view name;
    Value value;
    Location location; ///< of its definition
    Location given;    ///< of the argument, of a parameter in a library
    const char *what = "a value";
    bool isParameter = false;
  };

  const Scope *parent = nullptr;
  std::vector<Variable> variables;

  Variable *findHere(std::string_view name);
  const Variable *find(std::string_view name) const;
};

class Elaborator;
struct CallSite;

/// Something that can be called.
struct Callable {
  enum class Kind { Op, Definition, Builtin, Lambda, Instance };
  using Builtin = Value (*)(Elaborator &, const CallSite &, List &);

  Kind kind = Kind::Op;
  std::string_view name;
  const OpSpec *op = nullptr;             ///< Op
  const Definition *definition = nullptr; ///< Definition, Instance
  bool library = false;                   ///< where its text stands
  Builtin builtin = nullptr;
  size_t minArguments = 0, maxArguments = 0; ///< Builtin

  const Lambda *lambda = nullptr;
  /// Of a lambda without text: an expression that is evaluated when it is
  /// needed (an initializer).
  const Expr *thunk = nullptr;
  Scope *scope = nullptr; ///< Lambda: where it was written
  unsigned frame = 0;     ///< Lambda: the call in which it was written
  /// Lambda: the function in which it was written, which forbids states.
  std::string_view restriction;

  /// Instance: what its parameters are called by, and its attributes.
  std::string path;
  const void *site = nullptr;
  std::vector<Scope::Variable> bound;
};

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_VALUE_H
