// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a checked model to a module of the `descent` dialect: inputs, states and
// entries.

#ifndef DESCENT_IMPORT_IMPORT_H
#define DESCENT_IMPORT_IMPORT_H

#include "descent/Model/Graph.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

namespace descent {

struct ImportOptions {
  /// The entries to build; empty: all that the model has.
  std::vector<std::string> entries;
};

/// Builds the module of a model.
///
/// Every parameter and buffer is a `descent.state` whether or not an entry
/// reads it, so that weights files fit whatever entries were asked for;
/// accumulators of metrics are there if an entry uses them. An input that an
/// entry has in sizes of its own is called `<entry>.<input>`. An operation's
/// location is a NameLoc of its layer ("2.conv2d") or op ("mse") around its
/// position in the model file.
///
/// Null, with an error emitted in `context`, if an entry that was asked for is
/// none of the model's, if an entry, an input or a state is called like
/// another, or if a gradient is asked for that cannot be taken.
mlir::OwningOpRef<mlir::ModuleOp>
importModel(const model::CheckedModel &model, mlir::MLIRContext &context,
            const ImportOptions &options = {});

/// The entries that importModel can build for a model, in the order in which it
/// does.
std::vector<std::string> entriesOf(const model::CheckedModel &model);

/// True if importModel knows what to do with an entry of the registry: builds
/// it, or sees only what it is expanded to.
bool canImport(const model::OpSpec &op);

} // namespace descent

#endif // DESCENT_IMPORT_IMPORT_H
