// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Resolution of value names, with cycles told from mere wrong order.

#include "References.h"
#include <algorithm>

using namespace descent::model;

References::References(const Model &model, const Constants &constants,
                       DiagnosticEngine &diagnostics)
    : model(model), constants(constants), diagnostics(diagnostics),
      inReportedCycle(model.network.size()) {
  for (size_t i = 0; i < model.network.size(); ++i)
    if (!model.network[i].as.empty())
      layers.try_emplace(model.network[i].as.text, i);
}

void References::checkNames() {
  std::unordered_map<std::string, std::pair<Location, const char *>> seen;
  auto add = [&](const Identifier &name, const char *what) {
    auto [first, isNew] =
        seen.try_emplace(name.text, std::pair(name.location, what));
    if (name.empty() || isNew)
      return;
    diagnostics
        .error(name.location, quote(name.text) + " is the name of " +
                                  first->second.second + " already")
        .notes.push_back({first->second.first, "it is defined here"});
  };
  for (const ConstantDecl &constant : model.constants)
    add(constant.name, "a constant");
  for (const InputDecl &input : model.inputs)
    add(input.name, "an input");
  for (const Layer &layer : model.network)
    add(layer.as, "a value");
}

std::vector<size_t> References::dependencies(size_t layer) const {
  std::vector<size_t> result;
  if (model.network[layer].takesPrevious && layer > 0)
    result.push_back(layer - 1);
  for (const Expr &operand : model.network[layer].call.operands)
    if (auto found = layers.find(operand.name); found != layers.end())
      result.push_back(found->second);
  return result;
}

std::vector<size_t> References::findPath(size_t from, size_t to) const {
  std::unordered_map<size_t, size_t> reachedFrom{{from, from}};
  std::vector<size_t> queue{from};
  for (size_t next = 0; next < queue.size(); ++next) {
    if (queue[next] == to) {
      std::vector<size_t> path{to};
      while (path.back() != from)
        path.push_back(reachedFrom[path.back()]);
      std::reverse(path.begin(), path.end());
      return path;
    }
    for (size_t layer : dependencies(queue[next]))
      if (reachedFrom.try_emplace(layer, queue[next]).second)
        queue.push_back(layer);
  }
  return {};
}

std::string References::describeLayer(size_t layer) const {
  const Layer &decl = model.network[layer];
  return decl.as.empty()
             ? decl.call.op.text + " (layer " + std::to_string(layer) + ")"
             : decl.as.text;
}

void References::reportForward(const Expr &operand, size_t layer,
                               size_t definition) {
  // Every cycle is reported once, at the first of its layers that comes up.
  if (inReportedCycle[layer] && inReportedCycle[definition])
    return;
  const Layer &source = model.network[definition];
  std::vector<size_t> path = findPath(definition, layer);
  if (path.empty()) {
    diagnostics
        .error(operand.location,
               quote(operand.name) +
                   " is not computed yet: a layer takes values of layers "
                   "before it")
        .notes.push_back(
            {source.as.location, quote(operand.name) + " is defined here"});
    return;
  }
  // Of a long cycle the beginning tells enough.
  constexpr size_t maxNamed = 8;
  std::string chain = describeLayer(layer);
  for (size_t k = 0; k < path.size(); ++k) {
    inReportedCycle[path[k]] = true;
    if (k < maxNamed)
      chain += " <- " + describeLayer(path[k]);
  }
  if (path.size() > maxNamed)
    chain += " <- ... <- " + describeLayer(layer);
  Diagnostic &error =
      diagnostics.error(operand.location, quote(describeLayer(layer)) +
                                              " depends on itself: " + chain);
  for (size_t k = 0; k < std::min(path.size(), maxNamed); ++k)
    if (path[k] != layer)
      error.notes.push_back({model.network[path[k]].call.op.location,
                             quote(describeLayer(path[k])) + " is this layer"});
}

std::optional<NodeRef> References::resolve(const Expr &operand,
                                           std::optional<size_t> layer) {
  if (operand.kind != Expr::Kind::Name) {
    diagnostics.error(operand.location, "expected the name of a value");
    return std::nullopt;
  }
  if (auto found = nodes.find(operand.name); found != nodes.end())
    return found->second;
  if (auto found = layers.find(operand.name);
      layer && found != layers.end() && found->second >= *layer) {
    reportForward(operand, *layer, found->second);
    return std::nullopt;
  }
  if (constants.has(operand.name)) {
    diagnostics.error(operand.location,
                      quote(operand.name) +
                          " is a constant, and a value is expected here");
    return std::nullopt;
  }
  std::vector<std::string> candidates;
  for (const InputDecl &input : model.inputs)
    candidates.push_back(input.name.text);
  for (const Layer &decl : model.network)
    if (!decl.as.empty())
      candidates.push_back(decl.as.text);
  diagnostics.error(operand.location, "undefined value " + quote(operand.name) +
                                          didYouMean(operand.name, candidates));
  return std::nullopt;
}
