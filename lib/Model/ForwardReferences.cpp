// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names of layers that come later.

#include "ForwardReferences.h"
#include "Expression.h"
#include <algorithm>
#include <unordered_map>

using namespace descent::model;

namespace {

void collectNames(const Expr &expr, std::vector<std::string_view> &names) {
  if (expr.kind == Expr::Kind::Name)
    names.push_back(expr.name);
  for (const Expr &operand : expr.operands)
    collectNames(operand, names);
  for (const Argument &argument : expr.arguments)
    collectNames(argument.value, names);
}

class Network {
public:
  explicit Network(const std::vector<Stage> &stages) : stages(stages) {
    for (size_t i = 0; i < stages.size(); ++i)
      for (const Identifier &name : stages[i].as)
        definitions.try_emplace(name.text, i);
  }

  std::optional<size_t> definition(std::string_view name) const {
    auto found = definitions.find(name);
    return found == definitions.end() ? std::nullopt
                                      : std::optional(found->second);
  }

  /// The stages whose values stage `i` takes.
  std::vector<size_t> dependencies(size_t i) const {
    std::vector<size_t> result;
    if (stages[i].takesPrevious && i > 0)
      result.push_back(i - 1);
    std::vector<std::string_view> names;
    collectNames(stages[i].value, names);
    for (std::string_view name : names)
      if (std::optional<size_t> stage = definition(name))
        result.push_back(*stage);
    return result;
  }

  /// Stages from `from` to `to`, each taking the next one's value; empty if
  /// `from` does not depend on `to`.
  std::vector<size_t> findPath(size_t from, size_t to) const {
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
      for (size_t stage : dependencies(queue[next]))
        if (reachedFrom.try_emplace(stage, queue[next]).second)
          queue.push_back(stage);
    }
    return {};
  }

  std::string describe(size_t i) const {
    if (!stages[i].as.empty())
      return stages[i].as.front().text;
    const Expr &value = stages[i].value;
    const Expr &callee =
        value.kind == Expr::Kind::Call ? value.operands[0] : value;
    return callee.name + " (layer " + std::to_string(i) + ")";
  }

private:
  const std::vector<Stage> &stages;
  std::unordered_map<std::string_view, size_t> definitions;
};

} // namespace

std::optional<Diagnostic>
descent::model::describeForwardReference(const std::vector<Stage> &network,
                                         const Expr &use, const void *site,
                                         bool &found) {
  Network stages(network);
  size_t user = 0;
  while (user < network.size() && &network[user] != site)
    ++user;
  std::optional<size_t> definition = stages.definition(use.name);
  if (user == network.size() || !definition || *definition < user)
    return std::nullopt;
  found = true;
  std::vector<size_t> path = stages.findPath(*definition, user);
  if (path.empty())
    return Diagnostic{use.location,
                      quote(use.name) +
                          " is not computed yet: a layer takes values of "
                          "layers before it",
                      {{network[*definition].as.front().location,
                        quote(use.name) + " is defined here"}}};
  // A cycle is reported once, at the first of its layers.
  if (*std::min_element(path.begin(), path.end()) < user)
    return std::nullopt;
  // Of a long cycle the beginning tells enough.
  constexpr size_t maxNamed = 8;
  std::string chain = stages.describe(user);
  for (size_t k = 0; k < std::min(path.size(), maxNamed); ++k)
    chain += " <- " + stages.describe(path[k]);
  if (path.size() > maxNamed)
    chain += " <- ... <- " + stages.describe(user);
  Diagnostic problem{use.location,
                     quote(stages.describe(user)) +
                         " depends on itself: " + chain,
                     {}};
  for (size_t k = 0; k < std::min(path.size(), maxNamed); ++k)
    if (path[k] != user)
      problem.notes.push_back(
          {network[path[k]].location,
           quote(stages.describe(path[k])) + " is this layer"});
  return problem;
}
