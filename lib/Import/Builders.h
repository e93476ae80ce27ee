// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a builder of one op of the registry is given and gives back, and the
// table that finds it by the op's name. An op is added in one place: a function
// in the file of its kind and its line in that file's `add...` function.

#ifndef DESCENT_LIB_IMPORT_BUILDERS_H
#define DESCENT_LIB_IMPORT_BUILDERS_H

#include "descent/Dialect/Descent/Math.h"
#include "descent/Model/Graph.h"
#include "llvm/ADT/StringMap.h"

namespace descent::import {

/// One use of an op in one entry.
struct Use {
  mlir::OpBuilder &b;
  mlir::Location loc;
  const model::Node &node;
  /// The values of the node's operands, and their types in the model.
  llvm::ArrayRef<mlir::Value> operands;
  llvm::ArrayRef<const model::TensorType *> operandTypes;
  /// The values of the node's parameters, in their order.
  llvm::ArrayRef<mlir::Value> parameters;
  /// True in `train`: dropout is active.
  bool training;
  /// Tells this node's random numbers from those of every other node.
  int32_t stream;

  const model::Attributes &attributes() const { return node.attributes; }
  /// The parameter with PyTorch's name `role`, or null if the layer has none.
  mlir::Value parameter(llvm::StringRef role) const;
  llvm::ArrayRef<int64_t> resultShape() const { return node.type.shape; }
};

/// The static shape of a value.
llvm::ArrayRef<int64_t> shapeOf(mlir::Value value);

/// A mean as two scalars, so that it stays exact when it is accumulated over
/// batches: the mean is total / count.
struct Mean {
  mlir::Value total;
  mlir::Value count;

  mlir::Value value(mlir::OpBuilder &b, mlir::Location loc) const;
};

/// The mean of `values` (f32). With a batch axis (not -1) only the rows before
/// the control word `valid` count: `total` is the sum over them of each row's
/// mean, `count` their number. Without one, `count` is 1.
Mean meanOf(mlir::OpBuilder &b, mlir::Location loc, mlir::Value values,
            int batchAxis);

/// The batch axis of any of a use's operands, or -1.
int batchAxisOf(const Use &use);

/// Builds the value of a layer.
using LayerBuilder = mlir::Value (*)(const Use &);

/// Builds a loss: a mean over something.
using LossBuilder = Mean (*)(const Use &);

/// A metric: its accumulators (f32 scalars), what a batch adds to each, and its
/// value once all batches have. A loss is one too: of a total and a count.
struct MetricBuilder {
  std::vector<std::string> slots;
  llvm::SmallVector<mlir::Value> (*contribute)(const Use &) = nullptr;
  mlir::Value (*finalize)(mlir::OpBuilder &, mlir::Location,
                          mlir::ValueRange slots) = nullptr;
};

/// Builds the rule of `descent.optimize`.
using OptimizerBuilder = mlir::Attribute (*)(mlir::MLIRContext *,
                                             const model::Attributes &);

/// The builders by the names of their ops.
struct BuilderTable {
  llvm::StringMap<LayerBuilder> layers;
  llvm::StringMap<LossBuilder> losses;
  llvm::StringMap<MetricBuilder> metrics;
  llvm::StringMap<OptimizerBuilder> optimizers;

  static const BuilderTable &get();
};

void addElementwiseBuilders(BuilderTable &table);
void addShapeBuilders(BuilderTable &table);
void addProductBuilders(BuilderTable &table);
void addPoolingBuilders(BuilderTable &table);
void addLossBuilders(BuilderTable &table);
void addMetricBuilders(BuilderTable &table);
void addOptimizerBuilders(BuilderTable &table);

} // namespace descent::import

#endif // DESCENT_LIB_IMPORT_BUILDERS_H
