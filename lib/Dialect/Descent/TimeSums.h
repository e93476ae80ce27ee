// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums over the iterations of a scan: the cotangents of its captures.

#ifndef DESCENT_LIB_DIALECT_DESCENT_TIMESUMS_H
#define DESCENT_LIB_DIALECT_DESCENT_TIMESUMS_H

#include "ScanParts.h"
#include <functional>

namespace descent {

/// Plans sums over all iterations of a scan that is not yet built, of values of
/// its source. A product is summed after the loop, by one product over the
/// stacked factors; a reduction by one over what it reduces; sums and
/// rearrangements of those likewise. Anything else is added up in a carry.
class TimeSums {
public:
  /// Builds a sum after the scan. Null: not planned.
  using Sum = std::function<mlir::Value(mlir::OpBuilder &builder, ScanOp scan)>;

  /// `parts` gets the stacked values and carries that the sums need. `inBody`
  /// is where values can be added to the source. `willBeSequence` says of a
  /// value that the scan will have as a sequence if it is in getNeeded().
  TimeSums(ScanParts &parts, mlir::OpBuilder &inBody,
           std::function<bool(mlir::Value)> willBeSequence)
      : parts(parts), inBody(inBody),
        willBeSequence(std::move(willBeSequence)) {}

  Sum sumOf(mlir::Value value);
  llvm::ArrayRef<mlir::Value> getNeeded() const { return needed; }

private:
  ScanParts &parts;
  mlir::OpBuilder &inBody;
  std::function<bool(mlir::Value)> willBeSequence;
  llvm::SmallVector<mlir::Value> needed;

  /// Whether a value can differ from iteration to iteration.
  bool changes(mlir::Value value);
  /// Whether a sum needs a carry: it cannot be taken after the loop.
  bool isAddedUp(mlir::Value value);
  Sum sumOfSum(AddOp op);
  Sum sumOfProduct(ContractOp op);
  Sum sumOfRearranged(mlir::Operation *op);
  Sum addUp(mlir::Value value);
  /// All values of the iterations, stacked.
  Sum stackOf(mlir::Value value);
};

} // namespace descent

#endif // DESCENT_LIB_DIALECT_DESCENT_TIMESUMS_H
