// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// pad: with a constant, or with elements of the tensor itself.

#include "Builders.h"

using namespace mlir;

namespace descent::import {

using Values = SmallVector<Value>;

/// Joins what lies before and after `value` along each dimension in turn, so
/// that corners are those of what was padded before.
template <typename Before, typename After>
static Value padAround(const Use &use, Value value, ArrayRef<int64_t> low,
                       ArrayRef<int64_t> high, Before before, After after) {
  for (size_t dim = 0; dim < low.size(); ++dim) {
    Values pieces;
    if (low[dim] > 0)
      pieces.push_back(before(value, dim, low[dim]));
    pieces.push_back(value);
    if (high[dim] > 0)
      pieces.push_back(after(value, dim, high[dim]));
    if (pieces.size() > 1)
      value = use.b.create<ConcatOp>(use.loc, pieces, dim);
  }
  return value;
}

/// The elements next to the border, mirrored at it; the border itself is not
/// repeated.
static Value padReflect(const Use &use, Value value, ArrayRef<int64_t> low,
                        ArrayRef<int64_t> high) {
  auto mirrored = [&](Value x, int64_t dim, int64_t offset, int64_t count) {
    return use.b.create<ReverseOp>(
        use.loc, sliceAlong(use.b, use.loc, x, dim, offset, count),
        ArrayRef<int64_t>{dim});
  };
  return padAround(
      use, value, low, high,
      [&](Value x, int64_t dim, int64_t count) {
        return mirrored(x, dim, 1, count);
      },
      [&](Value x, int64_t dim, int64_t count) {
        return mirrored(x, dim, shapeOf(x)[dim] - 1 - count, count);
      });
}

/// The elements at the opposite border.
static Value padCircular(const Use &use, Value value, ArrayRef<int64_t> low,
                         ArrayRef<int64_t> high) {
  return padAround(
      use, value, low, high,
      [&](Value x, int64_t dim, int64_t count) {
        return sliceAlong(use.b, use.loc, x, dim, shapeOf(x)[dim] - count,
                          count);
      },
      [&](Value x, int64_t dim, int64_t count) {
        return sliceAlong(use.b, use.loc, x, dim, 0, count);
      });
}

static Values buildPad(const Use &use) {
  Value x = use.operands[0];
  size_t rank = shapeOf(x).size();
  SmallVector<int64_t> low = use.list("low", rank),
                       high = use.list("high", rank);
  auto isZero = [](int64_t size) { return size == 0; };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return {x};
  StringRef mode = use.attributes().enumerator("mode");
  if (mode == "edge")
    return {padWithEdges(use.b, use.loc, x, low, high)};
  if (mode == "reflect")
    return {padReflect(use, x, low, high)};
  if (mode == "circular")
    return {padCircular(use, x, low, high)};
  return {
      use.b.create<PadOp>(use.loc, x, low, high,
                          mode == "lowest" ? PadMode::lowest : PadMode::zero)};
}

void addPaddingBuilders(BuilderTable &table) { table.ops["pad"] = buildPad; }

} // namespace descent::import
