// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that read and add where integers say.

#include "Builders.h"

using namespace mlir;

namespace descent::import {

using Values = SmallVector<Value>;

/// Reads a table that is repeated along other axes as it is: these axes of the
/// index go behind each other along the axis, which neither the repeated table
/// nor its gradient does without having all copies in memory.
static Value gatherRepeated(OpBuilder &b, Location loc, BroadcastOp table,
                            Value index, int64_t axis) {
  ArrayRef<int64_t> kept = table.getDims(), shape = shapeOf(index);
  SmallVector<int64_t> order, back(shape.size()), merged, split;
  int64_t place = 0;
  auto append = [&](int64_t dim) {
    back[dim] = order.size();
    order.push_back(dim);
    split.push_back(shape[dim]);
  };
  for (auto [i, dim] : llvm::enumerate(kept)) {
    if (dim != axis) {
      append(dim);
      merged.push_back(shape[dim]);
      continue;
    }
    place = i;
    merged.push_back(shape[axis]);
    for (int64_t other = 0; other < int64_t(shape.size()); ++other)
      if (!llvm::is_contained(kept, other)) {
        append(other);
        merged.back() *= shape[other];
      }
    append(axis);
  }
  Value flat = reshapeTo(b, loc, permute(b, loc, index, order), merged);
  Value rows = b.create<GatherOp>(loc, table.getOperand(), flat, place);
  return permute(b, loc, reshapeTo(b, loc, rows, split), back);
}

/// As torch.gather: along other axes the index may be smaller than x.
static Values buildGather(const Use &use) {
  OpBuilder &b = use.b;
  Value x = use.operands[0];
  ArrayRef<int64_t> shape = use.resultShape();
  int64_t axis = use.axis("axis", shape.size());
  for (int64_t dim = 0; dim < int64_t(shape.size()); ++dim)
    if (dim != axis)
      x = sliceAlong(b, use.loc, x, dim, 0, shape[dim]);
  Value index = use.operand(1, b.getI32Type());
  auto repeated = x.getDefiningOp<BroadcastOp>();
  if (repeated && llvm::is_contained(repeated.getDims(), axis))
    return {gatherRepeated(b, use.loc, repeated, index, axis)};
  return {b.create<GatherOp>(use.loc, x, index, axis)};
}

/// Rows that do not count add nothing.
static Values buildScatterAdd(const Use &use) {
  OpBuilder &b = use.b;
  int64_t axis = use.axis("axis", use.node.type().rank());
  Value updates = use.operand(0, use.resultElement());
  for (const model::TensorType *type : use.operandTypes)
    if (type->batchAxis == axis) {
      updates = use.maskRows(updates, axis, 0);
      break;
    }
  return {b.create<ScatterAddOp>(use.loc, updates,
                                 use.operand(1, b.getI32Type()), axis,
                                 use.attributes().integer("extent"))};
}

void addIndexingBuilders(BuilderTable &table) {
  table.ops["gather"] = buildGather;
  table.ops["scatter_add"] = buildScatterAdd;
}

} // namespace descent::import
