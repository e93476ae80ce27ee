// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Imports a model from its text and runs its entries in the reference
// interpreter.

#ifndef DESCENT_TEST_IMPORT_SUPPORT_H
#define DESCENT_TEST_IMPORT_SUPPORT_H

#include "descent/Import/Import.h"
#include "descent/Interpreter/Interpreter.h"
#include "descent/Model/Load.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

namespace descent::test {

using interpreter::ControlWords;
using interpreter::Environment;
using interpreter::Tensor;

/// A model that was imported, with values for its inputs and states.
struct Imported {
  mlir::MLIRContext context;
  std::string errors; ///< of the importer
  std::optional<model::CheckedModel> model;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  Environment inputs, state;

  explicit Imported(const std::string &text, ImportOptions options = {}) {
    model::DiagnosticEngine diagnostics;
    model = model::loadModelText("model.json", text, {}, diagnostics);
    EXPECT_TRUE(model) << diagnostics.render();
    if (model)
      import(options);
  }

  Imported(model::CheckedModel checked, ImportOptions options)
      : model(std::move(checked)) {
    import(options);
  }

  /// Runs an entry; a failure is a test failure.
  Environment run(llvm::StringRef name, ControlWords control = {}) {
    auto entry = interpreter::findEntry(*module, name);
    EXPECT_TRUE(mlir::succeeded(entry));
    if (mlir::failed(entry))
      return {};
    auto outputs = interpreter::interpretEntry(*entry, inputs, state, control);
    EXPECT_TRUE(mlir::succeeded(outputs));
    return mlir::succeeded(outputs) ? *outputs : Environment{};
  }

private:
  void import(const ImportOptions &options) {
    mlir::ScopedDiagnosticHandler handler(
        &context, [&](mlir::Diagnostic &diagnostic) {
          llvm::raw_string_ostream(errors) << diagnostic << '\n';
        });
    module = importModel(*model, context, options);
    if (!module)
      return;
    EXPECT_TRUE(mlir::succeeded(mlir::verify(*module))) << errors;
    inputs = interpreter::makeInputs(*module, 1);
    state = interpreter::makeState(*module, 2);
  }
};

} // namespace descent::test

#endif // DESCENT_TEST_IMPORT_SUPPORT_H
