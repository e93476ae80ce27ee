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

/// A model over the input x [batch = 4, 8] (or `shape`) with these layers.
inline std::string withLayers(const std::string &layers,
                              const std::string &shape = "[\"batch\", 8]") {
  return R"({ "descent": 1, "inputs": { "x": { "shape": )" + shape +
         R"( } }, "network": [)" + layers + R"(], "train": { "batch": 4 } })";
}

} // namespace descent::model

#endif // DESCENT_TEST_MODEL_MODELTEST_H
