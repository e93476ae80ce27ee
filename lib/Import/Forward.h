// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Evaluates the part of a model's graph that one entry needs.

#ifndef DESCENT_LIB_IMPORT_FORWARD_H
#define DESCENT_LIB_IMPORT_FORWARD_H

#include "Builders.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/MapVector.h"

namespace descent::import {

/// The forward pass in one entry. Nothing is built that no root needs.
class Forward {
public:
  /// Builds the values of everything that `roots` are computed from, and of
  /// `roots` themselves if they are inputs or layers.
  Forward(mlir::OpBuilder &b, const model::CheckedModel &model,
          llvm::ArrayRef<model::NodeRef> roots, bool training);

  /// The value of an input or a layer.
  mlir::Value value(model::NodeRef ref) const { return values[ref]; }

  Mean loss(model::NodeRef ref);

  /// What this batch adds to the accumulators of a loss or metric.
  llvm::SmallVector<mlir::Value> contributions(model::NodeRef ref);

  /// The parameters that were read, by name.
  const llvm::MapVector<llvm::StringRef, mlir::Value> &parameters() const {
    return read;
  }

private:
  /// Calls `build` with the use of a node whose operands have values.
  template <typename Build> auto withUse(model::NodeRef ref, Build build);
  mlir::Value readSymbol(mlir::Location loc, mlir::Type type,
                         llvm::StringRef name);

  mlir::OpBuilder &b;
  const model::CheckedModel &model;
  bool training;
  llvm::SmallVector<mlir::Value> values;
  llvm::MapVector<llvm::StringRef, mlir::Value> read;
};

/// Marks everything that `roots` are computed from, and `roots`.
llvm::BitVector reach(const model::CheckedModel &model,
                      llvm::ArrayRef<model::NodeRef> roots);

} // namespace descent::import

#endif // DESCENT_LIB_IMPORT_FORWARD_H
