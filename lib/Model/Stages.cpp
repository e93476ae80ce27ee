// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bodies: their members in order.

#include "Elaborator.h"
#include <algorithm>

using namespace descent::model;

/// A body, or a block of it, that is being run.
struct Elaborator::Block {
  Value last; ///< what the next member of a pipeline takes
  bool hasLast = false;
  Identifier lastName;
  Location lastLocation;
  bool returned = false;
  Value result;
  Scope *base = nullptr; ///< of the body
  bool isNested = false; ///< an `if` or a loop, which may give names again
  size_t failures = 0;   ///< before the body
};

Value Elaborator::runBody(const std::vector<Stage> &body,
                          const Value *previous) {
  Block block;
  block.base = frame->scope;
  block.failures = numFailures;
  if (previous) {
    block.last = *previous;
    block.hasLast = true;
  }
  runStages(body, block);
  if (block.returned)
    return block.result;
  return block.hasLast ? block.last : Value(None{});
}

Value Elaborator::runNetwork(const std::vector<Stage> &body) {
  if (!rootFrame.scope) {
    rootFrame.isRoot = true;
    rootFrame.scope = rootScope;
  }
  FrameScope scope(*this, rootFrame);
  Block block;
  block.base = rootScope;
  block.failures = numFailures;
  if (lastValue) {
    block.last = *lastValue;
    block.hasLast = true;
  }
  block.lastName = lastName;
  runStages(body, block);
  if (block.returned && block.result.isValid())
    block.last = block.result;
  lastName = block.lastName;
  if (lastName.empty())
    lastName.location = block.lastLocation;
  if (block.hasLast)
    lastValue = block.last;
  return block.last;
}

Value Elaborator::evaluateResult(const Expr &expr) {
  Frame results = makeFileFrame(rootScope);
  FrameScope scope(*this, results);
  bool before = outputsMayNotOwn;
  outputsMayNotOwn = true;
  Value value = evaluate(expr);
  outputsMayNotOwn = before;
  return value;
}

void Elaborator::runStages(const std::vector<Stage> &stages, Block &block) {
  for (const Stage &stage : stages) {
    if (block.returned || context.tooManyErrors() || numNodes > maxNodes)
      return;
    runStage(stage, block);
    // In the library an error is the caller's, who hears of the first only.
    if (frame->library && numFailures != block.failures) {
      block.returned = true;
      block.result = {};
    }
  }
}

void Elaborator::runStage(const Stage &stage, Block &block) {
  switch (stage.kind) {
  case Stage::Kind::Value:
    return runMember(stage, block);
  case Stage::Kind::If:
    return runIf(stage, block);
  case Stage::Kind::Repeat:
  case Stage::Kind::For:
    return runLoop(stage, block);
  case Stage::Kind::Instance:
    return makeInstance(stage);
  case Stage::Kind::Param:
  case Stage::Kind::State:
    return declareState(stage);
  case Stage::Kind::Update:
    return updateState(stage);
  case Stage::Kind::Accumulate:
    return accumulate(stage);
  case Stage::Kind::Constant: {
    Value value = evaluate(stage.value);
    const List *list = value.list();
    bool hasTensor =
        value.isTensor() ||
        (list && std::any_of(list->begin(), list->end(), [](const Value &item) {
           return item.isTensor();
         }));
    if (hasTensor && !frame->library)
      value = error(stage.value.location,
                    "a constant is known at compile time, and this is " +
                        describe(value) + ": leave out 'const'");
    return define(stage.name, value, "a constant", block.isNested);
  }
  case Stage::Kind::Require: {
    std::optional<bool> holds = condition(stage.value);
    if (holds && !*holds)
      errorAt(requirementLocation(stage),
              formatMessage(stage.message, stage.location));
    if (!holds || !*holds) {
      block.returned = true;
      block.result = {};
    }
    return;
  }
  case Stage::Kind::Return:
    // Behind a pipeline: what its last stage gives.
    if (stage.takesPrevious) {
      block.result = block.last;
      block.returned = true;
      return;
    }
    enterMember(stage);
    frame->outermost =
        stage.value.kind == Expr::Kind::Call ? &stage.value : nullptr;
    block.result = evaluate(stage.value);
    block.returned = true;
    return;
  }
}

/// In the library, what a requirement is about stands where the first attribute
/// in it was given.
static const Scope::Variable *findAttribute(const Expr &expr,
                                            const Scope &scope) {
  if (expr.kind == Expr::Kind::Name)
    if (const Scope::Variable *variable = scope.find(expr.name);
        variable && variable->isParameter && variable->given.line &&
        !variable->value.isTensor())
      return variable;
  for (const Expr &operand : expr.operands)
    if (const Scope::Variable *found = findAttribute(operand, scope))
      return found;
  for (const Argument &argument : expr.arguments)
    if (const Scope::Variable *found = findAttribute(argument.value, scope))
      return found;
  return nullptr;
}

Location Elaborator::requirementLocation(const Stage &stage) const {
  if (frame->library)
    if (const Scope::Variable *attribute =
            findAttribute(stage.value, *frame->scope))
      return attribute->given;
  return where(stage.location);
}

std::optional<Value> Elaborator::previousValue(const Stage &stage,
                                               Block &block) {
  if (block.hasLast)
    return block.last;
  if (!frame->isRoot) {
    error(stage.location, "there is no value that this could take");
    return std::nullopt;
  }
  const std::vector<InputDecl> &inputs = context.model.inputs;
  // That there is none has been reported.
  if (inputs.empty())
    return std::nullopt;
  if (inputs.size() == 1)
    return rootScope->find(inputs[0].name.text)->value;
  std::string names;
  for (const InputDecl &input : inputs)
    names += (names.empty() ? "'" : ", '") + input.name.text + "'";
  error(stage.location,
        context.model.isText
            ? "a pipeline that begins with '|>' takes the only input: write "
              "which of " +
                  names + " this takes, as in " + inputs[0].name.text + " |> f"
            : "the first layer must say by 'of' which of the inputs " + names +
                  " it takes");
  return std::nullopt;
}

Value Elaborator::stageValue(const Stage &stage, Block &block) {
  const Expr &value = stage.value;
  bool isSound = enterMember(stage);
  // `layer: lstm(x)[0]` is the layer too.
  frame->outermost = &value;
  while (frame->outermost->kind == Expr::Kind::Index)
    frame->outermost = &frame->outermost->operands[0];
  Value result;
  if (!stage.takesPrevious) {
    result = evaluate(value);
  } else if (std::optional<Value> previous = previousValue(stage, block)) {
    // Even if what it takes has errors: its own are worth telling.
    result = call(value, &*previous);
  }
  return isSound ? result : Value();
}

void Elaborator::runMember(const Stage &stage, Block &block) {
  Value value = stageValue(stage, block);
  assign(stage.as, value, block, stage.location);
  block.last = std::move(value);
  block.hasLast = true;
  block.lastName = stage.as.size() == 1 ? stage.as[0] : Identifier();
  block.lastLocation = stage.location;
}

void Elaborator::runIf(const Stage &stage, Block &block) {
  enterMember(stage);
  std::optional<bool> holds = condition(stage.value);
  if (!holds) {
    block.last = {};
    return;
  }
  std::string path = frame->path;
  unsigned members = frame->members;
  bool isSole = frame->isSole, isNested = block.isNested;
  if (!frame->isFunction)
    frame->path = frame->stage;
  frame->members = 0;
  frame->isSole = false;
  block.isNested = true;
  runStages(*holds ? stage.body : stage.otherwise, block);
  block.isNested = isNested;
  frame->path = std::move(path);
  frame->members = members;
  frame->isSole = isSole;
  assign(stage.as, block.last, block, stage.location);
}

void Elaborator::runLoop(const Stage &stage, Block &block) {
  enterMember(stage);
  List items;
  bool isFor = stage.kind == Stage::Kind::For;
  if (isFor) {
    Value value = evaluate(stage.value);
    if (!value.isValid())
      return;
    if (!value.list()) {
      error(stage.value.location, "'for' goes through a list, got " +
                                      describe(value) +
                                      ": write range(n) for 0 to n - 1");
      return;
    }
    items = *value.list();
  } else {
    std::optional<int64_t> count = evaluateInteger(stage.value);
    if (count && (*count < 0 || *count > int64_t(maxNodes)))
      error(stage.value.location,
            "cannot repeat " + std::to_string(*count) + " times");
    else
      items.resize(count.value_or(0));
    if (stage.takesPrevious && !block.hasLast) {
      std::optional<Value> previous = previousValue(stage, block);
      block.last = previous.value_or(Value());
      block.hasLast = true;
    }
  }
  Frame saved = *frame;
  bool isNested = block.isNested;
  for (size_t k = 0; k < items.size() && !block.returned; ++k) {
    if (context.tooManyErrors() || numNodes > maxNodes ||
        !spend(1, stage.location))
      break;
    Scope &names = scopes.emplace_back();
    names.parent = saved.scope;
    frame->scope = &names;
    if (isFor)
      names.variables.push_back(
          {stage.name.text, items[k], stage.name.location, {}, "a value"});
    if (!frame->isFunction) {
      frame->path = saved.stage + "." + std::to_string(k);
      frame->lambdaPath = frame->statePath = frame->path;
    }
    frame->members = 0;
    frame->isSole =
        stage.body.size() == 1 && stage.body[0].kind == Stage::Kind::Value;
    block.isNested = true;
    runStages(stage.body, block);
  }
  block.isNested = isNested;
  frame->scope = saved.scope;
  frame->path = saved.path;
  frame->lambdaPath = saved.lambdaPath;
  frame->statePath = saved.statePath;
  frame->members = saved.members;
  frame->isSole = saved.isSole;
  assign(stage.as, block.last, block, stage.location);
}

void Elaborator::assign(const std::vector<Identifier> &names,
                        const Value &value, Block &block, Location location) {
  if (names.empty())
    return;
  auto set = [&](const Identifier &name, const Value &part) {
    if (block.isNested)
      for (Scope *scope = frame->scope;;
           scope = const_cast<Scope *>(scope->parent)) {
        if (Scope::Variable *known = scope->findHere(name.text)) {
          known->value = part;
          return;
        }
        if (scope == block.base)
          break;
      }
    define(name, part, "a value", block.isNested);
  };
  if (names.size() == 1)
    return set(names[0], value);
  const List *list = value.list();
  if (value.isValid() && (!list || list->size() != names.size()))
    error(location, "expected a list of " + std::to_string(names.size()) +
                        " values, got " + describe(value));
  for (size_t i = 0; i < names.size(); ++i)
    set(names[i], list && list->size() == names.size() ? (*list)[i] : Value());
}

std::string Elaborator::formatMessage(const std::string &message,
                                      Location location) {
  std::string result;
  for (size_t i = 0; i < message.size();) {
    size_t close = message[i] == '{' ? message.find('}', i) : std::string::npos;
    if (close == std::string::npos) {
      result += message[i++];
      continue;
    }
    std::string text = message.substr(i + 1, close - i - 1);
    DiagnosticEngine scratch;
    scratch.addSource("message", text);
    std::optional<Expr> expr =
        parseExpression(text, {0, 1, 1}, /*exact=*/true, scratch);
    result += expr ? describe(evaluate(*expr)) : "{" + text + "}";
    i = close + 1;
  }
  return result;
}
