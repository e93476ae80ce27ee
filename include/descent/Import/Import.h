// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a checked model to a module of the `descent` dialect: inputs, states and
// the entries train, eval, metrics and predict.

#ifndef DESCENT_IMPORT_IMPORT_H
#define DESCENT_IMPORT_IMPORT_H

#include "descent/Model/Graph.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

namespace descent {

struct ImportOptions {
  /// The entries to build; empty: every entry that the model has what it needs
  /// for.
  std::vector<std::string> entries;
};

/// Builds the module of a model.
///
/// Every parameter is a `descent.state` whether or not an entry reads it, so
/// that weights files fit whatever entries were asked for; accumulators of
/// metrics are there with `eval` or `metrics` only. An operation's location is
/// a NameLoc of its layer ("2.conv2d") or op ("mse") around its position in the
/// model file.
///
/// Null, with an error emitted in `context`, if an entry that was asked for is
/// none of the model's, or if an input is called like an entry.
mlir::OwningOpRef<mlir::ModuleOp>
importModel(const model::CheckedModel &model, mlir::MLIRContext &context,
            const ImportOptions &options = {});

/// The entries that importModel can build for a model, in the order in which it
/// does.
std::vector<std::string> entriesOf(const model::CheckedModel &model);

/// True if importModel has a builder for an op of the registry.
bool canImport(const model::OpSpec &op);

} // namespace descent

#endif // DESCENT_IMPORT_IMPORT_H
