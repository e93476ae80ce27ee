// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The checker: from the syntax tree to the checked graph, in the order in which
// a model is read.

#include "Expression.h"
#include "Inference.h"
#include "References.h"
#include <algorithm>

using namespace descent::model;

namespace {

class Checker {
public:
  Checker(const Model &model, const LoadOptions &options,
          DiagnosticEngine &diagnostics)
      : model(model), options(options), diagnostics(diagnostics),
        constants(model, diagnostics),
        references(model, constants, diagnostics) {}

  std::optional<CheckedModel> run();

private:
  void error(Location location, std::string message) {
    diagnostics.error(location, std::move(message));
  }
  bool tooManyErrors() const {
    return diagnostics.numErrors() >= DiagnosticEngine::maxErrors;
  }

  void readCommandLine();
  void checkTrain();
  void checkInputs();
  std::optional<TensorType> checkInputType(const InputDecl &input);
  void checkLayer(size_t index);
  std::optional<NodeRef> previousValue(size_t index);
  std::optional<std::string> layerPath(size_t index);
  void checkLoss();
  void checkMetrics();
  void checkOutputs();
  void checkOptimizer();
  bool lossNeedsParameters() const;

  /// Adds the node of `call`; its operands are resolved already, or not given
  /// if that failed. A node that is not sound stays in the graph, so that what
  /// depends on it is not reported too.
  NodeRef addNode(const Call &call,
                  std::optional<std::vector<NodeRef>> operands,
                  std::string path);
  std::optional<std::vector<NodeRef>>
  resolveOperands(const Call &call, std::optional<size_t> layer);
  bool checkArity(const Call &call, const OpSpec &op, size_t count);
  bool checkSizes(const Node &node);

  const Model &model;
  const LoadOptions &options;
  DiagnosticEngine &diagnostics;
  Constants constants;
  References references;
  CheckedModel result;
  std::vector<bool> isSound; ///< by node
  std::optional<int64_t> batch;
  bool usesBatch = false;
  std::optional<Location> batchOption; ///< of --batch
  std::optional<NodeRef> lastLayer;
  std::unordered_map<std::string, Location> paths;
};

/// Gives the options a source of their own, so that errors in them can be shown
/// like any other.
void Checker::readCommandLine() {
  if (options.defines.empty() && !options.batch)
    return;
  const std::string prefix = "-D ", batchPrefix = "--batch ";
  std::string text;
  std::vector<size_t> names;
  for (const Define &define : options.defines) {
    names.push_back(text.size() + prefix.size());
    text += prefix + define.name + "=" + define.value + "\n";
  }
  size_t batchOffset = text.size() + batchPrefix.size();
  if (options.batch)
    text += batchPrefix + std::to_string(*options.batch) + "\n";
  uint32_t file = diagnostics.addSource("<command line>", std::move(text));
  for (size_t i = 0; i < names.size(); ++i) {
    const Define &define = options.defines[i];
    size_t valueOffset = names[i] + define.name.size() + 1;
    std::optional<Expr> value =
        parseExpression(define.value, diagnostics.locate(file, valueOffset),
                        /*exact=*/true, diagnostics);
    if (value)
      constants.override({define.name, diagnostics.locate(file, names[i])},
                         std::move(*value));
  }
  if (!options.batch)
    return;
  batchOption = diagnostics.locate(file, batchOffset);
  if (*options.batch < 1 || *options.batch > maxInteger)
    error(*batchOption, "the batch size must be in [1, 2^31 - 1], got " +
                            std::to_string(*options.batch));
}

void Checker::checkTrain() {
  for (const Argument &argument : model.train) {
    const std::string &key = argument.key.text;
    if (key != "batch" && key != "epochs") {
      error(argument.key.location, "unknown key " + quote(key) + " in 'train'" +
                                       didYouMean(key, {"batch", "epochs"}));
      continue;
    }
    std::optional<int64_t> value = constants.evaluateInteger(argument.value);
    if (!value)
      continue;
    if (*value < 1) {
      error(argument.value.location,
            quote(key) + " must be at least 1, got " + std::to_string(*value));
      value = 1;
    }
    if (key == "batch")
      batch = value;
    else
      result.epochs = *value;
  }
  if (options.batch)
    batch = options.batch;
}

std::optional<TensorType> Checker::checkInputType(const InputDecl &input) {
  TensorType type;
  if (input.dtype.text == "i32") {
    type.dtype = DType::I32;
  } else if (input.dtype.text != "f32") {
    error(input.dtype.location, "unknown dtype " + quote(input.dtype.text) +
                                    ": expected 'f32' or 'i32'");
    return std::nullopt;
  }
  for (const Expr &size : input.shape.operands) {
    if (size.kind == Expr::Kind::Name && size.name == "batch") {
      if (type.batchAxis >= 0) {
        error(size.location, "'batch' stands twice in one shape");
        return std::nullopt;
      }
      if (!batch) {
        error(size.location, "the size of 'batch' is not known: give it by "
                             "\"train\": { \"batch\": 32 } or --batch");
        batch = 1;
      }
      usesBatch = true;
      type.batchAxis = type.rank();
      type.shape.push_back(*batch);
      continue;
    }
    std::optional<int64_t> value = constants.evaluateInteger(size);
    if (!value)
      return std::nullopt;
    if (*value < 1) {
      error(size.location,
            "a size must be at least 1, got " + std::to_string(*value));
      return std::nullopt;
    }
    type.shape.push_back(*value);
  }
  return type;
}

void Checker::checkInputs() {
  for (const InputDecl &input : model.inputs) {
    if (tooManyErrors())
      return;
    Node node;
    node.path = node.valueName = input.name.text;
    node.location = input.name.location;
    std::optional<TensorType> type = checkInputType(input);
    if (type)
      node.type = *type;
    bool sound = type && checkSizes(node);
    references.define(input.name.text, result.nodes.size());
    result.inputs.push_back(result.nodes.size());
    result.nodes.push_back(std::move(node));
    isSound.push_back(sound);
  }
  if (model.inputs.empty())
    error({model.file, 0, 0}, "the model has no inputs");
  if (batchOption && !usesBatch)
    error(*batchOption, "--batch has no effect: no input has a size 'batch'");
}

bool Checker::checkSizes(const Node &node) {
  auto check = [&](const std::vector<int64_t> &shape, std::string what) {
    if (countElements(shape))
      return true;
    error(node.location, what + " " + toString(shape) +
                             " is too large: a tensor has fewer than 2^31 "
                             "elements");
    return false;
  };
  bool ok = check(node.type.shape,
                  node.isInput() ? "input " + quote(node.path)
                                 : "the result of " + quote(node.op->name));
  for (const Parameter &parameter : node.parameters)
    ok = ok && check(parameter.shape, "parameter " + quote(parameter.name));
  return ok;
}

bool Checker::checkArity(const Call &call, const OpSpec &op, size_t count) {
  size_t least = op.operands.size() + op.variadic;
  if (op.variadic ? count >= least : count == least)
    return true;
  std::string message = quote(op.name) + " takes " +
                        (op.variadic ? "at least " : "") +
                        (least ? std::to_string(least) : "no") +
                        (least == 1 ? " value" : " values");
  if (!op.variadic && least > 1) {
    message += " (";
    for (size_t i = 0; i < least; ++i)
      message += (i ? ", " : "") + std::string(op.operands[i].name);
    message += ")";
  }
  error(call.op.location, message + ", got " + std::to_string(count));
  return false;
}

std::optional<std::vector<NodeRef>>
Checker::resolveOperands(const Call &call, std::optional<size_t> layer) {
  std::vector<NodeRef> nodes;
  bool ok = true;
  for (const Expr &operand : call.operands) {
    std::optional<NodeRef> node = references.resolve(operand, layer);
    ok = ok && node;
    nodes.push_back(node.value_or(0));
  }
  if (!ok)
    return std::nullopt;
  return nodes;
}

NodeRef Checker::addNode(const Call &call,
                         std::optional<std::vector<NodeRef>> operands,
                         std::string path) {
  const OpSpec &op = *lookup(call.op.text);
  Node node;
  node.op = &op;
  node.path = std::move(path);
  node.location = call.op.location;
  AttrLocations given;
  bool sound = resolveAttributes(call, op, constants, diagnostics,
                                 node.attributes, given);
  if (operands && !checkArity(call, op, operands->size()))
    operands = std::nullopt;
  sound = sound && operands &&
          std::all_of(operands->begin(), operands->end(),
                      [&](NodeRef i) { return isSound[i]; });
  if (sound) {
    node.operands = std::move(*operands);
    Inference inference(op, node, result.nodes, given, diagnostics);
    sound = op.infer(inference) && checkSizes(node);
  }
  result.nodes.push_back(std::move(node));
  isSound.push_back(sound);
  return result.nodes.size() - 1;
}

/// What a layer takes that does not say: the value of the layer before it, or
/// the only input.
std::optional<NodeRef> Checker::previousValue(size_t index) {
  if (lastLayer)
    return lastLayer;
  if (model.inputs.size() == 1)
    return result.inputs[0];
  std::string names;
  for (const InputDecl &input : model.inputs)
    names += (names.empty() ? "'" : ", '") + input.name.text + "'";
  error(model.network[index].call.op.location,
        "the first layer must say by 'of' which of the inputs " + names +
            " it takes");
  return std::nullopt;
}

/// The layer's `name`, or its index. None after an error.
std::optional<std::string> Checker::layerPath(size_t index) {
  const Layer &layer = model.network[index];
  Location location = layer.call.op.location;
  std::string path = std::to_string(index);
  if (layer.name.location.line) {
    path = layer.name.text;
    location = layer.name.location;
    auto isWord = [](std::string_view word) {
      return !word.empty() && isIdentifier("_" + std::string(word));
    };
    bool ok = true;
    for (size_t begin = 0; begin <= path.size();) {
      size_t end = std::min(path.find('.', begin), path.size());
      ok = ok && isWord(std::string_view(path).substr(begin, end - begin));
      begin = end + 1;
    }
    if (!ok) {
      error(location, quote(path) + " cannot name a layer: expected letters, "
                                    "digits and _, in parts joined by '.'");
      return std::nullopt;
    }
    std::string first = path.substr(0, path.find('.'));
    if (first == "optim" || first == "metric" || first == "status") {
      error(location, "a layer cannot be called " + quote(path) + ": " +
                          quote(first) +
                          " is where the program keeps its own state");
      return std::nullopt;
    }
  }
  auto [previous, isNew] = paths.try_emplace(path, location);
  if (isNew)
    return path;
  diagnostics
      .error(location, quote(path) +
                           " is the name of another layer already (a layer "
                           "without 'name' is called by its index)")
      .notes.push_back({previous->second, "that layer is here"});
  return std::nullopt;
}

void Checker::checkLayer(size_t index) {
  const Layer &layer = model.network[index];
  std::optional<std::string> path = layerPath(index);
  std::optional<std::vector<NodeRef>> operands;
  if (!layer.takesPrevious)
    operands = resolveOperands(layer.call, index);
  else if (std::optional<NodeRef> previous = previousValue(index))
    operands = {*previous};
  NodeRef node = addNode(layer.call, std::move(operands), path.value_or(""));
  result.nodes[node].valueName = layer.as.text;
  if (!layer.as.empty())
    references.define(layer.as.text, node);
  lastLayer = node;
}

void Checker::checkLoss() {
  if (!model.loss)
    return;
  result.loss =
      addNode(*model.loss, resolveOperands(*model.loss, std::nullopt), "");
}

void Checker::checkMetrics() {
  std::unordered_map<std::string, Location> names;
  for (const ResultDecl &metric : model.metrics) {
    if (metric.name.text == "loss")
      error(metric.name.location,
            "a metric cannot be called 'loss': the loss is reported by that "
            "name");
    else if (!names.try_emplace(metric.name.text, metric.name.location).second)
      error(metric.name.location,
            "there is a metric " + quote(metric.name.text) + " already");
    NodeRef node =
        addNode(*metric.call, resolveOperands(*metric.call, std::nullopt), "");
    result.metrics.push_back({metric.name.text, node, metric.name.location});
  }
  if (!model.metrics.empty() && !model.loss)
    error(model.metrics[0].name.location,
          "metrics are measured together with a loss, and the model has no "
          "'loss'");
}

void Checker::checkOutputs() {
  if (!model.outputs) {
    if (!lastLayer)
      return;
    const Layer &layer = model.network.back();
    result.outputs.push_back(
        {layer.as.empty() ? "output" : layer.as.text, *lastLayer,
         layer.as.empty() ? layer.call.op.location : layer.as.location});
    return;
  }
  std::unordered_map<std::string, Location> names;
  for (const ResultDecl &output : *model.outputs) {
    if (!names.try_emplace(output.name.text, output.name.location).second)
      error(output.name.location,
            "there is an output " + quote(output.name.text) + " already");
    std::optional<NodeRef> node;
    if (!output.call) {
      node = references.resolve(output.reference, std::nullopt);
    } else if (!lookup(output.call->op.text)->parameters.empty()) {
      error(output.call->op.location,
            quote(output.call->op.text) +
                " has parameters: put it into 'network' and name its value "
                "here");
    } else {
      node = addNode(*output.call, resolveOperands(*output.call, std::nullopt),
                     "");
    }
    if (node)
      result.outputs.push_back({output.name.text, *node, output.name.location});
  }
}

bool Checker::lossNeedsParameters() const {
  std::vector<bool> needed(result.nodes.size());
  needed[*result.loss] = true;
  for (size_t i = result.nodes.size(); i-- > 0;) {
    if (!needed[i])
      continue;
    if (!result.nodes[i].parameters.empty())
      return true;
    for (NodeRef operand : result.nodes[i].operands)
      needed[operand] = true;
  }
  return false;
}

void Checker::checkOptimizer() {
  if (!model.optimizer)
    return;
  const Call &call = *model.optimizer;
  const OpSpec &op = *lookup(call.op.text);
  Node node;
  node.op = &op;
  node.location = call.op.location;
  AttrLocations given;
  std::vector<Node> none;
  size_t before = diagnostics.numErrors();
  bool sound = resolveAttributes(call, op, constants, diagnostics,
                                 node.attributes, given);
  if (!call.operands.empty())
    sound = checkArity(call, op, call.operands.size());
  if (Inference inference(op, node, none, given, diagnostics); sound)
    op.infer(inference);
  if (!model.loss)
    error(call.op.location,
          "there is nothing to minimize: the model has an optimizer and no "
          "'loss'");
  else if (diagnostics.numErrors() == before && isSound[*result.loss] &&
           !lossNeedsParameters())
    error(call.op.location, "there is nothing to train: the loss depends on "
                            "no layer with parameters");
  result.optimizer = {&op, std::move(node.attributes), node.location};
}

std::optional<CheckedModel> Checker::run() {
  size_t before = diagnostics.numErrors();
  readCommandLine();
  references.checkNames();
  constants.evaluateAll();
  checkTrain();
  checkInputs();
  for (size_t i = 0; i < model.network.size() && !tooManyErrors(); ++i)
    checkLayer(i);
  if (!tooManyErrors()) {
    checkLoss();
    checkMetrics();
    checkOutputs();
    checkOptimizer();
  }
  if (diagnostics.numErrors() == before && !result.loss &&
      result.outputs.empty())
    error({model.file, 0, 0},
          "the model computes nothing: it has neither a loss nor an output");
  if (diagnostics.numErrors() != before)
    return std::nullopt;
  result.name = model.name.text;
  result.entries = model.entries;
  if (usesBatch)
    result.batch = batch;
  for (uint32_t i = 0; i < diagnostics.numSources(); ++i)
    result.files.push_back(diagnostics.name(i));
  return std::move(result);
}

} // namespace

std::optional<CheckedModel>
descent::model::check(const Model &model, const LoadOptions &options,
                      DiagnosticEngine &diagnostics) {
  return Checker(model, options, diagnostics).run();
}
