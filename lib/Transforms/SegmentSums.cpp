// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums of ranges, from the sums of aligned blocks: on every level of the tree
// of blocks a range takes those at its ends that are not within a larger one.
// No sum is the difference of two others, so that none loses digits.

#include "SegmentSums.h"

using namespace mlir;

namespace descent {

/// The sum of the blocks that a range takes on a level of `size` rows.
static Value sumEnds(TensorMath &math, Value rows, Value begins, Value ends,
                     int64_t level, int64_t fanBits, bool top) {
  int64_t size = TensorMath::shapeOf(rows)[0],
          features = TensorMath::shapeOf(rows)[1],
          segments = TensorMath::countOf(begins), fan = int64_t(1) << fanBits,
          bits = level * fanBits;
  // The blocks that are wholly within the range.
  Value begin = math.shr(math.add(begins, (int64_t(1) << bits) - 1), bits);
  Value end = math.shr(ends, bits);
  SmallVector<int64_t> cube{segments, features, top ? size : 2 * fan};
  auto wide = [&](Value x) { return math.broadcast(x, cube, {0}); };
  Value number = math.iota(cube, 2), at, inside;
  if (top) {
    at = number;
    inside = math.both(math.le(wide(begin), at), math.lt(at, wide(end)));
  } else {
    // Up to the first larger block, and from behind the last one.
    Value larger =
        math.shl(math.shr(math.add(begin, fan - 1), fanBits), fanBits);
    Value leftEnd = math.minimum(larger, end);
    Value right =
        math.maximum(math.shl(math.shr(end, fanBits), fanBits), leftEnd);
    Value isLeft = math.lt(number, math.constant(cube, fan));
    at = math.select(isLeft, math.add(wide(begin), number),
                     math.add(math.add(wide(right), number), -fan));
    inside = math.lt(at, math.select(isLeft, wide(leftEnd), wide(end)));
  }
  Value flat = math.reshape(rows, {size * features});
  Value element = math.add(math.mul(at, features), math.iota(cube, 1));
  Value found = math.lookup(flat, element);
  return math.sum(math.select(inside, found, math.zero(found)), 2);
}

Value sumSegments(TensorMath &math, Value rows, Value begins, Value ends,
                  int64_t fanBits) {
  int64_t features = TensorMath::shapeOf(rows)[1], fan = int64_t(1) << fanBits;
  SmallVector<Value> sums;
  for (int64_t level = 0;; ++level) {
    int64_t size = TensorMath::shapeOf(rows)[0];
    bool top = size <= 2 * fan;
    sums.push_back(sumEnds(math, rows, begins, ends, level, fanBits, top));
    if (top)
      break;
    int64_t blocks = ceilDivide(size, fan);
    rows = math.sum(
        math.reshape(math.extend(rows, blocks * fan), {blocks, fan, features}),
        1);
  }
  return math.b.create<AddOp>(math.loc, sums[0].getType(), sums);
}

double segmentCost(int64_t rows, int64_t segments, int64_t features,
                   int64_t fanBits) {
  int64_t fan = int64_t(1) << fanBits, levels = 1;
  for (int64_t size = rows; size > 2 * fan; size = ceilDivide(size, fan))
    ++levels;
  // Moving the rows to where they are summed, the tree, the ends.
  return double(features) *
         (8.0 * rows + 2.0 * rows + double(segments) * levels * 2 * fan * 4);
}

} // namespace descent
