// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Members of bodies: their paths, the names that they define, and instances.

#include "Elaborator.h"
#include <algorithm>

using namespace descent::model;

/// Whether `path` may name a layer; reports if not.
static bool checkPath(Elaborator &elaborator, const Identifier &path) {
  bool ok = true;
  for (size_t begin = 0; begin <= path.text.size();) {
    size_t end = std::min(path.text.find('.', begin), path.text.size());
    std::string_view word =
        std::string_view(path.text).substr(begin, end - begin);
    ok = ok && !word.empty() && isIdentifier("_" + std::string(word));
    begin = end + 1;
  }
  if (!ok) {
    elaborator.error(path.location,
                     quote(path.text) +
                         " cannot name a layer: expected letters, digits and "
                         "_, in parts joined by '.'");
    return false;
  }
  std::string first = path.text.substr(0, path.text.find('.'));
  if (first != "optim" && first != "metric" && first != "status")
    return true;
  elaborator.error(path.location,
                   "a layer cannot be called " + quote(path.text) + ": " +
                       quote(first) +
                       " is where the program keeps its own state");
  return false;
}

/// What a member's value is made by, for labels.
static std::string_view calleeName(const Expr &value) {
  const Expr &called =
      value.kind == Expr::Kind::Call ? value.operands[0] : value;
  bool isCall = value.kind == Expr::Kind::Call;
  return called.kind == Expr::Kind::Name && (isCall || &called == &value)
             ? std::string_view(called.name)
             : std::string_view();
}

bool Elaborator::enterMember(const Stage &stage) {
  frame->nested = 0;
  frame->site = &stage;
  frame->outermost = nullptr;
  frame->stageIsNamed = false;
  if (frame->isFunction)
    return true;
  bool isSound = true;
  bool isNamed = stage.path.location.line || !stage.path.empty();
  if (isNamed && !frame->library)
    isSound = checkPath(*this, stage.path);
  std::string name = isNamed ? stage.path.text : std::to_string(frame->members);
  const std::string &base = isNamed ? frame->lambdaPath : frame->path;
  // A name alone computes nothing, and is no layer.
  bool isAlias = stage.kind == Stage::Kind::Value && !stage.takesPrevious &&
                 stage.value.kind == Expr::Kind::Name && !isNamed;
  frame->members += !isAlias;
  frame->stageIsNamed = isNamed;
  if (frame->isSole && !isNamed)
    frame->stage = frame->path;
  else
    frame->stage = base.empty() ? name : base + "." + name;
  if (!frame->library) {
    frame->labelPath = frame->stage;
    frame->labelOp = calleeName(stage.value);
  }
  if (isSound && frame->isRoot && !frame->isSole && !isAlias &&
      stage.kind != Stage::Kind::Return && stage.kind != Stage::Kind::Update) {
    const Expr &value = stage.value;
    Location location = isNamed ? stage.path.location
                        : value.kind == Expr::Kind::Call
                            ? value.operands[0].location
                            : stage.location;
    isSound = claimPath(frame->stage, &stage, location);
  }
  return isSound;
}

void Elaborator::define(const Identifier &name, const Value &value,
                        const char *what, bool mayReplace) {
  if (name.empty())
    return;
  Scope::Variable *known = frame->scope->findHere(name.text);
  // A body may go on with a name of its parameters, as in `param bias` of a
  // module that `bias` tells to have one.
  if (known && (mayReplace || known->isParameter)) {
    *known = {name.text, value, where(name.location), {}, what};
    return;
  }
  if (known) {
    ++numFailures;
    if (Diagnostic *diagnostic = context.error(
            where(name.location),
            quote(name.text) + " is the name of " + known->what + " already"))
      diagnostic->notes.push_back({known->location, "it is defined here"});
    return;
  }
  if (auto constant = constants.find(name.text);
      frame->isRoot && constant != constants.end()) {
    ++numFailures;
    if (Diagnostic *diagnostic = context.error(
            name.location,
            quote(name.text) + " is the name of a constant already"))
      diagnostic->notes.push_back(
          {constant->second.name.location, "it is defined here"});
    return;
  }
  frame->scope->variables.push_back(
      {name.text, value, where(name.location), {}, what});
}

void Elaborator::makeInstance(const Stage &stage) {
  enterMember(stage);
  const Expr &value = stage.value;
  const Expr &called =
      value.kind == Expr::Kind::Call ? value.operands[0] : value;
  const Callable *callable = callee(called);
  Value result;
  if (callable && !(callable->definition &&
                    callable->definition->kind == Definition::Kind::Module)) {
    error(called.location, quote(callable->name) +
                               " is no module: an instance has parameters of "
                               "its own");
  } else if (callable) {
    Callable instance = *callable;
    instance.kind = Callable::Kind::Instance;
    instance.site = &stage;
    std::string name = stage.path.empty() ? stage.name.text : stage.path.text;
    instance.path =
        frame->lambdaPath.empty() ? name : frame->lambdaPath + "." + name;
    std::vector<PendingArgument> arguments;
    if (value.kind == Expr::Kind::Call)
      for (const Argument &argument : value.arguments)
        arguments.push_back({argument.key, &argument.value, std::nullopt});
    // Attributes alone are given, so positions count from the first of them.
    const Signature &signature = signatureOf(*callable->definition);
    size_t next = 0;
    for (PendingArgument &argument : arguments) {
      if (!argument.key.empty())
        continue;
      while (next < signature.parameters.size() &&
             signature.parameters[next].form != Parameter::Form::Attribute)
        ++next;
      if (next < signature.parameters.size())
        argument.key = {std::string(signature.parameters[next++].name),
                        argument.expr->location};
    }
    std::optional<std::vector<Scope::Variable>> bound =
        bind(signature, std::move(arguments),
             {where(called.location), callable->name, &value}, {}, true);
    if (claimPath(instance.path, &stage, stage.location) && bound) {
      instance.bound = std::move(*bound);
      result = &callables.emplace_back(std::move(instance));
    }
  }
  define(stage.name, result, "an instance", false);
}
