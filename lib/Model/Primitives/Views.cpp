// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rearrangements of elements.

#include "Shapes.h"
#include "Tables.h"
#include <algorithm>

using namespace descent::model;

namespace {

/// Puts sizes in the place of `batch` and -1 in a reshape's shape.
bool completeShape(Inference &op, TensorType &type) {
  const TensorType &from = op.operand(0);
  auto &shape = type.shape;
  auto batch = std::find(shape.begin(), shape.end(), batchDim);
  if (std::count(shape.begin(), shape.end(), batchDim) > 1)
    return op.error("shape", "'batch' may stand once in a shape");
  if (batch != shape.end() && from.batchAxis < 0)
    return op.error("shape", "there is no batch axis in " + op.describe(0));
  if (batch == shape.end() && from.batchAxis == 0)
    return op.error("shape", "expected \"batch\" as first size, since it is "
                             "the first axis of " +
                                 op.describe(0));
  if (batch == shape.end() && from.batchAxis > 0)
    return op.error("shape", "expected \"batch\" among the sizes, since it is "
                             "axis " +
                                 std::to_string(from.batchAxis) + " of " +
                                 op.describe(0));
  type.batchAxis = -1;
  if (batch != shape.end()) {
    type.batchAxis = int(batch - shape.begin());
    *batch = from.shape[from.batchAxis];
  }
  int64_t count = from.numElements();
  if (auto free = std::find(shape.begin(), shape.end(), -1);
      free != shape.end()) {
    *free = 1;
    std::optional<int64_t> others = countElements(shape);
    if (!others || *others < 1 || count % *others)
      return op.error("shape", "the other sizes do not divide the " +
                                   std::to_string(count) + " elements of " +
                                   op.describe(0));
    *free = count / *others;
  }
  if (std::any_of(shape.begin(), shape.end(), [](auto n) { return n < 1; }) ||
      countElements(shape) != count)
    return op.error("shape", "cannot reshape the " + std::to_string(count) +
                                 " elements of " + op.describe(0) + " to " +
                                 toString(shape));
  return true;
}

bool inferReshape(Inference &op) {
  const TensorType &from = op.operand(0);
  TensorType type{from.dtype, op.attributes().list("shape"), -1};
  if (!completeShape(op, type))
    return false;
  // Samples stay whole and in order if as many elements are before them.
  if (type.batchAxis >= 0 &&
      product(type.shape.data(), type.shape.data() + type.batchAxis) !=
          product(from.shape.data(), from.shape.data() + from.batchAxis))
    return op.error(
        "shape",
        "reshaping to " + toString(type.shape) + " with the batch as axis " +
            std::to_string(type.batchAxis) + " would mix samples: it is axis " +
            std::to_string(from.batchAxis) + " of " + op.describe(0) +
            ", behind another number of elements");
  op.attributes().set("shape", type.shape);
  return give(op, std::move(type));
}

bool inferPermute(Inference &op) {
  if (!op.normalizeAxes("axes"))
    return false;
  const TensorType &from = op.operand(0);
  const std::vector<int64_t> &axes = op.attributes().list("axes");
  if (int64_t(axes.size()) != from.rank())
    return op.error("axes", "'permute' takes every axis once, got " +
                                std::to_string(axes.size()) + " axes for " +
                                op.describe(0));
  TensorType type{from.dtype, {}, -1};
  for (size_t i = 0; i < axes.size(); ++i) {
    type.shape.push_back(from.shape[axes[i]]);
    if (axes[i] == from.batchAxis)
      type.batchAxis = int(i);
  }
  return give(op, std::move(type));
}

bool inferBroadcastTo(Inference &op) {
  const TensorType &from = op.operand(0);
  std::vector<int64_t> shape = op.attributes().list("shape");
  int64_t missing = int64_t(shape.size()) - from.rank();
  if (missing < 0)
    return op.error("shape", "cannot broadcast " + op.describe(0) + " to " +
                                 std::to_string(shape.size()) +
                                 " dimensions: it has more");
  for (int64_t axis = 0; axis < from.rank(); ++axis)
    if (shape[missing + axis] == -1)
      shape[missing + axis] =
          axis == from.batchAxis ? batchDim : from.shape[axis];
  op.attributes().set("shape", std::move(shape));
  std::optional<TensorType> type = shapeOfAttribute(op, "shape", from.dtype);
  if (!type)
    return false;
  for (int64_t axis = 0; axis < from.rank(); ++axis) {
    int64_t to = type->shape[missing + axis];
    bool isRepeated = to != from.shape[axis];
    if (isRepeated && (from.shape[axis] != 1 || axis == from.batchAxis))
      return op.error("shape",
                      "cannot broadcast " + op.describe(0) + " to " +
                          toString(type->shape) +
                          "; aligned from the right, sizes must be equal, or "
                          "1 in what is broadcast" +
                          (axis == from.batchAxis
                               ? ", and the batch axis is not repeated"
                               : ""));
  }
  if (from.batchAxis < 0)
    return give(op, std::move(*type));
  int axis = int(missing) + from.batchAxis;
  if (type->batchAxis >= 0 && type->batchAxis != axis)
    return op.error("shape", "'broadcast_to' would give the result two batch "
                             "axes: axis " +
                                 std::to_string(type->batchAxis) +
                                 " by its shape, and axis " +
                                 std::to_string(axis) + " by " +
                                 op.describe(0));
  type->batchAxis = axis;
  return give(op, std::move(*type));
}

bool inferSlice(Inference &op) {
  Attributes &attributes = op.attributes();
  if (!op.normalizeAxis("axis") ||
      !expectNotBatch(op, attributes.integer("axis")))
    return false;
  TensorType type = op.operand(0);
  int64_t &size = type.shape[attributes.integer("axis")];
  for (std::string_view name : {"start", "stop"}) {
    int64_t at = attributes.integer(name);
    if (at < -size || at > size)
      return op.error(name, quote(name) + " " + std::to_string(at) +
                                " is out of range for axis " +
                                std::to_string(attributes.integer("axis")) +
                                " of " + op.describe(0));
    attributes.set(name, at < 0 ? at + size : at);
  }
  int64_t start = attributes.integer("start"),
          stop = attributes.integer("stop");
  if (start >= stop)
    return op.error("stop", "the slice from " + std::to_string(start) + " to " +
                                std::to_string(stop) + " of axis " +
                                std::to_string(attributes.integer("axis")) +
                                " of " + op.describe(0) + " is empty");
  size = (stop - start - 1) / attributes.integer("step") + 1;
  return give(op, std::move(type));
}

bool inferReverse(Inference &op) {
  if (!op.normalizeAxes("axes") || !expectNoneIsBatch(op, "axes"))
    return false;
  std::vector<int64_t> axes = op.attributes().list("axes");
  if (axes.empty())
    return op.error("axes", "'reverse' takes at least one axis");
  std::sort(axes.begin(), axes.end());
  op.attributes().set("axes", std::move(axes));
  return give(op, op.operand(0));
}

const std::vector<OperandSpec> anyValue = {{"x", "any dtype"}};

} // namespace

std::vector<OpSpec> descent::model::viewOps() {
  return {
      {.name = "reshape",
       .doc = "The same elements in the same order in another shape.",
       .reference = "torch.reshape",
       .operands = anyValue,
       .attributes = {required("shape", AttrKind::Shape, anyNumber,
                               "all sizes; \"batch\" where the value has its "
                               "batch axis; one may be -1")},
       .infer = inferReshape},
      {.name = "permute",
       .doc = "The axes in another order: axis i of the result is axis axes[i] "
              "of x.",
       .reference = "torch.permute",
       .operands = anyValue,
       .attributes = {required("axes", AttrKind::Ints, anyNumber,
                               "every axis once")},
       .infer = inferPermute},
      {.name = "broadcast_to",
       .doc = "x repeated: its axes are aligned with the shape's from the "
              "right, and those that it lacks or that are 1 are repeated.",
       .reference = "torch.broadcast_to",
       .operands = anyValue,
       .attributes = {required("shape", AttrKind::Shape, anyNumber,
                               "all sizes; -1 leaves an axis of x as it is")},
       .infer = inferBroadcastTo},
      {.name = "slice",
       .doc = "The elements start, start + step, ... before stop along an "
              "axis.",
       .reference = "torch.narrow",
       .operands = anyValue,
       .attributes = {required("axis", AttrKind::Int, anyNumber,
                               "the axis, from the back if negative"),
                      required("start", AttrKind::Int, anyNumber,
                               "the first one, from the back if negative"),
                      required("stop", AttrKind::Int, anyNumber,
                               "the one behind the last, from the back if "
                               "negative"),
                      attribute("step", AttrKind::Int, int64_t(1), atLeastOne,
                                "their distance")},
       .infer = inferSlice},
      {.name = "reverse",
       .doc = "The elements in the opposite order along axes.",
       .reference = "torch.flip",
       .operands = anyValue,
       .attributes = {required("axes", AttrKind::Ints, anyNumber,
                               "the axes, from the back if negative")},
       .infer = inferReverse},
  };
}
