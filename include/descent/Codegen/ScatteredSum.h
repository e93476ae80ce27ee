// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums to computed places: a kernel in which every update is compared with
// every place, seen as one that adds each update where it belongs.

#ifndef DESCENT_CODEGEN_SCATTEREDSUM_H
#define DESCENT_CODEGEN_SCATTEREDSUM_H

#include "descent/Codegen/IterationSpace.h"

namespace descent::codegen {

/// What scatter_add lowers to (ScatteredUpdate), plus, perhaps, one element of
/// another tensor each, in which other updates have been summed up.
///
/// A lane that owns all places of the other dimensions' positions may keep the
/// sums in memory and add every update to one of them, in the order of r:
/// as many additions as there are updates. That is how a strategy whose tile
/// covers the places is meant.
struct ScatteredSum {
  /// The parallel dimension of the places.
  unsigned dim;
  /// As in ScatteredUpdate.
  mlir::Value at, update;
  llvm::SmallVector<mlir::Value, 2> conditions;
  /// What the sums start from, read where they are written; else zero.
  std::optional<TensorRef> initial;
  /// Whether that is there already.
  bool continues = false;
  /// How far neighbouring places are from one another in the result.
  int64_t stride;

  /// The sum that a kernel is, if it is one and has more places than would do
  /// as well in registers.
  static std::optional<ScatteredSum> find(const IterationSpace &space);
  /// The same where `tile` covers the places.
  static std::optional<ScatteredSum> find(const IterationSpace &space,
                                          llvm::ArrayRef<int64_t> tile);
};

/// How many places are set to what the sums start from in one trip of a loop:
/// more where there are so many that a driver might end the loop early.
inline int64_t placesPerTrip(int64_t places) {
  return places <= int64_t(1) << 18 ? 8 : 64;
}

} // namespace descent::codegen

#endif // DESCENT_CODEGEN_SCATTEREDSUM_H
