// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A stable sort made of tensor operations, none of which writes to a computed
// place.

#ifndef DESCENT_LIB_TRANSFORMS_RADIXSORT_H
#define DESCENT_LIB_TRANSFORMS_RADIXSORT_H

#include "TensorMath.h"

namespace descent {

struct SortShape {
  /// log2 of the keys that are compared with one another.
  int64_t chunkBits = 6;
  /// The most bits of a key that a pass sorts by.
  int64_t digitBits = 6;

  /// How many keys `count` are padded to.
  int64_t padded(int64_t count) const;
  /// How many passes keys below `bound` need, and by how many bits each.
  int64_t passes(int64_t bound) const;
  int64_t bitsOfPass(int64_t bound) const;
  /// Operations that sorting takes, about.
  double cost(int64_t count, int64_t bound) const;
};

/// Keys in increasing order, and where each was.
struct SortedKeys {
  mlir::Value keys, order;
};

/// Sorts one-dimensional i32 `keys` in [0, bound), as many as padded() says.
SortedKeys sortKeys(TensorMath &math, mlir::Value keys, int64_t bound,
                    const SortShape &shape);

/// For each of `values`, how many of the increasing `sorted` are less.
mlir::Value countLess(TensorMath &math, mlir::Value sorted, mlir::Value values);

} // namespace descent

#endif // DESCENT_LIB_TRANSFORMS_RADIXSORT_H
