// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a model file to a checked model: the front half's one entry point.
// Nothing here throws.

#ifndef DESCENT_MODEL_LOAD_H
#define DESCENT_MODEL_LOAD_H

#include "descent/Model/Graph.h"

namespace descent::model {

/// Reads and checks the model file at `path`. None, with at least one error in
/// `diagnostics`, if it cannot be read or is not a sound model.
std::optional<CheckedModel> loadModel(const std::string &path,
                                      const LoadOptions &options,
                                      DiagnosticEngine &diagnostics);

/// The same for a text that messages call `name`.
std::optional<CheckedModel> loadModelText(std::string name, std::string text,
                                          const LoadOptions &options,
                                          DiagnosticEngine &diagnostics);

/// Reads the model file at `path` in either spelling; names and sizes are not
/// checked. None if there are errors.
std::optional<Model> readModel(const std::string &path,
                               DiagnosticEngine &diagnostics);

/// Reads the JSON spelling from source `file` of `diagnostics`; names and sizes
/// are not checked. None if there are errors.
std::optional<Model> readJson(uint32_t file, DiagnosticEngine &diagnostics);

/// The same for the text spelling.
std::optional<Model> readText(uint32_t file, DiagnosticEngine &diagnostics);

/// `model` in the text spelling. Reading it back gives the same tree up to
/// locations; comments are lost, except those that document a definition.
std::string printText(const Model &model);

/// The same in the JSON spelling.
std::string printJson(const Model &model);

/// The JSON Schema (draft 2020-12) of the JSON spelling, made from the
/// registry.
std::string schemaAsJson();

} // namespace descent::model

#endif // DESCENT_MODEL_LOAD_H
