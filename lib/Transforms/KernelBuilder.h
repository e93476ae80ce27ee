// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Assembles a descent.kernel piece by piece: reads, scalar computation,
// combination, results.

#ifndef DESCENT_LIB_TRANSFORMS_KERNELBUILDER_H
#define DESCENT_LIB_TRANSFORMS_KERNELBUILDER_H

#include "descent/Dialect/Descent/Descent.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

namespace descent {

/// A combiner and the type of the values that it combines.
struct Combination {
  Combiner combiner;
  mlir::Type type;
};

class KernelBuilder {
public:
  KernelBuilder(mlir::Location loc, llvm::ArrayRef<int64_t> parallel,
                llvm::ArrayRef<int64_t> reduction,
                llvm::ArrayRef<Combination> combinations);
  KernelBuilder(const KernelBuilder &) = delete;

  /// The extents of the map's dimensions (all), or of the finish's (the
  /// parallel ones).
  llvm::ArrayRef<int64_t> domain(bool map) const {
    return map ? llvm::ArrayRef<int64_t>(extents)
               : llvm::ArrayRef<int64_t>(extents).take_front(numParallel);
  }

  /// The scalar that `value` has at the current point of the map or the finish,
  /// or all of it for an access to the whole. Equal reads are one; a constant
  /// whose elements are all equal is a scalar constant.
  mlir::Value read(mlir::Value value, AccessAttr access, bool map);

  mlir::OpBuilder &mapBuilder() { return inMap; }
  mlir::OpBuilder &finishBuilder() { return inFinish; }
  mlir::OpBuilder &builder(bool map) { return map ? inMap : inFinish; }

  /// Ends the map with one value a combiner; returns the combined values, of
  /// which max_index makes two. `at` is where the model asks for the reduction,
  /// if that is another place than the kernel's.
  llvm::SmallVector<mlir::Value> combine(mlir::ValueRange values,
                                         std::optional<mlir::Location> at = {});

  /// Ends the finish and creates the operation.
  KernelOp build(mlir::OpBuilder &at, mlir::ValueRange results,
                 llvm::ArrayRef<mlir::Type> types);

private:
  struct Reads {
    llvm::SmallVector<mlir::Value> values;
    llvm::SmallVector<AccessAttr> accesses;
    llvm::SmallVector<mlir::Value> scalars;
  };

  mlir::Location loc;
  llvm::SmallVector<int64_t> extents;
  size_t numParallel;
  llvm::SmallVector<Combination> combinations;
  mlir::Region map, finish;
  mlir::OpBuilder inMap, inFinish;
  Reads mapReads, finishReads;
  bool combined = false;
};

/// Copies the operations of a kernel's block, without its terminator, and
/// returns what it yields; `mapping` must hold the block's arguments. Affine
/// operations on dimensions are rewritten by `dims`, the dimensions of the old
/// kernel in those of the new one.
llvm::SmallVector<mlir::Value>
cloneScalars(mlir::Block &block, mlir::OpBuilder &builder,
             mlir::IRMapping &mapping, llvm::ArrayRef<mlir::AffineExpr> dims,
             llvm::ArrayRef<int64_t> domain);

/// d0, d1, ... d(count - 1).
llvm::SmallVector<mlir::AffineExpr> dimExprs(size_t count,
                                             mlir::MLIRContext *context);

/// Where the model asks for a kernel's reduction: the location of what ends its
/// map. A kernel that has absorbed others has theirs as its own.
mlir::Location combiningLocation(KernelOp kernel);

/// Takes the indices of a tensor of shape `from` to those of one of shape `to`
/// with the same elements in order.
AccessAttr reshapeAccess(llvm::ArrayRef<int64_t> from,
                         llvm::ArrayRef<int64_t> to,
                         mlir::MLIRContext *context);

llvm::SmallVector<Combination> combinationsOf(KernelOp kernel);

/// Whether `op` depends on `target`, within one block.
bool dependsOn(mlir::Operation *op, mlir::Operation *target);

} // namespace descent

#endif // DESCENT_LIB_TRANSFORMS_KERNELBUILDER_H
