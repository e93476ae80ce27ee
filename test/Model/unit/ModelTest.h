// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the tests of the model reader share.

#ifndef DESCENT_TEST_MODEL_MODELTEST_H
#define DESCENT_TEST_MODEL_MODELTEST_H

#include "descent/Model/Load.h"
#include <gtest/gtest.h>

namespace descent::model {

/// Checks `text`; on errors the test fails with them.
inline CheckedModel mustLoad(const std::string &text,
                             const LoadOptions &options = {}) {
  DiagnosticEngine diagnostics;
  std::optional<CheckedModel> model =
      loadModelText("model.json", text, options, diagnostics);
  EXPECT_TRUE(model) << diagnostics.render();
  return model ? std::move(*model) : CheckedModel{};
}

/// The errors of `text`, as they are printed.
inline std::string errorsOf(const std::string &text,
                            const LoadOptions &options = {}) {
  DiagnosticEngine diagnostics;
  std::optional<CheckedModel> model =
      loadModelText("model.json", text, options, diagnostics);
  EXPECT_EQ(model.has_value(), !diagnostics.hasErrors());
  return diagnostics.render();
}

/// The same for the text spelling.
inline std::optional<CheckedModel> loadText(const std::string &text,
                                            DiagnosticEngine &diagnostics,
                                            const LoadOptions &options = {}) {
  uint32_t file = diagnostics.addSource("m.descent", text);
  std::optional<Model> model = readText(file, diagnostics);
  return model ? check(*model, options, diagnostics) : std::nullopt;
}
inline CheckedModel mustElaborate(const std::string &text,
                                  const LoadOptions &options = {}) {
  DiagnosticEngine diagnostics;
  std::optional<CheckedModel> model = loadText(text, diagnostics, options);
  EXPECT_TRUE(model) << diagnostics.render();
  return model ? std::move(*model) : CheckedModel{};
}
inline std::string textErrors(const std::string &text,
                              const LoadOptions &options = {}) {
  DiagnosticEngine diagnostics;
  EXPECT_FALSE(loadText(text, diagnostics, options));
  return diagnostics.render();
}

/// A model over the input x [batch = 4, 8] (or `shape`) with these layers.
inline std::string withLayers(const std::string &layers,
                              const std::string &shape = "[\"batch\", 8]") {
  return R"({ "descent": 1, "inputs": { "x": { "shape": )" + shape +
         R"( } }, "network": [)" + layers + R"(], "train": { "batch": 4 } })";
}

/// The type of the model's only output, or of that name.
inline TensorType outputType(const CheckedModel &model,
                             std::string_view name = {}) {
  if (const Entry *entry = model.entry("predict"))
    for (const Output &output : entry->outputs)
      if (name.empty() || output.name == name)
        return entry->type(output.value);
  ADD_FAILURE() << "there is no output " << name;
  return {};
}

/// The names of all states of a role, in order.
inline std::vector<std::string> stateNames(const CheckedModel &model,
                                           State::Role role) {
  std::vector<std::string> names;
  for (const State &state : model.states)
    if (state.role == role)
      names.push_back(state.name);
  return names;
}
inline std::vector<std::string> parameterNames(const CheckedModel &model) {
  return stateNames(model, State::Role::Parameter);
}

/// The nodes of an entry that are uses of `op`.
inline std::vector<const Node *> nodesOf(const CheckedModel &model,
                                         std::string_view entry,
                                         std::string_view op) {
  std::vector<const Node *> result;
  if (const Entry *found = model.entry(entry))
    for (const Node &node : found->nodes)
      if (node.op && node.op->name == op)
        result.push_back(&node);
  return result;
}

} // namespace descent::model

#endif // DESCENT_TEST_MODEL_MODELTEST_H
