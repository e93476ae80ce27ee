// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a builder of one primitive op is given and gives back, and the table
// that finds it by the op's name. An op is added in one place: a function in
// the file of its family and its line in that file's `add...` function.

#ifndef DESCENT_LIB_IMPORT_BUILDERS_H
#define DESCENT_LIB_IMPORT_BUILDERS_H

#include "Scope.h"
#include "Values.h"
#include "descent/Model/Graph.h"
#include "llvm/ADT/StringMap.h"

namespace descent::import {

class GraphBuilder;

/// One use of a primitive op.
struct Use {
  mlir::OpBuilder &b;
  mlir::Location loc;
  const model::Node &node;
  /// The values of the node's operands, and their types in the model.
  llvm::ArrayRef<mlir::Value> operands;
  llvm::ArrayRef<const model::TensorType *> operandTypes;
  /// The graph that the node is in, and where that is built.
  GraphBuilder &graph;
  Scope &scope;

  const model::Attributes &attributes() const { return node.attributes; }
  /// A list of integers; one integer is a list of one, what was not given an
  /// empty one.
  llvm::SmallVector<int64_t> list(llvm::StringRef name) const;
  /// The same with `count` members; a single one stands for as many equal ones.
  llvm::SmallVector<int64_t> list(llvm::StringRef name, size_t count) const;
  /// An axis of a tensor of `rank`, counted from 0.
  int64_t axis(llvm::StringRef name, int64_t rank) const;
  /// Axes of a tensor of `rank`, counted from 0, increasing.
  llvm::SmallVector<int64_t> axes(llvm::StringRef name, int64_t rank) const;

  llvm::ArrayRef<int64_t> resultShape() const { return node.type().shape; }
  /// What the first result is computed in; see arithmeticType.
  mlir::Type resultElement() const {
    return arithmeticType(b.getContext(), node.type().dtype);
  }
  /// An operand with another element type, and broadcast to a shape.
  mlir::Value operand(size_t i, mlir::Type element) const {
    return castTo(b, loc, operands[i], element);
  }
  mlir::Value operand(size_t i, mlir::Type element,
                      llvm::ArrayRef<int64_t> shape) const {
    return broadcastLike(b, loc, operand(i, element), shape);
  }
  mlir::Value constant(mlir::Type type, double value) const {
    return constantLike(b, loc, type, value);
  }

  /// `value` with `fill` in the rows of the batch that do not count; `value`
  /// itself if `batchAxis` is -1.
  mlir::Value maskRows(mlir::Value value, int batchAxis, double fill) const;

  /// Reports an error at the op.
  mlir::InFlightDiagnostic error() const;
};

/// Builds the results of an op: of the shapes that the model says, of any
/// element type that can be cast to the model's without loss.
using OpBuilderFunction = llvm::SmallVector<mlir::Value> (*)(const Use &);

/// Builds the rule of `descent.optimize`.
using OptimizerBuilder = mlir::Attribute (*)(mlir::MLIRContext *,
                                             const model::Attributes &);

/// The builders by the names of their ops.
struct BuilderTable {
  llvm::StringMap<OpBuilderFunction> ops;
  llvm::StringMap<OptimizerBuilder> optimizers;

  static const BuilderTable &get();
};

void addElementwiseBuilders(BuilderTable &table);
void addReductionBuilders(BuilderTable &table);
void addProductBuilders(BuilderTable &table);
void addConvolutionBuilders(BuilderTable &table);
void addViewBuilders(BuilderTable &table);
void addPaddingBuilders(BuilderTable &table);
void addIndexingBuilders(BuilderTable &table);
void addSourceBuilders(BuilderTable &table);
void addCompositeBuilders(BuilderTable &table);
void addControlFlowBuilders(BuilderTable &table);
void addOptimizerBuilders(BuilderTable &table);

} // namespace descent::import

#endif // DESCENT_LIB_IMPORT_BUILDERS_H
