// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sliding windows; see Windows.h.

#include "Windows.h"
#include "Values.h"

using namespace mlir;

namespace descent::import {

/// Windows of which no two share an element: each extent is cut to positions
/// and window, then the window dimensions are moved last.
static Value disjointWindows(OpBuilder &b, Location loc, Value value,
                             const WindowSpec &spec) {
  SmallVector<int64_t> split, outer, inner;
  SmallVector<int64_t> shape(shapeOf(value));
  size_t next = 0;
  for (auto [dim, extent] : llvm::enumerate(shape)) {
    outer.push_back(split.size());
    if (next == spec.dims.size() || spec.dims[next] != int64_t(dim)) {
      split.push_back(extent);
      continue;
    }
    int64_t positions = spec.positions(next, extent);
    value = sliceAlong(b, loc, value, dim, 0, positions * spec.size[next]);
    inner.push_back(split.size() + 1);
    split.append({positions, spec.size[next]});
    ++next;
  }
  outer.append(inner);
  return permute(b, loc, reshapeTo(b, loc, value, split), outer);
}

Value slidingWindows(OpBuilder &b, Location loc, Value value,
                     const WindowSpec &spec) {
  auto isDisjoint = [&](size_t i) {
    return spec.size[i] == 1
               ? spec.stride[i] == 1
               : spec.stride[i] == spec.size[i] && spec.dilation[i] == 1;
  };
  if (llvm::all_of(llvm::seq<size_t>(0, spec.dims.size()), isDisjoint))
    return disjointWindows(b, loc, value, spec);
  return windowsOf(b, loc, value, spec.dims, spec.size, spec.stride,
                   spec.dilation);
}

Value sumOfWindows(OpBuilder &b, Location loc, Value value,
                   const WindowSpec &spec, ArrayRef<int64_t> low,
                   ArrayRef<int64_t> extents) {
  SmallVector<int64_t> shape(shapeOf(value));
  int64_t rank = shape.size() - spec.dims.size();
  SmallVector<int64_t> wide(shape), offsets(shape.size(), 0),
      before(shape.size(), 0), after(shape.size(), 0);
  bool pads = false;
  for (auto [i, dim] : llvm::enumerate(spec.dims)) {
    // Up to one stride behind the last window belongs to the same positions.
    int64_t least = (shape[dim] - 1) * spec.stride[i] + spec.reach(i);
    int64_t wanted = low[i] + extents[i];
    wide[dim] = std::clamp(wanted, least, least + spec.stride[i] - 1);
    after[dim] = std::max<int64_t>(0, wanted - wide[dim]);
    pads |= after[dim] > 0;
    offsets[dim] = low[i];
  }
  value = b.create<UnwindowOp>(loc, tensorType(wide, elementOf(value)), value,
                               spec.dims, spec.stride, spec.dilation);
  if (pads)
    value = b.create<PadOp>(loc, value, before, after, PadMode::zero);
  SmallVector<int64_t> sizes(shapeOf(value));
  for (auto [i, dim] : llvm::enumerate(spec.dims))
    sizes[dim] = extents[i];
  if (ArrayRef<int64_t>(sizes) != shapeOf(value))
    value = sliceOf(b, loc, value, offsets, sizes);
  return b.create<ReduceSumOp>(
      loc, value, llvm::to_vector(llvm::seq<int64_t>(rank, shape.size())));
}

} // namespace descent::import
