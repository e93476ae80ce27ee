// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums to computed places at the kernel level.

#ifndef DESCENT_DIALECT_DESCENT_SCATTEREDSUMS_H
#define DESCENT_DIALECT_DESCENT_SCATTEREDSUMS_H

#include "descent/Dialect/Descent/Descent.h"

namespace descent {

/// What a kernel adds up that scatter_add lowers to. Along one parallel
/// dimension, the place, results differ only in which updates belong to them:
///
///   result[..., place, ...] =
///       sum over r: select(at[..., r] == place, update[..., r], 0)
struct ScatteredUpdate {
  /// The parallel dimension of the places, and the operation that gives it.
  unsigned dim;
  IndexOp place;
  /// Values of the map block: where an update belongs, what it is, and the
  /// conditions (i1) beside that under which it counts.
  mlir::Value at, update;
  llvm::SmallVector<mlir::Value, 2> conditions;
};

/// The update, if a kernel is a sum of such.
std::optional<ScatteredUpdate> findScatteredUpdate(KernelOp kernel);

/// How often a kernel has to evaluate its map: at every point of its domain, of
/// a sum to computed places once for every update.
uint64_t countMapPoints(KernelOp kernel);

} // namespace descent

#endif // DESCENT_DIALECT_DESCENT_SCATTEREDSUMS_H
