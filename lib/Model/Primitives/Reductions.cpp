// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions over axes. Over the batch axis they leave out the rows that do not
// count, where they can.

#include "Shapes.h"
#include "Tables.h"
#include <algorithm>
#include <numeric>

using namespace descent::model;

namespace {

/// Makes `axes` count from 0 and increase; none become all of them.
bool resolveAxes(Inference &op) {
  if (!op.normalizeAxes("axes"))
    return false;
  std::vector<int64_t> axes = op.attributes().list("axes");
  if (axes.empty()) {
    axes.resize(op.operand(0).rank());
    std::iota(axes.begin(), axes.end(), 0);
  }
  std::sort(axes.begin(), axes.end());
  op.attributes().set("axes", std::move(axes));
  return true;
}

/// The type of operand 0 without `axes`, or with 1 in their place.
TensorType reducedType(Inference &op, bool keepdims) {
  TensorType type = op.operand(0);
  const std::vector<int64_t> &axes = op.attributes().list("axes");
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    if (keepdims)
      type.shape[*axis] = 1;
    else
      type.shape.erase(type.shape.begin() + *axis);
    if (type.batchAxis == *axis)
      type.batchAxis = -1;
    else if (!keepdims && type.batchAxis > *axis)
      --type.batchAxis;
  }
  return type;
}

bool inferReduction(Inference &op) {
  return op.expectNumber(0) && resolveAxes(op) &&
         give(op, reducedType(op, op.attributes().flag("keepdims")));
}

bool inferCount(Inference &op) {
  return resolveAxes(op) && give(op, {DType::F32, {}, -1});
}

bool inferMaxWithIndex(Inference &op) {
  if (!op.expectNumber(0) || !resolveAxes(op) || !expectNoneIsBatch(op, "axes"))
    return false;
  TensorType type = reducedType(op, false), index = type;
  index.dtype = DType::I32;
  return give(op, std::move(type)) && give(op, std::move(index));
}

AttrSpec axes() {
  return attribute("axes", AttrKind::Ints, std::vector<int64_t>{}, anyNumber,
                   "the axes, from the back if negative; [] is all of them");
}

OpSpec reduction(std::string_view name, std::string_view doc,
                 std::string_view reference) {
  return {.name = name,
          .doc = doc,
          .reference = reference,
          .operands = {{"x", "numbers"}},
          .attributes = {axes(),
                         attribute("keepdims", AttrKind::Bool, false, anyNumber,
                                   "leaves the axes in the result, of size "
                                   "1")},
          .infer = inferReduction};
}

} // namespace

std::vector<OpSpec> descent::model::reductionOps() {
  return {
      reduction("sum",
                "Sum over axes, of rows of the batch only over those that "
                "count; integers wrap.",
                "torch.sum"),
      reduction("prod",
                "Product over axes, of rows of the batch only over those that "
                "count; the gradient is right with zeros among the factors.",
                "torch.prod"),
      reduction("amax",
                "Maximum over axes, of rows of the batch only over those that "
                "count; NaN wins, and ties share the gradient equally.",
                "torch.amax"),
      {.name = "count",
       .doc = "How many elements a reduction over the axes takes, as an f32 "
              "scalar without a gradient; of rows of the batch only those that "
              "count.",
       .reference = "torch.numel",
       .operands = {{"x", "any dtype"}},
       .attributes = {axes()},
       .infer = inferCount},
      {.name = "max_with_index",
       .doc = "The maximum over axes, which disappear, and the i32 row-major "
              "index within them of where it first stands; NaN counts as the "
              "largest, and the index has no gradient.",
       .reference = "torch.max",
       .operands = {{"x", "numbers"}},
       .attributes = {axes()},
       .infer = inferMaxWithIndex},
  };
}
