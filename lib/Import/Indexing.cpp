// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that read and add where integers say.

#include "Builders.h"

using namespace mlir;

namespace descent::import {

using Values = SmallVector<Value>;

/// As torch.gather: along other axes the index may be smaller than x.
static Values buildGather(const Use &use) {
  OpBuilder &b = use.b;
  Value x = use.operands[0];
  ArrayRef<int64_t> shape = use.resultShape();
  int64_t axis = use.axis("axis", shape.size());
  for (int64_t dim = 0; dim < int64_t(shape.size()); ++dim)
    if (dim != axis)
      x = sliceAlong(b, use.loc, x, dim, 0, shape[dim]);
  return {b.create<GatherOp>(use.loc, x, use.operand(1, b.getI32Type()), axis)};
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
