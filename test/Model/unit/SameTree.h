// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether two syntax trees are equal up to locations. Definitions may stand in
// any order, since names are looked up in all of them.

#ifndef DESCENT_TEST_MODEL_SAMETREE_H
#define DESCENT_TEST_MODEL_SAMETREE_H

#include "descent/Model/Ast.h"
#include <algorithm>

namespace descent::model {

template <typename T>
bool same(const std::vector<T> &a, const std::vector<T> &b);
template <typename T>
bool same(const std::optional<T> &a, const std::optional<T> &b);

inline bool same(const Identifier &a, const Identifier &b) {
  return a.text == b.text;
}
bool same(const Argument &a, const Argument &b);
bool same(const Lambda &a, const Lambda &b);
bool same(const Stage &a, const Stage &b);

inline bool same(const Expr &a, const Expr &b) {
  if (a.kind != b.kind || bool(a.lambda) != bool(b.lambda))
    return false;
  bool isFloat = a.kind == Expr::Kind::Float;
  return (isFloat ? a.number == b.number : a.integer == b.integer) &&
         a.name == b.name && a.op == b.op && same(a.operands, b.operands) &&
         same(a.arguments, b.arguments) &&
         (!a.lambda || same(*a.lambda, *b.lambda));
}

inline bool same(const Argument &a, const Argument &b) {
  return same(a.key, b.key) && same(a.value, b.value);
}

inline bool same(const ParameterDecl &a, const ParameterDecl &b) {
  return same(a.name, b.name) && same(a.type.name, b.type.name) &&
         same(a.type.enumerators, b.type.enumerators) &&
         same(a.type.count, b.type.count) && same(a.type.low, b.type.low) &&
         same(a.type.high, b.type.high) && a.type.openLow == b.type.openLow &&
         a.type.openHigh == b.type.openHigh &&
         same(a.defaultValue, b.defaultValue);
}

inline bool same(const Lambda &a, const Lambda &b) {
  return a.hasParameters == b.hasParameters &&
         same(a.parameters, b.parameters) && same(a.body, b.body);
}

inline bool same(const Stage &a, const Stage &b) {
  return a.kind == b.kind && a.takesPrevious == b.takesPrevious &&
         same(a.as, b.as) && same(a.path, b.path) && same(a.name, b.name) &&
         same(a.dtype, b.dtype) && a.frozen == b.frozen &&
         same(a.shape, b.shape) && same(a.value, b.value) &&
         a.message == b.message && same(a.body, b.body) &&
         same(a.otherwise, b.otherwise);
}

inline bool same(const Definition &a, const Definition &b) {
  return a.kind == b.kind && same(a.name, b.name) && a.doc == b.doc &&
         same(a.parameters, b.parameters) && same(a.body, b.body) &&
         same(a.cotangents, b.cotangents) && same(a.vjp, b.vjp);
}

inline bool same(const ConstantDecl &a, const ConstantDecl &b) {
  return same(a.name, b.name) && same(a.value, b.value);
}

inline bool same(const InputDecl &a, const InputDecl &b) {
  return same(a.name, b.name) && same(a.shape, b.shape) &&
         same(a.dtype, b.dtype) && same(a.range, b.range);
}

inline bool same(const ResultDecl &a, const ResultDecl &b) {
  return same(a.name, b.name) && same(a.value, b.value);
}

inline bool same(const OptimizerDecl &a, const OptimizerDecl &b) {
  return same(a.value, b.value) && same(a.over, b.over);
}

inline bool same(const EntryDecl &a, const EntryDecl &b) {
  return same(a.name, b.name) && same(a.overrides, b.overrides) &&
         same(a.body, b.body) && same(a.losses, b.losses) &&
         same(a.optimizers, b.optimizers) && same(a.outputs, b.outputs);
}

template <typename T>
bool same(const std::vector<T> &a, const std::vector<T> &b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const T &x, const T &y) { return same(x, y); });
}

template <typename T>
bool same(const std::optional<T> &a, const std::optional<T> &b) {
  return a.has_value() == b.has_value() && (!a || same(*a, *b));
}

/// The first part in which two models differ, or an empty string.
inline std::string difference(Model a, Model b) {
  for (Model *model : {&a, &b})
    std::sort(model->definitions.begin(), model->definitions.end(),
              [](const Definition &x, const Definition &y) {
                return x.name.text < y.name.text;
              });
  if (!same(a.name, b.name))
    return "name";
  if (!same(a.constants, b.constants))
    return "constants";
  if (!same(a.inputs, b.inputs))
    return "inputs";
  for (size_t i = 0; i < std::min(a.definitions.size(), b.definitions.size());
       ++i)
    if (!same(a.definitions[i], b.definitions[i]))
      return "definition of " + a.definitions[i].name.text;
  if (a.definitions.size() != b.definitions.size())
    return "definitions";
  for (size_t i = 0; i < std::min(a.network.size(), b.network.size()); ++i)
    if (!same(a.network[i], b.network[i]))
      return "stage " + std::to_string(i);
  if (a.network.size() != b.network.size())
    return "network";
  if (!same(a.losses, b.losses))
    return "loss";
  if (!same(a.metrics, b.metrics))
    return "metrics";
  if (!same(a.outputs, b.outputs))
    return "outputs";
  if (!same(a.optimizers, b.optimizers))
    return "optimizers";
  if (!same(a.train, b.train))
    return "train";
  return same(a.entries, b.entries) ? "" : "entries";
}

} // namespace descent::model

#endif // DESCENT_TEST_MODEL_SAMETREE_H
