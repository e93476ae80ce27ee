// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A scan as lists of its parts, which rewrites edit before they build it.

#ifndef DESCENT_LIB_DIALECT_DESCENT_SCANPARTS_H
#define DESCENT_LIB_DIALECT_DESCENT_SCANPARTS_H

#include "descent/Dialect/Descent/Descent.h"
#include "mlir/IR/Builders.h"

namespace descent {

/// What a scan is built of. `argument`, `next` and `stacked` are values of the
/// block `source`: a body that exists already. Any of its values can be an
/// argument of the scan that is built, computed or not: what it was computed
/// from is then not part of the new body.
struct ScanParts {
  struct Carry {
    mlir::Value init, argument, next;
  };
  struct Input {
    mlir::Value operand, argument;
  };
  mlir::Block *source;
  int64_t count;
  bool reversed;
  llvm::SmallVector<Carry> carries;
  llvm::SmallVector<Input> sequences, captures;
  llvm::SmallVector<mlir::Value> stacked;

  ScanParts(mlir::Block *source, int64_t count, bool reversed)
      : source(source), count(count), reversed(reversed) {}
  explicit ScanParts(ScanOp scan);

  /// The values of `source` that are arguments.
  llvm::DenseSet<mlir::Value> arguments() const;

  /// Builds the scan, with clones of what its results need. Sequences and
  /// captures that nothing needs are left out.
  ScanOp build(mlir::OpBuilder &builder, mlir::Location loc) const;
};

/// The operations that compute `roots`, and all values on the way, down to
/// `arguments` and operations without operands.
struct Cone {
  llvm::DenseSet<mlir::Operation *> operations;
  llvm::DenseSet<mlir::Value> values;
  Cone(mlir::ValueRange roots, const llvm::DenseSet<mlir::Value> &arguments);
};

/// Whether computing a result again costs about as much as loading it: views,
/// loops without reduction, and what has no operands.
bool isCheap(mlir::Operation *op);

/// Whether `count` of a value can lie in memory, one behind the other.
bool canStack(mlir::Value value, int64_t count);

} // namespace descent

#endif // DESCENT_LIB_DIALECT_DESCENT_SCANPARTS_H
