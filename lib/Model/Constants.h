// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Constants of a model and arithmetic over them.

#ifndef DESCENT_LIB_MODEL_CONSTANTS_H
#define DESCENT_LIB_MODEL_CONSTANTS_H

#include "Expression.h"
#include "descent/Model/Graph.h"
#include <unordered_map>

namespace descent::model {

/// An integer stays one until it meets a float; `/` of two integers truncates
/// toward zero and `%` takes the sign of its left side, as in C.
using Number = std::variant<int64_t, double>;

/// A number as messages show it.
std::string toString(const Number &number);
std::string toString(double number);

/// Integers in a model (sizes, strides, ...) are at most this large either way.
constexpr int64_t maxInteger = std::numeric_limits<int32_t>::max();

class Constants {
public:
  Constants(const Model &model, DiagnosticEngine &diagnostics);

  /// Lets `value` stand for the constant `name`; an error at `location` if the
  /// model has no such constant.
  void override(const Identifier &name, Expr value);

  /// Evaluates every constant, so that mistakes in unused ones are found too.
  void evaluateAll();

  bool has(std::string_view name) const {
    return entries.contains(std::string(name));
  }
  std::vector<std::string> names() const;

  /// The value of an expression, or none after an error.
  std::optional<Number> evaluate(const Expr &expr);

  /// The same for where an integer of at most maxInteger is needed, or any
  /// finite number.
  std::optional<int64_t> evaluateInteger(const Expr &expr);
  std::optional<double> evaluateFloat(const Expr &expr);

private:
  struct Entry {
    Identifier name;
    Expr expr;
    enum { Unvisited, Active, Done, Failed } state = Unvisited;
    Number value = int64_t(0);
  };
  std::nullopt_t fail(Location location, std::string message);
  std::optional<Number> evaluateName(const Expr &expr);
  std::optional<Number> evaluateBinary(const Expr &expr);
  void reportCycle(const Entry &entry, Location use);

  const Model &model;
  DiagnosticEngine &diagnostics;
  std::unordered_map<std::string, Entry> entries;
  std::vector<const Entry *>
      active; ///< the constants being evaluated, outermost first
  int depth = 0;
};

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_CONSTANTS_H
