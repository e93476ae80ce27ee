// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which value a name means, and why a name that means none does not.

#ifndef DESCENT_LIB_MODEL_REFERENCES_H
#define DESCENT_LIB_MODEL_REFERENCES_H

#include "Constants.h"

namespace descent::model {

class References {
public:
  References(const Model &model, const Constants &constants,
             DiagnosticEngine &diagnostics);

  /// Reports names that are given twice, be it to constants, inputs or values.
  void checkNames();

  /// Says that `name` is the value of `node` from here on.
  void define(const std::string &name, NodeRef node) {
    nodes.try_emplace(name, node);
  }

  /// The node that an operand names. `layer` is the index of the layer that
  /// uses it, or none behind the network.
  std::optional<NodeRef> resolve(const Expr &operand,
                                 std::optional<size_t> layer);

private:
  /// The layers whose values `layer` takes.
  std::vector<size_t> dependencies(size_t layer) const;
  /// Layers from `from` to `to`, each taking the next one's value; empty if
  /// `from` does not depend on `to`.
  std::vector<size_t> findPath(size_t from, size_t to) const;
  void reportForward(const Expr &operand, size_t layer, size_t definition);
  std::string describeLayer(size_t layer) const;

  const Model &model;
  const Constants &constants;
  DiagnosticEngine &diagnostics;
  std::unordered_map<std::string, NodeRef> nodes;
  std::unordered_map<std::string, size_t>
      layers; ///< value name -> the layer that computes it
  std::vector<bool> inReportedCycle;
};

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_REFERENCES_H
