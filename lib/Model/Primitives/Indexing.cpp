// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading and adding where indices say.

#include "Shapes.h"
#include "Tables.h"

using namespace descent::model;

namespace {

/// Reports indices and values that both have a batch axis, and not the same.
bool expectAligned(Inference &op, TensorType &result) {
  size_t source = 0;
  result.batchAxis = op.operand(0).batchAxis;
  return joinBatchAxis(op, result, source, 1, op.operand(1).batchAxis);
}

/// The indices may work along their own batch axis, as in the lookup of a row
/// for each sample: each reads the table, not another sample.
bool inferGather(Inference &op) {
  if (!op.expect(1, DType::I32) || !op.normalizeAxis("axis"))
    return false;
  int64_t axis = op.attributes().integer("axis");
  if (!expectNotBatch(op, axis))
    return false;
  const TensorType &x = op.operand(0), &index = op.operand(1);
  std::vector<int64_t> expected = x.shape;
  if (index.rank() == x.rank())
    expected[axis] = index.shape[axis];
  if (expected != index.shape)
    return op.error("expected an index that has the shape of " +
                    op.describe(0) + " but for axis " + std::to_string(axis) +
                    ", got " + op.describe(1));
  TensorType type{x.dtype, index.shape, -1};
  if (!expectAligned(op, type))
    return false;
  op.indexRange(1, x.shape[axis]);
  return give(op, std::move(type));
}

bool inferScatterAdd(Inference &op) {
  if (!op.expectNumber(0) || !op.expect(1, DType::I32) ||
      !op.normalizeAxis("axis"))
    return false;
  int64_t axis = op.attributes().integer("axis");
  if (!expectNotBatch(op, axis) || !expectNotBatch(op, axis, 1))
    return false;
  if (op.operand(0).shape != op.operand(1).shape)
    return op.error("the updates and the index of 'scatter_add' have "
                    "different shapes: " +
                    op.describe(0) + ", and " + op.describe(1));
  TensorType type = op.operand(0);
  if (!expectAligned(op, type))
    return false;
  type.shape[axis] = op.attributes().integer("extent");
  op.indexRange(1, type.shape[axis]);
  return give(op, std::move(type));
}

} // namespace

std::vector<OpSpec> descent::model::indexingOps() {
  return {
      {.name = "gather",
       .doc = "Reads along an axis where an index says: on axis 0, result[i, "
              "j] = x[index[i, j], j]; an index below 0 or behind the end "
              "reads the nearest element.",
       .reference = "torch.gather",
       .operands = {{"x", "any dtype"},
                    {"index", "i32, of the shape of x but for the axis"}},
       .attributes = {axis(0)},
       .infer = inferGather},
      {.name = "scatter_add",
       .doc = "The adjoint of gather: on axis 0, result[k, j] is the sum of "
              "updates[i, j] over all i with index[i, j] = k, in one fixed "
              "order; an index below 0 or behind the end adds nowhere.",
       .reference = "torch.Tensor.scatter_add",
       .operands = {{"updates", "numbers"},
                    {"index", "i32, of the same shape"}},
       .attributes = {required("axis", AttrKind::Int, anyNumber,
                               "the axis, from the back if negative"),
                      required("extent", AttrKind::Int, atLeastOne,
                               "size of the result along the axis")},
       .infer = inferScatterAdd},
  };
}
