// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the elaborations of a model's entries share.

#include "ModelContext.h"
#include "Inference.h"

using namespace descent::model;

ModelContext::ModelContext(const Model &model, DiagnosticEngine &diagnostics)
    : model(model), diagnostics(diagnostics) {
  for (const Definition &definition : model.definitions)
    definitions.try_emplace(definition.name.text, &definition);
}

const Definition *ModelContext::definition(std::string_view name) const {
  auto found = definitions.find(name);
  return found == definitions.end() ? nullptr : found->second;
}

bool ModelContext::isNew(Location location, const std::string &message) {
  uint64_t place = uint64_t(location.line) << 32 | location.column;
  return reported.insert({{location.file, place}, message}).second;
}

Diagnostic *ModelContext::error(Location location, std::string message) {
  last = isNew(location, message)
             ? &diagnostics.error(location, std::move(message))
             : nullptr;
  return last;
}

Diagnostic *ModelContext::warning(Location location, std::string message) {
  if (!isNew(location, message))
    return nullptr;
  return &diagnostics.warning(location, std::move(message));
}

static std::string describe(const Initializer &init) {
  static const char *const kinds[] = {"constant",   "uniform",
                                      "normal",     "truncated normal",
                                      "orthogonal", "identity"};
  return std::string(kinds[int(init.kind)]) + "(" + toString(init.a) + ", " +
         toString(init.b) + ")";
}

bool ModelContext::declare(const State &state, const std::string &entry) {
  auto [found, isNew] = stateByName.try_emplace(state.name);
  if (isNew) {
    found->second = &states.emplace_back(KnownState{state, entry});
    return true;
  }
  const KnownState &known = *found->second;
  std::string here, there;
  if (known.state.type.shape != state.type.shape ||
      known.state.type.dtype != state.type.dtype) {
    auto show = [](const TensorType &type) {
      return std::string(toString(type.dtype)) + toString(type.shape);
    };
    here = show(state.type);
    there = show(known.state.type);
  } else if (known.state.init != state.init) {
    here = describe(state.init);
    there = describe(known.state.init);
  } else if (known.state.frozen != state.frozen) {
    here = state.frozen ? "frozen" : "not frozen";
    there = known.state.frozen ? "frozen" : "not frozen";
  } else {
    return true;
  }
  if (Diagnostic *error = this->error(
          state.location, quote(state.name) +
                              " must be the same in every "
                              "entry: it is " +
                              here + " in " + quote(entry) + ", and " + there +
                              " in " + quote(known.entry)))
    if (!(known.state.location == state.location))
      error->notes.push_back({known.state.location, "there it stands here"});
  return false;
}
