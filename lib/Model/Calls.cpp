// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls: what is called, what its layers are called by, and its body.

#include "Elaborator.h"
#include "Library.h"
#include "Specials.h"
#include <algorithm>

using namespace descent::model;

namespace {

std::string join(const std::string &path, const std::string &name) {
  return path.empty() ? name : path + "." + name;
}

/// Whether what it makes is called by a path: modules, and what may call some.
bool hasPath(const Callable &callable,
             const std::vector<PendingArgument> &arguments) {
  if (callable.kind == Callable::Kind::Lambda ||
      callable.kind == Callable::Kind::Instance)
    return true;
  if (callable.definition &&
      callable.definition->kind == Definition::Kind::Module)
    return true;
  return std::any_of(
      arguments.begin(), arguments.end(), [](const PendingArgument &argument) {
        return argument.value ? argument.value->callable() != nullptr
                              : argument.expr->kind == Expr::Kind::Lambda;
      });
}

} // namespace

const Callable *Elaborator::callee(const Expr &expr) {
  if (expr.kind == Expr::Kind::Name) {
    // A value of that name that cannot be called does not hide an op.
    if (const Scope::Variable *variable = frame->scope->find(expr.name)) {
      if (!variable->value.isValid())
        return nullptr;
      if (const Callable *callable = variable->value.callable())
        return callable;
    } else if (auto constant = constants.find(expr.name);
               constant != constants.end() && !frame->library) {
      Value value = evaluateConstant(constant->second, expr.location);
      if (const Callable *callable = value.callable())
        return callable;
    }
    if (const Callable *callable = findCallable(expr.name))
      return callable;
    std::vector<std::string> names;
    for (const OpSpec &op : registry())
      if (op.category != Category::Optimizer)
        names.emplace_back(op.name);
    for (const Definition &definition : context.model.definitions)
      names.push_back(definition.name.text);
    error(expr.location,
          "unknown layer " + quote(expr.name) + didYouMean(expr.name, names));
    return nullptr;
  }
  Value value = evaluate(expr);
  if (value.isValid() && !value.callable())
    error(expr.location, "expected something to call, got " + describe(value));
  return value.callable();
}

Value Elaborator::call(const Expr &expr, const Value *previous) {
  const Expr &called = expr.kind == Expr::Kind::Call ? expr.operands[0] : expr;
  bool before = expectsNumber;
  expectsNumber = false;
  const Callable *callable = called.kind == Expr::Kind::Lambda
                                 ? makeLambda(called).callable()
                                 : callee(called);
  Value result;
  if (callable) {
    std::vector<PendingArgument> arguments;
    if (previous)
      arguments.push_back({{}, nullptr, *previous});
    if (expr.kind == Expr::Kind::Call)
      for (const Argument &argument : expr.arguments)
        arguments.push_back({argument.key, &argument.value, std::nullopt});
    result = call(*callable, std::move(arguments),
                  {where(called.location), callable->name, &expr});
  }
  expectsNumber = before;
  return result;
}

Value Elaborator::apply(const Callable &callable, std::vector<Value> arguments,
                        const CallSite &site) {
  std::vector<PendingArgument> pending;
  for (Value &argument : arguments) {
    if (!argument.isValid())
      return {};
    pending.push_back({{}, nullptr, std::move(argument)});
  }
  return call(callable, std::move(pending), site);
}

Value Elaborator::call(const Callable &callable,
                       std::vector<PendingArgument> arguments,
                       const CallSite &site) {
  if (callDepth >= maxCallDepth)
    return error(site.location, "calls are nested deeper than " +
                                    std::to_string(maxCallDepth) + ": " +
                                    quote(callable.name) +
                                    " seems to call itself without an end");
  if (context.tooManyErrors())
    return {};
  ++callDepth;
  Value result;
  switch (callable.kind) {
  case Callable::Kind::Op:
    result = callPrimitive(*callable.op, std::move(arguments), site);
    break;
  case Callable::Kind::Definition:
  case Callable::Kind::Instance:
    result = callDefinition(callable, std::move(arguments), site);
    break;
  case Callable::Kind::Builtin:
    result = callBuiltin(callable, std::move(arguments), site);
    break;
  case Callable::Kind::Lambda:
    result = callLambda(callable, std::move(arguments), site);
    break;
  }
  --callDepth;
  return result;
}

std::string Elaborator::callPath(const CallSite &site) {
  if (frame->isFunction)
    return frame->path;
  if (site.call && site.call == frame->outermost)
    return frame->stage;
  return join(frame->stage, std::to_string(frame->nested++));
}

bool Elaborator::claimPath(const std::string &path, const void *site,
                           Location location) {
  auto [known, isNew] = paths.try_emplace(path, site, location);
  if (isNew || known->second.first == site)
    return true;
  ++numFailures;
  if (Diagnostic *diagnostic = context.error(
          where(location), quote(path) +
                               " is the name of another layer already (a layer "
                               "without a name is called by its index)"))
    diagnostic->notes.push_back({known->second.second, "that layer is here"});
  return false;
}

namespace {
struct Bounds : BoundEvaluator {
  explicit Bounds(Elaborator &elaborator) : elaborator(elaborator) {}
  std::optional<double> number(const Expr &expr) override {
    Value value = elaborator.evaluate(expr);
    if (value.isNumber())
      return value.number();
    if (value.isValid())
      elaborator.error(expr.location,
                       "expected a number, got " + elaborator.describe(value));
    return std::nullopt;
  }
  void error(Location location, std::string message) override {
    elaborator.error(location, std::move(message));
  }
  Elaborator &elaborator;
};
} // namespace

const Signature &Elaborator::signatureOf(const Definition &definition) {
  auto found = context.signatures.find(&definition);
  if (found != context.signatures.end())
    return found->second;
  // Bounds of types see constants and definitions, as those do.
  Frame file = makeFileFrame(&scopes.emplace_back());
  FrameScope scope(*this, file);
  file.caller = nullptr;
  Bounds bounds(*this);
  return context.signatures
      .try_emplace(&definition, makeSignature(definition, bounds))
      .first->second;
}

const Signature &Elaborator::signatureOf(const OpSpec &op) {
  auto found = context.opSignatures.find(&op);
  if (found == context.opSignatures.end())
    found = context.opSignatures.try_emplace(&op, makeSignature(op)).first;
  return found->second;
}

Value Elaborator::callDefinition(const Callable &callable,
                                 std::vector<PendingArgument> arguments,
                                 const CallSite &site) {
  const Definition &definition = *callable.definition;
  bool isInstance = callable.kind == Callable::Kind::Instance;
  bool isModule = definition.kind == Definition::Kind::Module;
  const Signature &signature = signatureOf(definition);
  bool takesPath = !isInstance && (isModule || hasPath(callable, arguments));
  if (definition.kind == Definition::Kind::Metric && !metric)
    return error(site.location,
                 quote(definition.name.text) +
                     " is a metric, and a layer is expected here");
  size_t before = numFailures;
  std::optional<std::vector<Scope::Variable>> bound =
      bind(signature, std::move(arguments), site,
           isInstance ? callable.bound : std::vector<Scope::Variable>());
  if (!bound || numFailures != before)
    return {};
  // After the arguments, so that nested calls are counted as they are made.
  std::string path = isInstance          ? callable.path
                     : takesPath         ? callPath(site)
                     : frame->isFunction ? frame->path
                                         : frame->stage;
  if (isModule && !isInstance && !frame->isFunction) {
    const void *owner = site.call && site.call == frame->outermost
                            ? frame->site
                            : static_cast<const void *>(site.call);
    if (!claimPath(path, owner, site.location))
      return {};
  }
  return runDefinition(definition, callable.library, signature,
                       std::move(*bound), site,
                       isInstance ? &callable : nullptr, std::move(path));
}

Value Elaborator::runDefinition(const Definition &definition, bool library,
                                const Signature &signature,
                                std::vector<Scope::Variable> bound,
                                const CallSite &site, const Callable *instance,
                                std::string path) {
  bool isModule = definition.kind == Definition::Kind::Module;
  Frame body;
  body.definition = &definition;
  body.library = library;
  body.calledAt = site.location;
  body.scope = &scopes.emplace_back();
  body.scope->variables = std::move(bound);
  body.userCall = frame->library ? frame->userCall : site.location;
  body.userCallName = frame->library ? frame->userCallName : site.name;
  body.userCallExpr = frame->library ? frame->userCallExpr : site.call;
  body.path = body.lambdaPath = body.stage = std::move(path);
  body.statePath = isModule ? body.path : frame->statePath;
  body.isFunction = !isModule;
  body.restriction =
      isModule ? frame->restriction : std::string_view(definition.name.text);
  body.labelPath =
      isModule && !frame->isFunction ? body.path : frame->labelPath;
  body.labelOp = isModule && !frame->isFunction
                     ? std::string_view(definition.name.text)
                     : frame->labelOp;
  FrameScope scope(*this, body);
  if (!completeDefaults(signature, site))
    return {};
  // Within its own derivative a function is what its body computes.
  if (definition.vjp &&
      std::find(differentiating.begin(), differentiating.end(), &definition) ==
          differentiating.end()) {
    bool hasTensors =
        std::any_of(body.scope->variables.begin(), body.scope->variables.end(),
                    [](const Scope::Variable &variable) {
                      return variable.value.isTensor();
                    });
    if (hasTensors)
      return Specials(*this).custom(definition, site);
  }
  // Of several tensors the first is what a pipeline in the body begins with.
  Value previous;
  for (const Parameter &parameter : signature.parameters)
    if (parameter.form == Parameter::Form::Tensor) {
      previous = body.scope->findHere(parameter.name)->value;
      break;
    }
  return runBody(definition.body, previous.isValid() ? &previous : nullptr);
}

Value Elaborator::callLambda(const Callable &callable,
                             std::vector<PendingArgument> arguments,
                             const CallSite &site) {
  Frame body;
  body.library = callable.library;
  body.calledAt = site.location;
  body.scope = &scopes.emplace_back();
  body.scope->parent = callable.scope;
  body.userCall = frame->library ? frame->userCall : site.location;
  body.userCallName = frame->library ? frame->userCallName : site.name;
  body.userCallExpr = frame->library ? frame->userCallExpr : site.call;
  body.restriction = callable.restriction;
  body.isFunction = frame->isFunction && callable.frame == frame->id;
  body.labelPath = frame->labelPath;
  body.labelOp = frame->labelOp;
  body.statePath = frame->statePath;
  // Layers of a lambda from elsewhere belong to the layer that calls it.
  bool isOwn = callable.frame == frame->id || frame->isRoot;
  if (callable.thunk)
    body.path = frame->path;
  else
    body.path = isOwn                 ? callPath(site)
                : frame->stageIsNamed ? frame->stage
                                      : frame->lambdaPath;
  body.lambdaPath = body.stage = body.path;

  if (callable.thunk) {
    FrameScope scope(*this, body);
    return evaluate(*callable.thunk);
  }
  const Lambda &lambda = *callable.lambda;
  std::vector<std::string_view> names;
  Value previous;
  if (!lambda.hasParameters) {
    if (arguments.size() != 1 || !arguments[0].key.empty())
      return error(site.location, "a body without parameters takes 1 value, "
                                  "got " +
                                      std::to_string(arguments.size()));
    previous =
        arguments[0].value ? *arguments[0].value : evaluate(*arguments[0].expr);
    if (!previous.isValid())
      return {};
    FrameScope scope(*this, body);
    return runBody(lambda.body, &previous);
  }
  std::vector<Scope::Variable> &variables = body.scope->variables;
  for (size_t i = 0; i < arguments.size(); ++i) {
    PendingArgument &argument = arguments[i];
    size_t position = i;
    if (!argument.key.empty())
      for (position = 0;
           position < lambda.parameters.size() &&
           lambda.parameters[position].name.text != argument.key.text;)
        ++position;
    if (position >= lambda.parameters.size())
      return error(site.location, "the function takes " +
                                      std::to_string(lambda.parameters.size()) +
                                      " values, got " +
                                      std::to_string(arguments.size()));
    Value value = argument.value ? *argument.value : evaluate(*argument.expr);
    if (!value.isValid())
      return {};
    variables.push_back({lambda.parameters[position].name.text,
                         std::move(value),
                         lambda.parameters[position].name.location,
                         {},
                         "a parameter",
                         true});
  }
  FrameScope scope(*this, body);
  for (const ParameterDecl &decl : lambda.parameters) {
    if (body.scope->findHere(decl.name.text))
      continue;
    if (!decl.defaultValue)
      return error(site.location, "the function takes " +
                                      std::to_string(lambda.parameters.size()) +
                                      " values, got " +
                                      std::to_string(arguments.size()));
    Value value = evaluate(*decl.defaultValue);
    variables.push_back({decl.name.text,
                         std::move(value),
                         decl.name.location,
                         {},
                         "a parameter",
                         true});
  }
  // `=> e` has no stages: what it calls is called by the lambda's own path.
  if (lambda.body.size() == 1 && lambda.body[0].kind == Stage::Kind::Return) {
    const Expr &expr = lambda.body[0].value;
    body.outermost = expr.kind == Expr::Kind::Call ? &expr : nullptr;
    body.site = &expr;
    return evaluate(expr);
  }
  return runBody(lambda.body, nullptr);
}
