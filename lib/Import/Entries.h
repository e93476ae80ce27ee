// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The entries of a model: which there are, and what builds each.

#ifndef DESCENT_LIB_IMPORT_ENTRIES_H
#define DESCENT_LIB_IMPORT_ENTRIES_H

#include "descent/Model/Graph.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace descent::import {

mlir::RankedTensorType convertType(mlir::MLIRContext *context,
                                   const model::TensorType &type);

/// A NameLoc around the node's position in the model file: "2.conv2d" for a
/// layer, the name of an input, the op of what has no path.
mlir::Location locationOf(mlir::MLIRContext *context,
                          const model::CheckedModel &model,
                          const model::Node &node);

/// What `eval` accumulates and `metrics` finishes: the loss, and every metric.
struct Measure {
  std::string name;
  model::NodeRef node;

  /// `metric.accuracy.correct`
  std::string stateName(llvm::StringRef slot) const;
};

/// The loss first, as "loss".
std::vector<Measure> measuresOf(const model::CheckedModel &model);

/// The accumulators of a loss or metric.
llvm::ArrayRef<std::string> slotsOf(const model::OpSpec &op);

/// Builds the body of an entry at the builder's insertion point.
using EntryBuilder = void (*)(mlir::OpBuilder &, const model::CheckedModel &);

/// The entries that the model has what it needs for, by name.
std::vector<std::pair<llvm::StringRef, EntryBuilder>>
entryBuildersOf(const model::CheckedModel &model);

} // namespace descent::import

#endif // DESCENT_LIB_IMPORT_ENTRIES_H
