// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that take functions or have bodies.

#include "Specials.h"
#include "GradientPaths.h"

using namespace descent::model;

namespace {

const Value *find(const std::vector<Scope::Variable> &arguments,
                  std::string_view name) {
  for (const Scope::Variable &argument : arguments)
    if (argument.name == name)
      return &argument.value;
  return nullptr;
}

/// What stands for a function with a derivative of its own; it has no name that
/// a model could call.
const OpSpec &customOp() {
  static const OpSpec op{.name = "custom"};
  return op;
}

} // namespace

std::optional<std::vector<Tensor>> Specials::tensors(const Value &value,
                                                     std::string_view what,
                                                     const CallSite &site) {
  List one{value};
  std::vector<Tensor> result;
  for (const Value &item : value.list() ? *value.list() : one) {
    if (!item.isValid())
      return std::nullopt;
    if (!item.isTensor() && !item.isNumber()) {
      elaborator.error(site.location, std::string(what) +
                                          " must be tensors, got " +
                                          elaborator.describe(item));
      return std::nullopt;
    }
    std::optional<Tensor> tensor = elaborator.tensor(item, site.location);
    if (!tensor)
      return std::nullopt;
    result.push_back(*tensor);
  }
  return result;
}

std::optional<Tensor> Specials::argument(GraphBuilder &body, TensorType type,
                                         const CallSite &site) {
  Node node;
  node.kind = Node::Kind::Argument;
  node.types = {std::move(type)};
  node.location = elaborator.where(site.location);
  return body.add(std::move(node), site.name);
}

Value Specials::resultsOf(Tensor node, bool asList) {
  uint32_t count = node.graph->node(node.ref).types.size();
  if (!asList && count == 1)
    return node;
  List results;
  for (uint32_t i = 0; i < count; ++i)
    results.push_back(Tensor{node.graph, {node.ref.node, i}});
  return results;
}

Value Specials::scan(const OpSpec &op, std::vector<Scope::Variable> arguments,
                     const CallSite &site) {
  std::optional<std::vector<Tensor>> sequences =
      tensors(*find(arguments, "sequences"), "the sequences of 'scan'", site);
  std::optional<std::vector<Tensor>> states =
      tensors(*find(arguments, "init"), "the first states of 'scan'", site);
  if (!sequences || !states)
    return {};
  if (sequences->empty())
    return elaborator.error(site.location, "'scan' takes one sequence or more");
  const Value *axisValue = find(arguments, "axis");
  const Value *reversed = find(arguments, "reversed");
  int64_t axis = axisValue ? axisValue->integer() : 1, steps = 0;
  GraphBuilder body(&elaborator.graph());
  std::vector<Value> given;
  for (const Tensor &state : *states)
    given.push_back(*argument(body, elaborator.type(state), site));
  for (size_t i = 0; i < sequences->size(); ++i) {
    TensorType slice = elaborator.type((*sequences)[i]);
    int64_t along = axis < 0 ? axis + slice.rank() : axis;
    if (along < 0 || along >= slice.rank())
      return elaborator.error(
          site.location, "'scan' goes along axis " + std::to_string(axis) +
                             ", which " + elaborator.describe((*sequences)[i]) +
                             " does not have");
    if (along == slice.batchAxis)
      return elaborator.error(site.location,
                              "'scan' along the batch axis would mix samples");
    if (i > 0 && slice.shape[along] != steps)
      return elaborator.error(
          site.location, "the sequences of 'scan' have different sizes along "
                         "axis " +
                             std::to_string(axis) + ": " +
                             elaborator.describe(sequences->front()) +
                             ", and " + elaborator.describe((*sequences)[i]));
    steps = slice.shape[along];
    slice.shape.erase(slice.shape.begin() + along);
    slice.batchAxis -= slice.batchAxis > along;
    given.push_back(*argument(body, std::move(slice), site));
  }

  size_t before = elaborator.failures();
  std::vector<Tensor> next, outputs;
  elaborator.inBody(body, [&] {
    Value result =
        elaborator.apply(*find(arguments, "step")->callable(), given, site);
    const List *parts = result.list();
    if (result.isValid() && (!parts || parts->size() != 2)) {
      elaborator.error(site.location,
                       "the step of 'scan' returns [list of new states, list "
                       "of outputs], got " +
                           elaborator.describe(result));
      return 0;
    }
    if (!parts)
      return 0;
    if (auto list = tensors((*parts)[0], "new states", site))
      next = std::move(*list);
    if (auto list = tensors((*parts)[1], "outputs of a step", site))
      outputs = std::move(*list);
    return 0;
  });
  if (elaborator.failures() != before)
    return {};
  if (next.size() != states->size())
    return elaborator.error(site.location, "the step of 'scan' takes " +
                                               std::to_string(states->size()) +
                                               " states and returns " +
                                               std::to_string(next.size()));
  std::vector<ValueRef> results;
  for (size_t i = 0; i < next.size(); ++i) {
    const TensorType &was = elaborator.type((*states)[i]),
                     &is = elaborator.type(next[i]);
    if (was.shape != is.shape || was.dtype != is.dtype)
      return elaborator.error(
          site.location,
          "a step of 'scan' keeps the types of its states: state " +
              std::to_string(i) + " begins as " +
              std::string(toString(was.dtype)) + " " +
              elaborator.describe((*states)[i]) + ", and becomes " +
              std::string(toString(is.dtype)) + " " +
              elaborator.describe(next[i]));
    results.push_back(body.use(next[i]));
  }
  Node node;
  node.op = &op;
  node.location = elaborator.where(site.location);
  for (const Tensor &output : outputs) {
    results.push_back(body.use(output));
    TensorType type = elaborator.type(output);
    int64_t rank = type.rank() + 1, along = axis < 0 ? axis + rank : axis;
    if (along < 0 || along >= rank)
      return elaborator.error(
          site.location, "outputs of a step cannot be stacked along axis " +
                             std::to_string(axis) + ": " +
                             elaborator.describe(output));
    type.shape.insert(type.shape.begin() + along, steps);
    type.batchAxis += type.batchAxis >= along;
    if (!countElements(type.shape))
      return elaborator.error(site.location,
                              "the result of 'scan' " + toString(type.shape) +
                                  " is too large: a tensor has fewer than "
                                  "2^31 elements");
    node.types.push_back(std::move(type));
  }
  for (size_t i = 0; i < next.size(); ++i) {
    TensorType type = elaborator.type((*states)[i]);
    // A state that becomes one for each sample is one from the start.
    type.batchAxis = elaborator.type(next[i]).batchAxis;
    node.types.push_back(std::move(type));
  }
  bool mixes = body.mixes();
  std::vector<Tensor> captures;
  node.bodies.push_back(body.finishBody(std::move(results), captures));
  GraphBuilder &graph = elaborator.graph();
  for (const std::vector<Tensor> *list : {&*states, &*sequences})
    for (const Tensor &operand : *list)
      node.operands.push_back(graph.use(operand));
  for (const Tensor &capture : captures)
    node.operands.push_back(graph.use(capture));
  node.attributes.set("axis", axis);
  node.attributes.set("reversed", reversed && *reversed->get<bool>());
  node.attributes.set("states", int64_t(states->size()));
  node.attributes.set("sequences", int64_t(sequences->size()));
  node.path = elaborator.labelOf(op.name);
  size_t numOutputs = outputs.size();
  Tensor result = elaborator.addNode(std::move(node), site.name);
  if (mixes)
    graph.markMixing(result.ref);
  Value all = resultsOf(result, true);
  return List{List(all.list()->begin(), all.list()->begin() + numOutputs),
              List(all.list()->begin() + numOutputs, all.list()->end())};
}

Value Specials::grad(const OpSpec &op, std::vector<Scope::Variable> arguments,
                     const CallSite &site) {
  const Tensor *y = find(arguments, "y")->get<Tensor>();
  std::optional<std::vector<Tensor>> xs =
      tensors(*find(arguments, "x"), "what 'grad' differentiates to", site);
  if (!xs)
    return {};
  if (!y)
    return elaborator.error(site.location,
                            "'grad' takes a tensor to differentiate");
  // The gradient belongs to the graph in which y is computed: inside of a body
  // that only uses it, y does not depend on anything.
  Tensor source = GraphBuilder::resolve(*y);
  if (!isFloat(elaborator.type(source).dtype))
    return elaborator.error(site.location, "only floats have a gradient, got " +
                                               elaborator.describe(source));
  Node node;
  node.op = &op;
  node.location = elaborator.where(site.location);
  node.path = elaborator.labelOf(op.name);
  node.operands.push_back(source.ref);
  for (const Tensor &x : *xs) {
    Tensor to = GraphBuilder::resolve(x);
    if (!source.graph->sees(to))
      return elaborator.error(site.location,
                              "'grad' cannot differentiate to a value of a "
                              "body from outside of it");
    if (!isFloat(elaborator.type(to).dtype))
      return elaborator.error(site.location,
                              "only floats have a gradient, got " +
                                  elaborator.describe(to));
    ValueRef from = source.graph->use(to);
    GradientPaths paths(source.graph->all(), source.ref);
    if (std::optional<uint32_t> cut = paths.findCut(from)) {
      const Node &op = source.graph->node({*cut, 0});
      std::string by(quote(source.graph->origin({*cut, 0})));
      elaborator.error(
          site.location,
          "'grad' gets no gradient: " + elaborator.describe(source) +
              " depends on " + elaborator.describe(to) + " only through " + by +
              " at " + elaborator.context.diagnostics.describe(op.location) +
              ", which has none");
      return {};
    }
    node.types.push_back(elaborator.type(to));
    node.operands.push_back(from);
  }
  Tensor result = elaborator.inBody(*source.graph, [&] {
    return elaborator.addNode(std::move(node), site.name);
  });
  return resultsOf(result, false);
}

Value Specials::custom(const Definition &definition, const CallSite &site) {
  Elaborator &e = elaborator;
  std::vector<Scope::Variable> &variables = e.frame->scope->variables;
  // The parameters become arguments of each body. One may hold a number where
  // a tensor can stand: it stays what it is, and its cotangent is not needed.
  const Signature &signature = e.signatureOf(definition);
  std::vector<bool> isNeeded;
  std::vector<size_t> positions;
  std::vector<Tensor> operands;
  for (const Parameter &parameter : signature.parameters) {
    size_t i = 0;
    while (variables[i].name != parameter.name)
      ++i;
    const Tensor *tensor = variables[i].value.get<Tensor>();
    if (tensor) {
      positions.push_back(i);
      operands.push_back(*tensor);
    }
    if (tensor || parameter.form == Parameter::Form::Tensor)
      isNeeded.push_back(tensor);
  }
  const std::vector<Scope::Variable> given = variables;
  auto enter = [&](GraphBuilder &body) {
    variables = given;
    for (size_t i = 0; i < positions.size(); ++i)
      variables[positions[i]].value =
          *argument(body, e.type(operands[i]), site);
  };
  auto noCaptures = [&](const GraphBuilder &body) {
    if (!body.hasCaptures())
      return true;
    e.error(site.location, quote(definition.name.text) +
                               " has a derivative of its own, and so may use "
                               "nothing but its parameters");
    return false;
  };
  Node node;
  node.op = &customOp();
  node.location = e.where(site.location);
  // Checks of derivatives call it so.
  std::string label = e.labelOf(definition.name.text);
  node.path = label.empty() ? definition.name.text : label;
  e.differentiating.push_back(&definition);
  std::vector<Tensor> none;
  auto run = [&]() -> bool {
    GraphBuilder forward(&e.graph());
    enter(forward);
    std::vector<ValueRef> results;
    Value value =
        e.inBody(forward, [&] { return e.runBody(definition.body, nullptr); });
    isList = value.list() != nullptr;
    std::optional<std::vector<Tensor>> values = e.inBody(forward, [&] {
      return tensors(value, "the results of " + quote(definition.name.text),
                     site);
    });
    if (!values)
      return false;
    for (const Tensor &result : *values) {
      results.push_back(forward.use(result));
      node.types.push_back(e.type(result));
    }
    if (!noCaptures(forward))
      return false;
    node.bodies.push_back(forward.finishBody(std::move(results), none));

    GraphBuilder vjp(&e.graph());
    enter(vjp);
    for (const TensorType &type : node.types)
      argument(vjp, type, site);
    if (definition.cotangents.size() != node.types.size()) {
      e.error(definition.name.location,
              "the vjp of " + quote(definition.name.text) + " takes " +
                  std::to_string(definition.cotangents.size()) +
                  " cotangents, and the function has " +
                  std::to_string(node.types.size()) + " results");
      return false;
    }
    for (size_t i = 0; i < node.types.size(); ++i)
      variables.push_back({definition.cotangents[i].text,
                           *argument(vjp, node.types[i], site),
                           definition.cotangents[i].location,
                           {},
                           "a cotangent"});
    return e.inBody(vjp, [&]() -> bool {
      Value cotangents = e.runBody(*definition.vjp, nullptr);
      if (!cotangents.isValid())
        return false;
      List one{cotangents};
      const List &given = cotangents.list() ? *cotangents.list() : one;
      if (given.size() != isNeeded.size()) {
        e.error(definition.name.location,
                "the vjp of " + quote(definition.name.text) + " gives " +
                    std::to_string(given.size()) +
                    " cotangents, and there are " +
                    std::to_string(isNeeded.size()) +
                    " tensors; none stands for one without a cotangent");
        return false;
      }
      List list;
      for (size_t i = 0; i < given.size(); ++i)
        if (isNeeded[i])
          list.push_back(given[i]);
      std::vector<ValueRef> refs;
      for (size_t i = 0; i < list.size(); ++i) {
        const TensorType &type = e.type(operands[i]);
        std::vector<int64_t> shape = type.shape;
        if (type.batchAxis >= 0)
          shape[type.batchAxis] = batchDim;
        Value value = list[i];
        if (value.isNone() || !isFloat(type.dtype))
          value = Value(int64_t(0));
        if (!value.isTensor())
          value = e.callOp("full", {},
                           {{"shape", shape},
                            {"value", value.number()},
                            {"dtype", std::string(toString(type.dtype))}},
                           site);
        std::optional<Tensor> tensor = e.tensor(value, site.location);
        if (!tensor)
          return false;
        bool isSixteen = type.dtype == DType::F16 || type.dtype == DType::BF16;
        DType expected = isSixteen ? DType::F32 : type.dtype;
        if (isFloat(type.dtype) && e.type(*tensor).dtype != type.dtype &&
            e.type(*tensor).dtype != expected) {
          e.error(site.location,
                  "a cotangent has the element type of what it is of, " +
                      std::string(toString(expected)) + ", got " +
                      std::string(toString(e.type(*tensor).dtype)));
          return false;
        }
        if (e.type(*tensor).shape != type.shape) {
          e.error(site.location,
                  "a cotangent has the shape of what it is of, " +
                      toString(type.shape) + ", got " + e.describe(*tensor));
          return false;
        }
        refs.push_back(vjp.use(*tensor));
      }
      if (!noCaptures(vjp))
        return false;
      node.bodies.push_back(vjp.finishBody(std::move(refs), none));
      return true;
    });
  };
  bool isSound = run();
  e.differentiating.pop_back();
  if (!isSound)
    return {};
  for (const Tensor &operand : operands)
    node.operands.push_back(e.graph().use(operand));
  return resultsOf(e.addNode(std::move(node), site.name), isList);
}
