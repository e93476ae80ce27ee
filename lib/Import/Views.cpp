// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that rearrange, repeat, join or choose elements.

#include "Builders.h"
#include "Windows.h"

using namespace mlir;

namespace descent::import {

using Values = SmallVector<Value>;

static Values buildReshape(const Use &use) {
  return {reshapeTo(use.b, use.loc, use.operands[0], use.resultShape())};
}

static Values buildBroadcast(const Use &use) {
  return {broadcastLike(use.b, use.loc, use.operands[0], use.resultShape())};
}

static Values buildPermute(const Use &use) {
  int64_t rank = use.operandTypes[0]->rank();
  SmallVector<int64_t> axes = use.list("axes");
  for (int64_t &axis : axes)
    axis = axis < 0 ? axis + rank : axis;
  return {permute(use.b, use.loc, use.operands[0], axes)};
}

/// Where the slice begins and how far its elements lie apart say all; how many
/// there are is in the result's shape. A slice towards the front is one of the
/// reversed tensor.
static Values buildSlice(const Use &use) {
  Value x = use.operands[0];
  int64_t rank = use.operandTypes[0]->rank(), dim = use.axis("axis", rank);
  int64_t extent = shapeOf(x)[dim];
  int64_t step = use.list("step", 1)[0];
  SmallVector<int64_t> given = use.list("start");
  int64_t start = given.empty() ? (step > 0 ? 0 : extent - 1) : given[0];
  if (start < 0)
    start += extent;
  start = std::clamp<int64_t>(start, 0, extent - 1);
  if (step < 0) {
    x = use.b.create<ReverseOp>(use.loc, x, ArrayRef<int64_t>{dim});
    start = extent - 1 - start;
  }
  return {sliceAlong(use.b, use.loc, x, dim, start, use.resultShape()[dim],
                     std::abs(step))};
}

static Values buildReverse(const Use &use) {
  return {use.b.create<ReverseOp>(
      use.loc, use.operands[0], use.axes("axes", use.operandTypes[0]->rank()))};
}

static Values buildConcat(const Use &use) {
  Type element = elementType(use.b.getContext(), use.node.type().dtype);
  Values operands;
  for (size_t i = 0; i < use.operands.size(); ++i)
    operands.push_back(use.operand(i, element));
  if (operands.size() == 1)
    return operands;
  return {use.b.create<ConcatOp>(use.loc, operands,
                                 use.axis("axis", use.node.type().rank()))};
}

/// The elements of the windows follow in the order in which the axes are named.
static Values buildWindows(const Use &use) {
  int64_t rank = use.operandTypes[0]->rank();
  SmallVector<int64_t> axes = use.list("axes");
  size_t count = axes.size();
  SmallVector<int64_t> size = use.list("kernel", count),
                       stride = use.list("stride", count),
                       dilation = use.list("dilation", count);
  for (int64_t &axis : axes)
    axis = axis < 0 ? axis + rank : axis;
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, count));
  llvm::sort(order, [&](int64_t i, int64_t j) { return axes[i] < axes[j]; });
  WindowSpec spec;
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank + count));
  for (auto [place, i] : llvm::enumerate(order)) {
    spec.dims.push_back(axes[i]);
    spec.size.push_back(size[i]);
    spec.stride.push_back(stride[i]);
    spec.dilation.push_back(dilation[i]);
    permutation[rank + i] = rank + place;
  }
  Value windows = slidingWindows(use.b, use.loc, use.operands[0], spec);
  return {permute(use.b, use.loc, windows, permutation)};
}

void addViewBuilders(BuilderTable &table) {
  table.ops["reshape"] = buildReshape;
  table.ops["broadcast_to"] = buildBroadcast;
  table.ops["permute"] = buildPermute;
  table.ops["slice"] = buildSlice;
  table.ops["reverse"] = buildReverse;
  table.ops["concat"] = buildConcat;
  table.ops["windows"] = buildWindows;
}

} // namespace descent::import
