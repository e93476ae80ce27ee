// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Padded sliding windows; see Windows.h.

#include "Windows.h"
#include "Builders.h"

using namespace mlir;

namespace descent::import {

static Value padSpatial(OpBuilder &b, Location loc, Value value,
                        const WindowSpec &spec) {
  ArrayRef<int64_t> shape = shapeOf(value);
  SmallVector<int64_t> low(shape.size(), 0), high(shape.size(), 0);
  for (int d = 0; d < 2; ++d) {
    size_t dim = shape.size() - 2 + d;
    int64_t reach = (spec.positions[d] - 1) * spec.stride[d] +
                    (spec.size[d] - 1) * spec.dilation[d] + 1;
    low[dim] = spec.padLow[d];
    high[dim] = std::max<int64_t>(0, reach - spec.padLow[d] - shape[dim]);
  }
  auto isZero = [](int64_t x) { return x == 0; };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return value;
  if (spec.fill == Fill::edge)
    return padWithEdges(b, loc, value, low, high);
  return b.create<PadOp>(loc, value, low, high,
                         spec.fill == Fill::zero ? PadMode::zero
                                                 : PadMode::lowest);
}

/// Windows of which no two share an element: [..., H, W] is cut to
/// [..., OH, KH, OW, KW], then the window dimensions are moved last.
static Value disjointWindows(OpBuilder &b, Location loc, Value value,
                             const WindowSpec &spec) {
  SmallVector<int64_t> covered(shapeOf(value));
  size_t outer = covered.size() - 2;
  for (int d = 0; d < 2; ++d)
    covered[outer + d] = spec.positions[d] * spec.size[d];
  if (ArrayRef<int64_t>(covered) != shapeOf(value))
    value = sliceOf(b, loc, value, SmallVector<int64_t>(covered.size(), 0),
                    covered);

  SmallVector<int64_t> split(covered.begin(), covered.begin() + outer);
  for (int d = 0; d < 2; ++d)
    split.append({spec.positions[d], spec.size[d]});
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, outer));
  for (int64_t dim : {0, 2, 1, 3})
    permutation.push_back(outer + dim);
  return b.create<TransposeOp>(loc, reshapeTo(b, loc, value, split),
                               permutation);
}

Value slidingWindows(OpBuilder &b, Location loc, Value value,
                     const WindowSpec &spec) {
  value = padSpatial(b, loc, value, spec);
  int64_t rank = shapeOf(value).size();
  auto isDisjoint = [&](int d) {
    return spec.size[d] == 1
               ? spec.stride[d] == 1
               : spec.stride[d] == spec.size[d] && spec.dilation[d] == 1;
  };
  if (isDisjoint(0) && isDisjoint(1))
    return disjointWindows(b, loc, value, spec);
  return windowsOf(b, loc, value, {rank - 2, rank - 1}, spec.size, spec.stride,
                   spec.dilation);
}

} // namespace descent::import
