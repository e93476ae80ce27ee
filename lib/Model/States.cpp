// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parameters, buffers and accumulators: how they are declared, how they start
// and what they become.

#include "Elaborator.h"
#include <algorithm>
#include <cmath>

using namespace descent::model;

std::optional<DType> Elaborator::stateType(const Identifier &name) {
  if (std::optional<DType> dtype = parseDType(name.text))
    return dtype;
  if (const Scope::Variable *variable = frame->scope->find(name.text))
    if (const std::string *text = variable->value.get<std::string>())
      if (std::optional<DType> dtype = parseDType(*text))
        return dtype;
  error(name.location, "unknown dtype " + quote(name.text) +
                           didYouMean(name.text, {"f32", "f64", "f16", "bf16",
                                                  "i32", "u32", "bool"}));
  return std::nullopt;
}

std::optional<std::vector<int64_t>>
Elaborator::stateShape(const Value &value, Location location, int *batchAxis) {
  const List *list = value.list();
  if (!value.isValid())
    return std::nullopt;
  // `f32[sizes]` with a list of sizes.
  if (list && list->size() == 1 && list->front().list())
    list = list->front().list();
  std::vector<int64_t> shape;
  if (!list) {
    error(location, "a shape is a list of sizes, got " + describe(value));
    return std::nullopt;
  }
  for (const Value &size : *list) {
    const Integer *integer = size.get<Integer>();
    if (!integer) {
      error(location, "a size is an integer, got " + describe(size));
      return std::nullopt;
    }
    if (integer->batch && !batchAxis) {
      error(location, "a parameter cannot have the size of a batch: 'batch' "
                      "stands in shapes of inputs and states");
      return std::nullopt;
    }
    if (integer->batch)
      *batchAxis = int(shape.size());
    if (integer->value < 1) {
      error(location, "a size must be at least 1, got " + print(size));
      return std::nullopt;
    }
    shape.push_back(integer->value);
  }
  return shape;
}

std::optional<Initializer> Elaborator::initializer(const Value &value,
                                                   Location location) {
  if (!value.isValid())
    return std::nullopt;
  if (const Initializer *init = value.get<Initializer>())
    return *init;
  if (value.isNumber() || value.is<bool>())
    return Initializer{Initializer::Kind::Constant, value.number(), 0};
  if (const Callable *callable = value.callable())
    return initializer(apply(*callable, {}, {location, callable->name}),
                       location);
  error(location,
        "expected an initializer or a number, got " + describe(value));
  return std::nullopt;
}

/// Whether tensors of a dtype can start so; reports if not. Bundles spell
/// finite numbers only.
bool Elaborator::isInitializerOf(DType dtype, const Initializer &init,
                                 Location location) {
  bool isConstant = init.kind == Initializer::Kind::Constant;
  if (!isConstant && !isFloat(dtype)) {
    error(location, std::string(toString(dtype)) +
                        " starts as a constant: only floats are drawn");
    return false;
  }
  for (double number : {init.a, init.b}) {
    if (!std::isfinite(number))
      error(location, "a state starts as a finite number, since a bundle has "
                      "no spelling for infinity, got " +
                          toString(number) +
                          ": take a large number in its place");
    else if (!canHold(dtype, number))
      error(location, toString(number) + " does not fit " +
                          std::string(toString(dtype)) +
                          ", the element type of the state");
    else
      continue;
    return false;
  }
  return true;
}

Value Elaborator::state(State state, const void *owner) {
  auto [known, isNew] = states.try_emplace(state.name);
  if (!isNew) {
    if (known->second.owner == owner &&
        type(known->second.tensor) == state.type)
      return known->second.tensor;
    bool isShared = known->second.owner == owner;
    ++numFailures;
    if (Diagnostic *diagnostic = context.error(
            state.location,
            isShared ? quote(state.name) +
                           " is shared by calls for which it has different "
                           "shapes: " +
                           toString(type(known->second.tensor).shape) +
                           ", and " + toString(state.type.shape)
                     : quote(state.name) + " is declared twice"))
      diagnostic->notes.push_back(
          {known->second.location, "it is declared here"});
    return {};
  }
  if (!countElements(state.type.shape))
    return error(state.location,
                 "parameter " + quote(state.name) + " " +
                     toString(state.type.shape) +
                     " is too large: a tensor has fewer than 2^31 elements");
  if (!context.declare(state, entry)) {
    ++numFailures;
    return {};
  }
  Node node;
  node.kind = Node::Kind::State;
  node.path = state.name;
  node.types = {state.type};
  node.location = state.location;
  ++numNodes;
  known->second = {root.add(std::move(node), "parameter"), owner,
                   state.location};
  return known->second.tensor;
}

/// Declares a parameter or buffer of the current body.
Value Elaborator::declare(State state, const void *owner) {
  std::string name = state.name;
  if (outputsMayNotOwn)
    return error(state.location,
                 quote(frame->library ? frame->userCallName : name) +
                     " has parameters: compute it in the network, give "
                     "that a name and use it here");
  if (!frame->restriction.empty())
    return error(state.location,
                 quote(name) + " cannot be declared in " +
                     quote(frame->restriction) +
                     ": functions own no parameters and states, modules do");
  if (!frame->statePath.empty())
    state.name = frame->statePath + "." + name;
  std::string first = state.name.substr(0, state.name.find('.'));
  if (first == "optim" || first == "metric" || first == "status")
    return error(state.location,
                 quote(first) + " is where the program keeps its own state");
  return this->state(std::move(state), owner);
}

void Elaborator::declareState(const Stage &stage) {
  std::optional<DType> dtype = stateType(stage.dtype);
  bool isParam = stage.kind == Stage::Kind::Param;
  int batchAxis = -1;
  std::optional<std::vector<int64_t>> shape =
      stateShape(evaluate(stage.shape), stage.shape.location,
                 isParam ? nullptr : &batchAxis);
  Value value;
  if (dtype && shape) {
    const std::vector<int64_t> *before = fanShape;
    fanShape = &*shape;
    std::optional<Initializer> init =
        initializer(evaluate(stage.value), stage.value.location);
    fanShape = before;
    if (init && isParam && !isFloat(*dtype) && !stage.frozen)
      error(stage.dtype.location, "a parameter is made of floats; of integers "
                                  "it is frozen, or a state");
    else if (init && isInitializerOf(*dtype, *init, stage.value.location))
      value = declare({stage.name.text,
                       isParam ? State::Role::Parameter : State::Role::Buffer,
                       stage.frozen,
                       {*dtype, *shape, batchAxis},
                       *init,
                       where(stage.name.location)},
                      &stage);
  }
  define(stage.name, value, "a state", false);
}

Value Elaborator::parameter(const List &arguments, const CallSite &site) {
  const std::string *name = arguments[0].get<std::string>();
  if (!name)
    return error(site.location, "'parameter' takes a name, a shape and an "
                                "initializer, got " +
                                    describe(arguments[0]));
  std::optional<std::vector<int64_t>> shape =
      stateShape(arguments[1], site.location, nullptr);
  if (!shape)
    return {};
  const std::vector<int64_t> *before = fanShape;
  fanShape = &*shape;
  std::optional<Initializer> init = initializer(arguments[2], site.location);
  fanShape = before;
  if (!init || !isInitializerOf(DType::F32, *init, site.location))
    return {};
  return declare({*name,
                  State::Role::Parameter,
                  false,
                  {DType::F32, *shape, -1},
                  *init,
                  where(site.location)},
                 site.call);
}

void Elaborator::update(const std::string &state, const Value &value,
                        Location location) {
  const Tensor known = states.at(state).tensor;
  const TensorType expected = type(known);
  std::optional<Tensor> next = tensor(value, location, expected.dtype);
  if (!next)
    return;
  if (current != &root) {
    error(location, "a state is updated once a step, so not in the step of a "
                    "scan nor in a function with its own derivative");
    return;
  }
  if (type(*next).shape.empty() && !expected.shape.empty()) {
    Value wide = callOp("broadcast_to", {*next}, {{"shape", expected.shape}},
                        {location, "update"});
    if (!wide.isValid())
      return;
    next = *wide.get<Tensor>();
  }
  const TensorType is = type(*next);
  if (is.shape != expected.shape || is.dtype != expected.dtype ||
      is.batchAxis != expected.batchAxis) {
    error(location,
          quote(state) + " is " + std::string(toString(expected.dtype)) +
              toString(expected.shape) + ", and cannot become " +
              std::string(toString(is.dtype)) + " " + describe(*next) +
              (is.batchAxis >= 0         ? ", which has the batch axis"
               : expected.batchAxis >= 0 ? ", which has no batch axis"
                                         : ""));
    return;
  }
  for (const PendingUpdate &other : updates)
    if (other.state == state) {
      ++numFailures;
      if (Diagnostic *diagnostic = context.error(
              where(location), quote(state) + " is updated twice"))
        diagnostic->notes.push_back({other.location, "it is updated here"});
      return;
    }
  updates.push_back({state, *next, where(location)});
}

std::string Elaborator::pathOf(const std::string &name) const {
  return frame->statePath.empty() ? name : frame->statePath + "." + name;
}

/// A state of a layer of this body, called by its path.
std::optional<Tensor> Elaborator::stateByPath(const std::string &path) const {
  auto known = states.find(pathOf(path));
  if (known == states.end() ||
      context.stateByName.at(known->first)->state.role == State::Role::Metric)
    return std::nullopt;
  return known->second.tensor;
}

void Elaborator::updateState(const Stage &stage) {
  if (!frame->restriction.empty()) {
    error(stage.location, "a function cannot update a state: a module can");
    return;
  }
  const Scope::Variable *variable = frame->scope->find(stage.name.text);
  if (variable && !variable->value.isValid())
    return;
  const Tensor *held = variable ? variable->value.get<Tensor>() : nullptr;
  std::optional<Tensor> source;
  if (held)
    source = GraphBuilder::resolve(*held);
  if (!variable)
    source = stateByPath(stage.name.text);
  if (!source || source->graph->node(source->ref).kind != Node::Kind::State) {
    if (stage.name.text.find('.') != std::string::npos) {
      std::vector<std::string> names;
      for (const auto &[name, known] : states)
        names.push_back(name);
      std::sort(names.begin(), names.end());
      error(stage.name.location,
            "there is no state " + quote(pathOf(stage.name.text)) + " so far" +
                didYouMean(pathOf(stage.name.text), names) +
                ": a layer has its states from where it is used");
      return;
    }
    error(stage.name.location, quote(stage.name.text) +
                                   " is no state: write "
                                   "state " +
                                   stage.name.text +
                                   " : f32[sizes] = 0 before");
    return;
  }
  enterMember(stage);
  frame->members -= !frame->isFunction;
  // A copy, since evaluating adds nodes.
  std::string path = source->graph->node(source->ref).path;
  update(path, evaluate(stage.value), stage.value.location);
}

void Elaborator::accumulate(const Stage &stage) {
  if (!metric || !frame->definition ||
      frame->definition->kind != Definition::Kind::Metric) {
    error(stage.location, "'accumulate' stands in a metric only");
    return;
  }
  metric->accumulates = true;
  CallSite site{stage.value.location, stage.name.text};
  std::optional<Tensor> value =
      tensor(evaluate(stage.value), stage.value.location);
  Value slot;
  if (value) {
    Value sum = *value;
    if (type(*value).dtype != DType::F32)
      sum = callOp("cast", {*value}, {{"dtype", std::string("f32")}}, site);
    const TensorType &is = type(*sum.get<Tensor>());
    if (is.batchAxis >= 0) {
      error(stage.value.location,
            "an accumulator is a sum over the batch, and this has the batch "
            "axis: " +
                describe(sum));
    } else {
      slot = state({"metric." + metric->name + "." + stage.name.text,
                    State::Role::Metric,
                    false,
                    is,
                    {},
                    where(stage.name.location)},
                   &stage);
      if (slot.isValid() && !metric->results)
        update("metric." + metric->name + "." + stage.name.text,
               callOp("add", {slot, sum}, {}, site), stage.value.location);
    }
  }
  define(stage.name, slot, "an accumulator", false);
}
