// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values as text, and what compares them.

#include "Value.h"
#include "Inference.h"

using namespace descent::model;

double Value::number() const {
  if (const Integer *held = get<Integer>())
    return double(held->value);
  if (const bool *held = get<bool>())
    return *held;
  return std::get<double>(data);
}

const char *Value::kindName() const {
  static const char *const names[] = {
      "an error", "none",   "an integer", "a number",   "a bool",
      "a string", "a list", "a tensor",   "a function", "an initializer"};
  return names[data.index()];
}

std::string descent::model::print(const Value &value) {
  if (const Integer *integer = value.get<Integer>())
    return std::to_string(integer->value);
  if (const double *number = value.get<double>())
    return toString(*number);
  if (const bool *flag = value.get<bool>())
    return *flag ? "true" : "false";
  if (const std::string *text = value.get<std::string>())
    return *text;
  if (value.isNone())
    return "none";
  const List *list = value.list();
  if (!list)
    return value.callable() ? quote(value.callable()->name) : value.kindName();
  std::string result = "[";
  for (const Value &item : *list)
    result += (result.size() > 1 ? ", " : "") + print(item);
  return result + "]";
}

bool descent::model::areEqual(const Value &a, const Value &b) {
  if (a.isNumber() && b.isNumber()) {
    if (a.is<Integer>() && b.is<Integer>())
      return a.integer() == b.integer();
    return a.number() == b.number();
  }
  if (a.is<bool>() && b.is<bool>())
    return *a.get<bool>() == *b.get<bool>();
  if (a.is<std::string>() && b.is<std::string>())
    return *a.get<std::string>() == *b.get<std::string>();
  if (a.list() && b.list()) {
    const List &x = *a.list(), &y = *b.list();
    if (x.size() != y.size())
      return false;
    for (size_t i = 0; i < x.size(); ++i)
      if (!areEqual(x[i], y[i]))
        return false;
    return true;
  }
  if (a.callable() && b.callable())
    return a.callable() == b.callable();
  return a.isNone() && b.isNone();
}

Scope::Variable *Scope::findHere(std::string_view name) {
  for (Variable &variable : variables)
    if (variable.name == name)
      return &variable;
  return nullptr;
}

const Scope::Variable *Scope::find(std::string_view name) const {
  for (const Scope *scope = this; scope; scope = scope->parent)
    for (const Variable &variable : scope->variables)
      if (variable.name == name)
        return &variable;
  return nullptr;
}
