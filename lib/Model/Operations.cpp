// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Uses of primitive ops: constants for numbers, attributes, inference, nodes.

#include "Arithmetic.h"
#include "Attributes.h"
#include "Elaborator.h"
#include "Specials.h"
#include <algorithm>

using namespace descent::model;

std::string Elaborator::labelOf(std::string_view op) const {
  if (frame->labelPath.empty())
    return {};
  return frame->labelPath + "." +
         std::string(frame->labelOp.empty() ? op : frame->labelOp);
}

Tensor Elaborator::addNode(Node node, std::string_view origin) {
  if (++numNodes == maxNodes + 1)
    error(node.location, "the model has more than " + std::to_string(maxNodes) +
                             " operations: is there a loop too many?");
  return current->add(std::move(node),
                      frame->library ? frame->userCallName : origin);
}

Tensor Elaborator::constant(const Value &number, DType dtype,
                            const CallSite &site) {
  Node node;
  node.op = lookup("full");
  node.path = labelOf("full");
  node.location = where(site.location);
  node.attributes.set("shape", std::vector<int64_t>());
  node.attributes.set("value", number.number());
  node.attributes.set("dtype", std::string(toString(dtype)));
  node.types = {{dtype, {}, -1}};
  return addNode(std::move(node), "a constant");
}

std::optional<Tensor> Elaborator::tensor(const Value &value, Location location,
                                         DType dtype) {
  if (!value.isValid())
    return std::nullopt;
  if (const Tensor *held = value.get<Tensor>()) {
    if (current->sees(*held))
      return *held;
    error(location,
          "a value of another body cannot be used here: " + describe(*held));
    return std::nullopt;
  }
  if (value.isNumber() || value.is<bool>()) {
    if (value.is<bool>())
      dtype = DType::Bool;
    if (canHold(dtype, value.number()))
      return constant(value, dtype, {location, "full"});
    error(location, print(value) + " does not fit " +
                        std::string(toString(dtype)) +
                        ", the element type here");
    return std::nullopt;
  }
  error(location, "expected a tensor, got " + describe(value));
  return std::nullopt;
}

/// The dtype that numbers take beside the tensors among `operands`.
std::optional<DType>
Elaborator::dtypeOfNumbers(const std::vector<Value> &operands,
                           const CallSite &site) {
  std::optional<DType> dtype;
  bool hasFloat = false, hasFloatTensor = false;
  const Value *integers = nullptr;
  for (const Value &operand : operands) {
    hasFloat |= operand.is<double>();
    const Tensor *held = operand.get<Tensor>();
    if (!held || type(*held).dtype == DType::Bool)
      continue;
    hasFloatTensor |= isFloat(type(*held).dtype);
    if (!isFloat(type(*held).dtype))
      integers = &operand;
    if (!dtype || isFloat(type(*held).dtype))
      dtype = type(*held).dtype;
  }
  if (!dtype)
    return hasFloat ? DType::F32 : DType::I32;
  if (hasFloat && !hasFloatTensor) {
    error(site.location, "a fraction cannot be combined with integers: cast " +
                             describe(*integers) + " to f32 first");
    return std::nullopt;
  }
  return dtype;
}

Value Elaborator::buildNode(const OpSpec &op,
                            const std::vector<Value> &operands,
                            std::vector<bool> present, Attributes attributes,
                            const AttrLocations &given, const CallSite &site) {
  Node node;
  node.op = &op;
  node.location = where(site.location);
  node.attributes = std::move(attributes);
  bool hasNumbers =
      std::any_of(operands.begin(), operands.end(),
                  [](const Value &operand) { return !operand.isTensor(); });
  std::optional<DType> dtype;
  if (hasNumbers && !(dtype = dtypeOfNumbers(operands, site)))
    return {};
  std::vector<Inference::Operand> seen;
  std::vector<Tensor> sources;
  for (const Value &operand : operands) {
    std::optional<Tensor> source = tensor(operand, node.location, *dtype);
    if (!source)
      return {};
    ValueRef ref = current->use(*source);
    node.operands.push_back(ref);
    sources.push_back({current, ref});
    seen.push_back({current->type(ref), describe(sources.back())});
  }
  Inference inference(
      op, node, std::move(seen), std::move(present), given, batch,
      [&](Location location, std::string message) {
        errorAt(location, std::move(message));
      },
      frame->library ? frame->userCallName : std::string_view());
  if (!op.infer(inference))
    return {};
  for (const TensorType &result : node.types)
    if (!countElements(result.shape))
      return error(node.location,
                   "the result of " +
                       quote(frame->library ? frame->userCallName : op.name) +
                       " " + toString(result.shape) +
                       " is too large: a tensor has fewer than 2^31 elements");
  for (auto [operand, bound] : inference.conclusions().ranges) {
    Tensor source = GraphBuilder::resolve(sources[operand]);
    const Node &origin = source.graph->node(source.ref);
    if (origin.kind != Node::Kind::Input)
      continue;
    auto [known, isNew] = context.indexBounds.try_emplace(origin.path, bound);
    known->second = std::min(known->second, bound);
  }
  // The number of random draws so far, and not of those that are needed: so it
  // is the same whatever is dropped.
  if (op.name == "random_bits")
    node.attributes.set("stream", numStreams++);
  node.path = labelOf(op.name);
  size_t numResults = node.types.size();
  Tensor result =
      addNode(std::move(node), site.name.empty() ? op.name : site.name);
  if (inference.conclusions().mixesRows)
    current->markMixing(result.ref);
  if (numResults == 1)
    return result;
  List results;
  for (uint32_t i = 0; i < numResults; ++i)
    results.push_back(Tensor{result.graph, {result.ref.node, i}});
  return results;
}

Value Elaborator::callOp(
    std::string_view name, std::vector<Value> operands,
    std::vector<std::pair<std::string_view, AttrValue>> attributes,
    const CallSite &site) {
  const OpSpec *op = lookup(name);
  Attributes all;
  for (const AttrSpec &spec : op->attributes)
    all.set(spec.name, spec.defaultValue);
  for (auto &[attribute, value] : attributes)
    all.set(attribute, std::move(value));
  std::vector<bool> present(operands.size(), true);
  return buildNode(*op, operands, std::move(present), std::move(all), {},
                   {site.location, op->name});
}

Value Elaborator::callPrimitive(const OpSpec &op,
                                std::vector<PendingArgument> arguments,
                                const CallSite &site) {
  if (op.category == Category::Initializer)
    return makeInitializer(op, std::move(arguments), site);
  if (op.category == Category::Optimizer)
    return error(site.location,
                 quote(op.name) +
                     " is an optimizer, and a layer is expected here");
  const Signature &signature = signatureOf(op);
  std::optional<std::vector<Scope::Variable>> bound =
      bind(signature, std::move(arguments), site);
  if (!bound)
    return {};
  if (op.name == "scan")
    return Specials(*this).scan(op, std::move(*bound), site);
  if (op.name == "grad")
    return Specials(*this).grad(op, std::move(*bound), site);

  auto find = [&](std::string_view name) -> const Scope::Variable * {
    for (const Scope::Variable &variable : *bound)
      if (variable.name == name)
        return &variable;
    return nullptr;
  };
  std::vector<Value> operands;
  std::vector<bool> present;
  Attributes attributes;
  AttrLocations given;
  for (const Parameter &parameter : signature.parameters) {
    const Scope::Variable *variable = find(parameter.name);
    if (parameter.form == Parameter::Form::Attribute) {
      const AttrSpec &spec = parameter.spec;
      if (variable) {
        attributes.set(spec.name, toAttrValue(spec, variable->value));
        given[spec.name] = variable->given;
      } else {
        attributes.set(spec.name, spec.defaultFrom.empty()
                                      ? spec.defaultValue
                                      : attributes.get(spec.defaultFrom));
      }
    } else if (parameter.form == Parameter::Form::Tensors) {
      const List *list = variable->value.list();
      operands.insert(operands.end(), list->begin(), list->end());
    } else {
      bool isGiven = variable && !variable->value.isNone();
      present.push_back(isGiven);
      if (isGiven)
        operands.push_back(variable->value);
    }
  }
  bool hasTensors =
      std::any_of(operands.begin(), operands.end(),
                  [](const Value &operand) { return operand.isTensor(); });
  if (!hasTensors && !operands.empty()) {
    std::string problem;
    Value computed = computeOp(op.name, operands, problem);
    if (!problem.empty())
      return error(site.location, problem);
    if (computed.isValid())
      return computed;
    // Which name is no tensor, where a name stands there.
    Location location = site.location;
    if (frame->library && site.call && !site.call->arguments.empty())
      location =
          argumentLocation({{}, &site.call->arguments[0].value, std::nullopt});
    const Expr *call = frame->library ? frame->userCallExpr : site.call;
    if (call && call->kind == Expr::Kind::Call)
      for (const Argument &argument : call->arguments)
        if (argument.value.kind == Expr::Kind::Name &&
            constants.contains(argument.value.name) &&
            (!frame->library || argument.value.location == location))
          return errorAt(argument.value.location,
                         quote(argument.value.name) +
                             " is a constant, and a value is expected here");
    return errorAt(location,
                   quote(frame->library ? frame->userCallName : op.name) +
                       " takes a tensor, got " + describe(operands.front()));
  }
  return buildNode(op, operands, std::move(present), std::move(attributes),
                   given, site);
}

Value Elaborator::makeInitializer(const OpSpec &op,
                                  std::vector<PendingArgument> arguments,
                                  const CallSite &site) {
  const Signature &signature = signatureOf(op);
  std::optional<std::vector<Scope::Variable>> bound =
      bind(signature, std::move(arguments), site);
  if (!bound)
    return {};
  static const std::pair<std::string_view, Initializer::Kind> kinds[] = {
      {"constant", Initializer::Kind::Constant},
      {"uniform", Initializer::Kind::Uniform},
      {"normal", Initializer::Kind::Normal},
      {"truncated_normal", Initializer::Kind::TruncatedNormal},
      {"orthogonal", Initializer::Kind::Orthogonal},
      {"identity_init", Initializer::Kind::Identity}};
  Initializer init;
  for (const auto &[name, kind] : kinds)
    if (name == op.name)
      init.kind = kind;
  // The numbers in the order of the specification are a and b.
  double numbers[2] = {0, 0};
  for (size_t i = 0; i < signature.parameters.size() && i < 2; ++i) {
    const AttrSpec &spec = signature.parameters[i].spec;
    Value value = toValue(spec.defaultValue);
    for (const Scope::Variable &variable : *bound)
      if (variable.name == spec.name)
        value = variable.value;
    if (value.isNumber())
      numbers[i] = value.number();
  }
  init.a = numbers[0];
  init.b = numbers[1];
  return init;
}

std::optional<std::pair<const OpSpec *, Attributes>>
Elaborator::optimizer(const Expr &expr) {
  const Expr &called = expr.kind == Expr::Kind::Call ? expr.operands[0] : expr;
  const OpSpec *op =
      called.kind == Expr::Kind::Name ? lookup(called.name) : nullptr;
  Location location = called.location;
  if (!op || op->category != Category::Optimizer) {
    std::vector<std::string> names;
    for (const OpSpec &known : registry())
      if (known.category == Category::Optimizer)
        names.emplace_back(known.name);
    if (op)
      error(location, quote(op->name) + " is a " +
                          std::string(toString(op->category)) +
                          ", and an optimizer is expected here");
    else
      error(location, "unknown optimizer " + quote(called.name) +
                          didYouMean(called.name, names));
    return std::nullopt;
  }
  Frame file = makeFileFrame(rootScope);
  FrameScope scope(*this, file);
  std::vector<PendingArgument> arguments;
  if (expr.kind == Expr::Kind::Call)
    for (const Argument &argument : expr.arguments)
      arguments.push_back({argument.key, &argument.value, std::nullopt});
  CallSite site{location, op->name, &expr};
  std::optional<std::vector<Scope::Variable>> bound =
      bind(signatureOf(*op), std::move(arguments), site);
  if (!bound)
    return std::nullopt;
  Node node;
  node.op = op;
  node.location = location;
  AttrLocations given;
  for (const AttrSpec &spec : op->attributes)
    node.attributes.set(spec.name, spec.defaultFrom.empty()
                                       ? spec.defaultValue
                                       : node.attributes.get(spec.defaultFrom));
  for (const Scope::Variable &variable : *bound) {
    node.attributes.set(
        variable.name,
        toAttrValue(*op->attribute(variable.name), variable.value));
    given[op->attribute(variable.name)->name] = variable.given;
  }
  Inference inference(
      *op, node, {}, {}, given, batch,
      [&](Location at, std::string message) { error(at, std::move(message)); });
  if (op->infer && !op->infer(inference))
    return std::nullopt;
  return std::pair(op, std::move(node.attributes));
}
