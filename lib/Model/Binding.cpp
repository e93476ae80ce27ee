// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arguments to parameters.

#include "Attributes.h"
#include "Elaborator.h"
#include <algorithm>

using namespace descent::model;

/// How many sizes of a shape are that of the batch axis.
static size_t countBatches(const Value &shape) {
  const List *list = shape.list();
  return !list ? 0
               : std::count_if(list->begin(), list->end(), [](const Value &v) {
                   const Integer *size = v.get<Integer>();
                   return size && size->batch;
                 });
}

Location Elaborator::argumentLocation(const PendingArgument &argument) const {
  if (!argument.expr)
    return frame->library ? frame->userCall : argument.key.location;
  // In the library, what is passed on stands where the user gave it.
  if (frame->library && argument.expr->kind == Expr::Kind::Name)
    if (const Scope::Variable *variable =
            frame->scope->find(argument.expr->name);
        variable && variable->given.line)
      return variable->given;
  return where(argument.expr->location);
}

std::optional<Value> Elaborator::enumerator(const Signature &signature,
                                            const AttrSpec &spec,
                                            const PendingArgument &argument) {
  if (argument.value)
    return argument.value;
  const Expr &expr = *argument.expr;
  if (expr.kind == Expr::Kind::None) {
    bool isKnown = std::find(spec.enumerators.begin(), spec.enumerators.end(),
                             "none") != spec.enumerators.end();
    return isKnown ? Value("none") : Value(None{});
  }
  if (expr.kind != Expr::Kind::Name)
    return evaluate(expr);
  // A variable that holds a string comes before an enumerator of its name.
  if (const Scope::Variable *variable = frame->scope->find(expr.name))
    if (variable->value.is<std::string>() || variable->value.isNone())
      return variable->value;
  if (spec.kind == AttrKind::DType
          ? parseDType(expr.name).has_value()
          : std::count(spec.enumerators.begin(), spec.enumerators.end(),
                       expr.name) > 0)
    return Value(expr.name);
  if (auto constant = constants.find(expr.name);
      constant != constants.end() && !frame->library)
    return evaluateConstant(constant->second, expr.location);
  if (spec.kind == AttrKind::DType) {
    errorAt(argumentLocation(argument),
            "unknown dtype " + quote(expr.name) +
                didYouMean(expr.name, {"f32", "f64", "f16", "bf16", "i32",
                                       "u32", "bool"}));
  } else {
    errorAt(argumentLocation(argument),
            expectedEnumerators(spec, signature.name) + ", got " +
                quote(expr.name) + didYouMean(expr.name, spec.enumerators));
  }
  return std::nullopt;
}

std::optional<Value> Elaborator::initArgument(const PendingArgument &argument) {
  if (argument.value)
    return argument.value;
  const Expr &expr = *argument.expr;
  // What depends on the parameter's size is evaluated when that is known.
  bool isPlain = expr.kind == Expr::Kind::None ||
                 expr.kind == Expr::Kind::Integer ||
                 expr.kind == Expr::Kind::Float ||
                 (expr.kind == Expr::Kind::Name && expr.name != "fan_in" &&
                  expr.name != "fan_out");
  if (isPlain)
    return evaluate(expr);
  Callable callable;
  callable.kind = Callable::Kind::Lambda;
  callable.name = "the initializer";
  callable.thunk = &expr;
  callable.library = frame->library;
  callable.scope = frame->scope;
  callable.frame = frame->id;
  return Value(&callables.emplace_back(std::move(callable)));
}

std::optional<Value>
Elaborator::evaluateArgument(const Signature &signature,
                             const Parameter &parameter,
                             const PendingArgument &argument) {
  auto plain = [&](bool asNumber) {
    if (argument.value)
      return *argument.value;
    bool before = expectsNumber;
    expectsNumber = asNumber;
    Value value = evaluate(*argument.expr);
    expectsNumber = before;
    return value;
  };
  if (parameter.form != Parameter::Form::Attribute) {
    Value value = plain(false);
    if (!value.isValid())
      return std::nullopt;
    // The library's own functions are given what others were given.
    bool mayBeNone = parameter.optional || signature.name.starts_with("_");
    if (value.isTensor() || value.isNumber() || value.is<bool>() ||
        (value.isNone() && mayBeNone))
      return value;
    if (value.list() && parameter.form == Parameter::Form::Tensors)
      return value;
    errorAt(
        argumentLocation(argument),
        quote(parameter.name) + " of " + quote(signature.name) +
            " is a tensor, got " +
            (value.is<std::string>() ? quote(print(value)) : describe(value)));
    return std::nullopt;
  }
  const AttrSpec &spec = parameter.spec;
  std::optional<Value> value;
  switch (spec.kind) {
  case AttrKind::Enum:
  case AttrKind::DType:
    value = enumerator(signature, spec, argument);
    break;
  case AttrKind::Init:
    value = initArgument(argument);
    break;
  case AttrKind::Int:
  case AttrKind::Ints:
  case AttrKind::Float:
  case AttrKind::Floats:
  case AttrKind::Shape:
    value = plain(true);
    break;
  default:
    value = plain(false);
  }
  if (!value || !value->isValid())
    return std::nullopt;
  bool mayBeNone =
      !spec.required &&
      (parameter.defaultExpr ? parameter.defaultExpr->kind == Expr::Kind::None
                             : spec.defaultValue.index() == 0);
  if (value->isNone() && mayBeNone)
    return value;
  static const Expr nothing;
  Location location = argumentLocation(argument);
  bool isNumeric = spec.kind == AttrKind::Int || spec.kind == AttrKind::Float ||
                   spec.kind == AttrKind::Ints || spec.kind == AttrKind::Floats;
  if (isNumeric && value->isTensor() && argument.expr &&
      argument.expr->kind == Expr::Kind::Name && !frame->library)
    if (const Scope::Variable *variable =
            frame->scope->find(argument.expr->name)) {
      error(location, quote(parameter.name) + " of " + quote(signature.name) +
                          " is a number known at compile time, and " +
                          quote(variable->name) + " is " + variable->what +
                          ": give a number or a constant");
      return std::nullopt;
    }
  // What the library makes of a shape with the batch is not the user's to see.
  if (frame->library && spec.kind == AttrKind::Shape &&
      countBatches(*value) > 1) {
    errorAt(location, quote(frame->userCallName) +
                          " along the batch axis would mix samples");
    return std::nullopt;
  }
  return conform(
      spec, signature.name, *value, argument.expr ? *argument.expr : nothing,
      [&](Location at, std::string message) {
        if (at == location)
          errorAt(at, std::move(message));
        else
          error(at, std::move(message));
      },
      location);
}

namespace {

/// How many values a call takes, and which.
std::string arity(const Signature &signature, size_t count) {
  size_t least = 0, most = 0;
  bool isVariadic = false;
  std::string names;
  for (const Parameter &parameter : signature.parameters) {
    if (parameter.form == Parameter::Form::Attribute)
      continue;
    isVariadic |= parameter.form == Parameter::Form::Tensors;
    least += !parameter.optional;
    ++most;
    names += (names.empty() ? "" : ", ") + std::string(parameter.name);
  }
  std::string range =
      isVariadic      ? "at least " + std::to_string(least)
      : least == most ? (most ? std::to_string(most) : "no")
                      : std::to_string(least) + " to " + std::to_string(most);
  std::string message =
      quote(signature.name) + " takes " + range +
      ((isVariadic ? least : most) == 1 ? " value" : " values");
  if (!isVariadic && most > 1)
    message += " (" + names + ")";
  return message + ", got " + std::to_string(count);
}

} // namespace

std::optional<std::vector<Scope::Variable>>
Elaborator::bind(const Signature &signature,
                 std::vector<PendingArgument> arguments, const CallSite &site,
                 const std::vector<Scope::Variable> &before, bool partial) {
  const std::vector<Parameter> &parameters = signature.parameters;
  std::vector<std::optional<Value>> values(parameters.size());
  std::vector<Location> given(parameters.size());
  std::vector<bool> isGiven(parameters.size());
  std::vector<List> lists(parameters.size());
  bool isSound = true, hasUnknown = false;
  size_t next = 0, numTensors = 0;
  auto indexOf = [&](std::string_view name) {
    size_t i = 0;
    while (i < parameters.size() && parameters[i].name != name)
      ++i;
    return i;
  };
  for (const Scope::Variable &variable : before) {
    size_t i = indexOf(variable.name);
    values[i] = variable.value;
    given[i] = variable.given;
    isGiven[i] = true;
  }
  size_t operandCount = std::count_if(
      parameters.begin(), parameters.end(), [](const Parameter &parameter) {
        return parameter.form != Parameter::Form::Attribute;
      });

  auto take = [&](size_t i, const PendingArgument &argument) {
    std::optional<Value> value =
        evaluateArgument(signature, parameters[i], argument);
    isGiven[i] = true;
    given[i] = argumentLocation(argument);
    isSound &= value.has_value();
    if (!value || parameters[i].form != Parameter::Form::Tensors)
      values[i] = std::move(value);
    else if (const List *list = value->list())
      lists[i].insert(lists[i].end(), list->begin(), list->end());
    else
      lists[i].push_back(std::move(*value));
  };

  auto isTensor = [&](const PendingArgument &argument) {
    if (!argument.key.empty())
      return false;
    if (argument.value)
      return argument.value->isTensor();
    const Scope::Variable *variable =
        argument.expr->kind == Expr::Kind::Name
            ? frame->scope->find(argument.expr->name)
            : nullptr;
    return variable && variable->value.isTensor();
  };
  static const PendingArgument none;
  const PendingArgument &lastPositional =
      arguments.empty() ? none : arguments.back();
  for (PendingArgument &argument : arguments) {
    if (!argument.key.empty())
      continue;
    while (next < parameters.size() && isGiven[next] &&
           parameters[next].form != Parameter::Form::Tensors)
      ++next;
    // A number is no optional tensor: it means the attribute after it.
    if (next < parameters.size() &&
        parameters[next].form == Parameter::Form::Tensor &&
        parameters[next].optional) {
      if (!argument.value)
        argument.value = evaluate(*argument.expr);
      if (argument.value->isNumber() || argument.value->is<bool>() ||
          argument.value->is<std::string>() || argument.value->list())
        while (next < parameters.size() &&
               parameters[next].form == Parameter::Form::Tensor)
          ++next;
    }
    // A value before an attribute that is given too is one too many.
    bool isExtra = next >= operandCount && next < parameters.size() &&
                   parameters[next].form == Parameter::Form::Attribute &&
                   parameters[next].spec.kind != AttrKind::Any &&
                   isTensor(argument) && &argument != &lastPositional;
    if (next >= parameters.size() || isExtra) {
      if (argument.expr && !argument.value &&
          !evaluate(*argument.expr).isValid())
        return std::nullopt;
      size_t count =
          std::count_if(arguments.begin(), arguments.end(), isTensor);
      error(site.location, arity(signature, std::max(count, operandCount + 1)));
      return std::nullopt;
    }
    numTensors += parameters[next].form != Parameter::Form::Attribute;
    take(next, argument);
    next += parameters[next].form != Parameter::Form::Tensors;
  }
  std::vector<std::string> names = signature.attributeNames();
  for (const PendingArgument &argument : arguments) {
    if (argument.key.empty())
      continue;
    size_t i = indexOf(argument.key.text);
    if (i == parameters.size()) {
      hasUnknown = true;
      isSound = false;
      error(argument.key.location,
            "unknown attribute " + quote(argument.key.text) + " of " +
                quote(signature.name) +
                (names.empty() ? ", which has none"
                               : didYouMean(argument.key.text, names)));
    } else if (isGiven[i]) {
      isSound = false;
      error(argument.key.location, quote(argument.key.text) + " of " +
                                       quote(signature.name) +
                                       " is given twice");
    } else {
      take(i, argument);
    }
  }
  std::vector<Scope::Variable> result;
  bool countsReported = false, isMissingAny = false;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Parameter &parameter = parameters[i];
    bool isOperand = parameter.form != Parameter::Form::Attribute;
    if (!isGiven[i]) {
      bool isMissing =
          isOperand ? !parameter.optional : parameter.spec.required;
      if (!isMissing || partial)
        continue;
      // Most likely it is the one that is misspelt.
      if (hasUnknown || (isOperand && !isSound))
        continue;
      if (!isOperand)
        error(site.location,
              quote(signature.name) + " needs " + quote(parameter.name));
      else if (!countsReported)
        error(site.location, arity(signature, numTensors));
      countsReported |= isOperand;
      isMissingAny = true;
      continue;
    }
    if (!isSound || isMissingAny)
      continue;
    Value value = parameter.form == Parameter::Form::Tensors
                      ? Value(std::move(lists[i]))
                      : std::move(*values[i]);
    result.push_back({parameter.name, std::move(value), site.location, given[i],
                      "a parameter", true});
  }
  if (!isSound || isMissingAny)
    return std::nullopt;
  return result;
}

bool Elaborator::completeDefaults(const Signature &signature,
                                  const CallSite &site) {
  for (const Parameter &parameter : signature.parameters) {
    if (frame->scope->findHere(parameter.name))
      continue;
    Value value = None{};
    if (parameter.defaultExpr) {
      PendingArgument argument{{}, parameter.defaultExpr, std::nullopt};
      std::optional<Value> evaluated =
          evaluateArgument(signature, parameter, argument);
      if (!evaluated)
        return false;
      value = std::move(*evaluated);
    } else if (parameter.form == Parameter::Form::Attribute) {
      const AttrSpec &spec = parameter.spec;
      value = spec.defaultFrom.empty()
                  ? toValue(spec.defaultValue)
                  : frame->scope->findHere(spec.defaultFrom)->value;
    }
    frame->scope->variables.push_back({parameter.name,
                                       std::move(value),
                                       site.location,
                                       {},
                                       "a parameter",
                                       true});
  }
  return true;
}
