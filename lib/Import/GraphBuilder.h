// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds the nodes of a graph: of an entry, or of a body within one.

#ifndef DESCENT_LIB_IMPORT_GRAPHBUILDER_H
#define DESCENT_LIB_IMPORT_GRAPHBUILDER_H

#include "Builders.h"
#include "llvm/ADT/DenseSet.h"
#include <functional>

namespace descent::import {

/// A NameLoc around a position in the model file: "2.dense" for a node of a
/// layer, the name of an input or state, the op of what has no path.
mlir::Location locationOf(mlir::MLIRContext *context,
                          const model::CheckedModel &model,
                          const model::Node &node);
mlir::Location locationAt(mlir::MLIRContext *context,
                          const model::CheckedModel &model,
                          llvm::StringRef name,
                          const model::Location &location);

class GraphBuilder {
public:
  /// `inputSymbol` gives the symbol of an input; a body has none.
  GraphBuilder(mlir::OpBuilder &b, Scope &scope,
               const model::CheckedModel &model,
               std::function<std::string(const model::Node &)> inputSymbol = {})
      : b(b), scope(scope), model(model), inputSymbol(std::move(inputSymbol)) {}

  /// Builds every node, at the builder's insertion point. `arguments` are the
  /// values of the nodes that are arguments.
  void build(llvm::ArrayRef<model::Node> nodes,
             mlir::ValueRange arguments = {});

  mlir::Value value(model::ValueRef ref) const {
    return values[ref.node][ref.result];
  }
  /// The value of a state when the entry begins; null if no node is it.
  mlir::Value state(llvm::StringRef name) const { return states.lookup(name); }

  const model::CheckedModel &getModel() const { return model; }

private:
  void buildOp(const model::Node &node, uint32_t index);

  mlir::OpBuilder &b;
  Scope &scope;
  const model::CheckedModel &model;
  std::function<std::string(const model::Node &)> inputSymbol;
  llvm::ArrayRef<model::Node> nodes;
  llvm::SmallVector<llvm::SmallVector<mlir::Value, 1>> values;
  llvm::StringMap<mlir::Value> states;
  /// Values that a gradient is taken to, as (node, result).
  llvm::DenseSet<std::pair<uint32_t, uint32_t>> differentiated;
};

} // namespace descent::import

#endif // DESCENT_LIB_IMPORT_GRAPHBUILDER_H
