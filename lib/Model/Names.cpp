// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a name means: a value of the body, a constant of the file, something to
// call; and constants, which are evaluated when they are needed.

#include "Builtins.h"
#include "Elaborator.h"
#include "ForwardReferences.h"
#include "Library.h"
#include <cmath>
#include <numbers>

using namespace descent::model;

void Elaborator::overrideConstant(std::string_view name, const Expr &value) {
  constants[std::string(name)].expr = &value;
}

void Elaborator::evaluateConstants() {
  for (const ConstantDecl &decl : context.model.constants) {
    if (context.tooManyErrors())
      return;
    evaluateConstant(constants[decl.name.text], decl.name.location);
  }
}

Value Elaborator::evaluateConstant(ConstantState &constant, Location use) {
  if (constant.state == ConstantState::Active) {
    size_t first = 0;
    while (activeConstants[first] != &constant)
      ++first;
    std::string message =
        "constant " + quote(constant.name.text) + " depends on itself: ";
    for (size_t i = first; i < activeConstants.size(); ++i)
      message += activeConstants[i]->name.text + " <- ";
    ++numFailures;
    if (Diagnostic *diagnostic =
            context.error(constant.name.location, message + constant.name.text))
      diagnostic->notes.push_back({use, "it is used here"});
    return {};
  }
  if (constant.state == ConstantState::Unvisited) {
    constant.state = ConstantState::Active;
    activeConstants.push_back(&constant);
    // A constant sees constants and definitions, wherever it is used.
    Frame file = makeFileFrame(&scopes.emplace_back());
    file.restriction = "constant";
    FrameScope scope(*this, file);
    file.caller = nullptr;
    bool before = expectsNumber;
    expectsNumber = true;
    constant.value = evaluate(*constant.expr);
    expectsNumber = before;
    if (constant.value.isTensor())
      constant.value = error(constant.expr->location,
                             "the constant " + quote(constant.name.text) +
                                 " must be known at compile time, and it is a "
                                 "tensor");
    activeConstants.pop_back();
    constant.state =
        constant.value.isValid() ? ConstantState::Done : ConstantState::Failed;
  }
  return constant.value;
}

std::optional<Value> Elaborator::specialValue(std::string_view name,
                                              Location location) {
  if (name == "training")
    return Value(training);
  if (name == "pi")
    return Value(std::numbers::pi);
  if (name == "inf")
    return Value(std::numeric_limits<double>::infinity());
  if (name == "batch") {
    if (batch)
      return Value(Integer{*batch, true});
    return error(location, "'batch' has no size here: no input has it in its "
                           "shape");
  }
  if (name != "fan_in" && name != "fan_out")
    return std::nullopt;
  if (!fanShape)
    return error(location, quote(name) + " is known only where a parameter is "
                                         "initialized");
  const std::vector<int64_t> &shape = *fanShape;
  if (shape.empty())
    return Value(int64_t(1));
  bool isVector = shape.size() == 1;
  int64_t fan = name == "fan_in" && !isVector ? shape[1] : shape[0];
  for (size_t i = 2; i < shape.size(); ++i)
    fan *= shape[i];
  return Value(fan);
}

std::optional<Value> Elaborator::lookupValue(std::string_view name,
                                             Location location) {
  if (const Scope::Variable *variable = frame->scope->find(name))
    return variable->value;
  if (!frame->library)
    if (auto found = constants.find(std::string(name));
        found != constants.end())
      return evaluateConstant(found->second, location);
  return specialValue(name, location);
}

const Callable *Elaborator::findCallable(std::string_view name) {
  const Definition *own = frame->library ? nullptr : context.definition(name);
  // A name of the library alone never means the user's, and the other way
  // round: a clash of public names is an error, and `_` names are the
  // library's.
  if (!own) {
    if (auto found = callableByName.find(name);
        found != callableByName.end() &&
        (frame->library || !name.starts_with("_")))
      return found->second;
  }
  Callable callable;
  callable.name = name;
  const Definition *definition = own;
  if (!own && (frame->library || !name.starts_with("_")))
    definition = libraryDefinition(name);
  if (definition) {
    callable.kind = Callable::Kind::Definition;
    callable.definition = definition;
    callable.library = !own;
    callable.name = definition->name.text;
  } else if (const OpSpec *op = lookup(name)) {
    callable.kind = Callable::Kind::Op;
    callable.op = op;
    callable.name = op->name;
  } else if (const BuiltinEntry *builtin = findBuiltin(name)) {
    callable.kind = Callable::Kind::Builtin;
    callable.builtin = builtin->function;
    callable.minArguments = builtin->minArguments;
    callable.maxArguments = builtin->maxArguments;
    callable.name = builtin->name;
  } else {
    return nullptr;
  }
  const Callable *result = &callables.emplace_back(std::move(callable));
  if (!own)
    callableByName[result->name] = result;
  return result;
}

Value Elaborator::evaluateName(const Expr &expr) {
  if (std::optional<Value> value = lookupValue(expr.name, expr.location))
    return *value;
  if (const Callable *callable = findCallable(expr.name))
    return callable;
  return undefined(expr);
}

Value Elaborator::undefined(const Expr &expr) {
  if (frame->isRoot && reportForward(expr))
    return {};
  std::vector<std::string> values, constantNames;
  for (const Scope *scope = frame->scope; scope; scope = scope->parent)
    for (const Scope::Variable &variable : scope->variables)
      values.emplace_back(variable.name);
  for (const ConstantDecl &constant : context.model.constants)
    constantNames.push_back(constant.name.text);
  if (frame->isRoot)
    for (const Stage &stage : context.model.network)
      for (const Identifier &name : stage.as)
        values.push_back(name.text);
  if (expectsNumber && frame->isRoot)
    return error(expr.location, "undefined constant " + quote(expr.name) +
                                    didYouMean(expr.name, constantNames));
  if (expectsNumber && frame->isFile)
    for (const InputDecl &input : context.model.inputs)
      if (input.name.text == expr.name)
        return error(expr.location,
                     quote(expr.name) +
                         " is an input, and a number is expected here");
  values.insert(values.end(), constantNames.begin(), constantNames.end());
  return error(
      expr.location,
      "undefined " +
          std::string(expectsNumber && frame->isFile ? "constant " : "value ") +
          quote(expr.name) + didYouMean(expr.name, values));
}

bool Elaborator::reportForward(const Expr &expr) {
  if (expectsNumber)
    return false;
  bool found = false;
  if (std::optional<Diagnostic> problem = describeForwardReference(
          context.model.network, expr, rootFrame.site, found)) {
    ++numFailures;
    if (Diagnostic *diagnostic =
            context.error(problem->location, problem->message))
      diagnostic->notes = std::move(problem->notes);
  }
  return found;
}
