// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the elaborations of a model's entries share: the definitions of its
// file, the states that they agree on, and the errors that they would each
// report.

#ifndef DESCENT_LIB_MODEL_MODELCONTEXT_H
#define DESCENT_LIB_MODEL_MODELCONTEXT_H

#include "Signature.h"
#include "descent/Model/Graph.h"
#include <deque>
#include <set>
#include <unordered_map>

namespace descent::model {

class ModelContext {
public:
  ModelContext(const Model &model, DiagnosticEngine &diagnostics);

  const Model &model;
  DiagnosticEngine &diagnostics;

  /// A definition of the model's file, or null.
  const Definition *definition(std::string_view name) const;

  /// Reports an error, unless it was reported already: entries repeat it.
  Diagnostic *error(Location location, std::string message);

  /// The error that was reported last, for notes; null if there is none.
  Diagnostic *lastError() { return last; }

  /// Reports a warning, once; null the other times.
  Diagnostic *warning(Location location, std::string message);

  bool tooManyErrors() const {
    return diagnostics.numErrors() >= DiagnosticEngine::maxErrors;
  }

  /// Adds a state, or checks that it is what another entry says.
  bool declare(const State &state, const std::string &entry);

  struct KnownState {
    State state;
    std::string entry; ///< the first that declared it
    bool used = false;
  };
  std::deque<KnownState> states; ///< in the order of declaration
  std::unordered_map<std::string, KnownState *> stateByName;

  std::unordered_map<const Definition *, Signature> signatures;
  std::unordered_map<const OpSpec *, Signature> opSignatures;

  /// The expressions by which the command line replaces constants.
  std::unordered_map<std::string, Expr> defines;

  /// By input: the least bound that an op has on its integers.
  std::unordered_map<std::string, int64_t> indexBounds;

private:
  /// Whether this was not reported before.
  bool isNew(Location location, const std::string &message);

  Diagnostic *last = nullptr;
  std::unordered_map<std::string_view, const Definition *> definitions;
  std::set<std::pair<std::pair<uint64_t, uint64_t>, std::string>> reported;
};

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_MODELCONTEXT_H
