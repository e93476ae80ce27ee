// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loop nests of an attention that can go through their keys together: a
// maximum, the sum of exponentials and sums weighted by these.

#ifndef DESCENT_LIB_CODEGEN_ONLINESOFTMAX_H
#define DESCENT_LIB_CODEGEN_ONLINESOFTMAX_H

#include "descent/Codegen/IterationSpace.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace descent::codegen {

/// Three loop nests of a row group, one after the other, over the same
/// reduction: the maximum of a score that is computed in place, the sum of
/// exp(score - maximum), and sums of products that have exp(score - maximum) as
/// a factor, perhaps divided by that sum.
///
/// With a running maximum they are one: when it grows from m to m', all sums so
/// far are multiplied by exp(m - m').
struct OnlineSoftmax {
  /// How many loop nests that are.
  static constexpr unsigned count = 3;

  const IterationSpace *maximum, *sum, *weighted;
  /// Which block argument of the weighted sums' map is the score, and what they
  /// take its exponential by; that of the sum.
  unsigned score;
  ExpOp exponential, summedExponential;
  /// Divisions by the sum in the weighted sums' map, which come after the loop,
  /// and by combiner whether there is one.
  llvm::SmallPtrSet<mlir::Operation *, 4> divisions;
  llvm::SmallVector<bool> isDivided;

  /// The one that starts with loop nest `first` of a group.
  static std::optional<OnlineSoftmax>
  find(llvm::ArrayRef<IterationSpace> spaces, unsigned first);
};

} // namespace descent::codegen

#endif // DESCENT_LIB_CODEGEN_ONLINESOFTMAX_H
