// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions of the language that compute at compile time.

#include "Builtins.h"
#include "Elaborator.h"
#include <algorithm>
#include <cmath>

namespace descent::model {

struct Builtins {
  using Arguments = List;

  static Value expected(Elaborator &e, const CallSite &site, const char *what,
                        const Value &got) {
    return e.error(site.location, "'" + std::string(site.name) + "' takes " +
                                      what + ", got " + e.describe(got));
  }

  /// The type of a value; a number is a scalar.
  static std::optional<TensorType> typeOf(Elaborator &e, const CallSite &site,
                                          const Value &value) {
    if (const Tensor *tensor = value.get<Tensor>())
      return e.type(*tensor);
    if (value.is<double>())
      return TensorType{DType::F32, {}, -1};
    if (value.is<Integer>())
      return TensorType{DType::I32, {}, -1};
    if (value.is<bool>())
      return TensorType{DType::Bool, {}, -1};
    expected(e, site, "a tensor", value);
    return std::nullopt;
  }

  static Value sizeOf(const TensorType &type, int64_t axis) {
    return Integer{type.shape[axis], axis == type.batchAxis};
  }

  static Value shape(Elaborator &e, const CallSite &site, Arguments &a) {
    std::optional<TensorType> type = typeOf(e, site, a[0]);
    if (!type)
      return {};
    List result;
    for (int64_t i = 0; i < type->rank(); ++i)
      result.push_back(sizeOf(*type, i));
    return result;
  }

  static Value rank(Elaborator &e, const CallSite &site, Arguments &a) {
    std::optional<TensorType> type = typeOf(e, site, a[0]);
    return type ? Value(type->rank()) : Value();
  }

  static Value size(Elaborator &e, const CallSite &site, Arguments &a) {
    std::optional<TensorType> type = typeOf(e, site, a[0]);
    if (!type)
      return {};
    if (!a[1].is<Integer>())
      return expected(e, site, "an axis", a[1]);
    int64_t axis = a[1].integer(), rank = type->rank();
    if (axis < -rank || axis >= rank)
      return e.error(site.location, "axis " + std::to_string(axis) +
                                        " is out of range for " +
                                        e.describe(a[0]));
    return sizeOf(*type, axis < 0 ? axis + rank : axis);
  }

  static Value dtype(Elaborator &e, const CallSite &site, Arguments &a) {
    std::optional<TensorType> type = typeOf(e, site, a[0]);
    return type ? Value(std::string(toString(type->dtype))) : Value();
  }

  static Value batchAxis(Elaborator &e, const CallSite &site, Arguments &a) {
    std::optional<TensorType> type = typeOf(e, site, a[0]);
    return type ? Value(int64_t(type->batchAxis)) : Value();
  }

  static Value len(Elaborator &e, const CallSite &site, Arguments &a) {
    if (const List *list = a[0].list())
      return int64_t(list->size());
    if (const std::string *text = a[0].get<std::string>())
      return int64_t(text->size());
    return expected(e, site, "a list", a[0]);
  }

  static Value range(Elaborator &e, const CallSite &site, Arguments &a) {
    for (const Value &bound : a)
      if (!bound.is<Integer>())
        return expected(e, site, "integers", bound);
    int64_t begin = a.size() > 1 ? a[0].integer() : 0;
    int64_t end = a[a.size() > 1].integer();
    int64_t step = a.size() > 2 ? a[2].integer() : 1;
    if (step == 0)
      return e.error(site.location, "the step of a range cannot be 0");
    // Unsigned: the way from begin to end may be longer than 63 bits.
    uint64_t first = begin, stride = step, way = uint64_t(end) - first;
    if (step < 0)
      stride = -stride, way = -way;
    bool isEmpty = step > 0 ? begin >= end : begin <= end;
    uint64_t count = isEmpty ? 0 : (way - 1) / stride + 1;
    if (count > Elaborator::maxNodes)
      return e.error(site.location, "the range is too long");
    List result;
    for (uint64_t i = 0; i < count; ++i)
      result.push_back(int64_t(first + i * uint64_t(step)));
    return result;
  }

  static Value toInt(Elaborator &e, const CallSite &site, Arguments &a) {
    if (!a[0].isNumber() && !a[0].is<bool>())
      return expected(e, site, "a number", a[0]);
    if (a[0].is<Integer>())
      return a[0].integer();
    double value = a[0].number();
    if (!(std::fabs(value) < 9e18))
      return e.error(site.location, "the result does not fit 64 bits");
    return int64_t(value);
  }

  static Value toFloat(Elaborator &e, const CallSite &site, Arguments &a) {
    if (!a[0].isNumber() && !a[0].is<bool>())
      return expected(e, site, "a number", a[0]);
    return a[0].number();
  }

  static Value str(Elaborator &e, const CallSite &, Arguments &a) {
    return e.describe(a[0]);
  }

  /// Combines the numbers of a list by an operator.
  static Value combine(Elaborator &e, const CallSite &site, const Arguments &a,
                       std::string_view op, int64_t first) {
    const List *list = a[0].list();
    if (!list)
      return expected(e, site, "a list of numbers", a[0]);
    Value result = first;
    for (const Value &item : *list) {
      if (!item.isNumber())
        return expected(e, site, "a list of numbers", a[0]);
      result = e.binary(op, result, item, site);
    }
    return result;
  }
  static Value total(Elaborator &e, const CallSite &site, Arguments &a) {
    return combine(e, site, a, "+", 0);
  }
  static Value prodOf(Elaborator &e, const CallSite &site, Arguments &a) {
    return combine(e, site, a, "*", 1);
  }

  static Value extreme(Elaborator &e, const CallSite &site, const Arguments &a,
                       bool largest) {
    const List *list = a[0].list();
    if (!list || list->empty())
      return expected(e, site, "a list of numbers", a[0]);
    const Value *result = nullptr;
    for (const Value &item : *list) {
      if (!item.isNumber())
        return expected(e, site, "a list of numbers", a[0]);
      if (!result || (largest ? item.number() > result->number()
                              : item.number() < result->number()))
        result = &item;
    }
    return *result;
  }
  static Value maxOf(Elaborator &e, const CallSite &site, Arguments &a) {
    return extreme(e, site, a, true);
  }
  static Value minOf(Elaborator &e, const CallSite &site, Arguments &a) {
    return extreme(e, site, a, false);
  }

  static Value map(Elaborator &e, const CallSite &site, Arguments &a) {
    const List *list = a[0].list();
    if (!list)
      return expected(e, site, "a list", a[0]);
    if (!a[1].callable())
      return expected(e, site, "a function", a[1]);
    List result;
    for (const Value &item : *list) {
      result.push_back(
          e.apply(*a[1].callable(), {item}, {site.location, site.name}));
      if (!result.back().isValid())
        return {};
    }
    return result;
  }

  static Value fold(Elaborator &e, const CallSite &site, Arguments &a) {
    const List *list = a[0].list();
    if (!list)
      return expected(e, site, "a list", a[0]);
    if (!a[2].callable())
      return expected(e, site, "a function", a[2]);
    Value result = a[1];
    for (const Value &item : *list)
      result =
          e.apply(*a[2].callable(), {result, item}, {site.location, site.name});
    return result;
  }
};

} // namespace descent::model

using namespace descent::model;

const BuiltinEntry *descent::model::findBuiltin(std::string_view name) {
  static const BuiltinEntry table[] = {
      {"shape", Builtins::shape, 1, 1},
      {"rank", Builtins::rank, 1, 1},
      {"size", Builtins::size, 2, 2},
      {"dtype", Builtins::dtype, 1, 1},
      {"batch_axis", Builtins::batchAxis, 1, 1},
      {"len", Builtins::len, 1, 1},
      {"range", Builtins::range, 1, 3},
      {"int", Builtins::toInt, 1, 1},
      {"float", Builtins::toFloat, 1, 1},
      {"str", Builtins::str, 1, 1},
      {"total", Builtins::total, 1, 1},
      {"prod_of", Builtins::prodOf, 1, 1},
      {"max_of", Builtins::maxOf, 1, 1},
      {"min_of", Builtins::minOf, 1, 1},
      {"map", Builtins::map, 2, 2},
      {"fold", Builtins::fold, 3, 3},
      // Evaluated by the elaborator itself: its third argument waits.
      {"parameter", nullptr, 3, 3},
  };
  for (const BuiltinEntry &entry : table)
    if (entry.name == name)
      return &entry;
  return nullptr;
}

Value Elaborator::callBuiltin(const Callable &callable,
                              std::vector<PendingArgument> arguments,
                              const CallSite &site) {
  if (arguments.size() < callable.minArguments ||
      arguments.size() > callable.maxArguments)
    return error(
        site.location,
        quote(callable.name) + " takes " +
            std::to_string(callable.minArguments) +
            (callable.maxArguments > callable.minArguments
                 ? " to " + std::to_string(callable.maxArguments)
                 : "") +
            (callable.maxArguments == 1 ? " value, got " : " values, got ") +
            std::to_string(arguments.size()));
  List values;
  for (const PendingArgument &argument : arguments) {
    if (!argument.key.empty())
      return error(argument.key.location,
                   quote(callable.name) + " takes no named arguments");
    bool waits = !callable.builtin && values.size() == 2;
    values.push_back(argument.value ? *argument.value
                     : waits        ? initArgument(argument).value_or(Value())
                                    : evaluate(*argument.expr));
    if (!values.back().isValid())
      return {};
  }
  if (!callable.builtin)
    return parameter(values, site);
  return callable.builtin(*this, site, values);
}
