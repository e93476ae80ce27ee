// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shapes and parameters of the layers, by PyTorch's rules.

#include "Inference.h"
#include <algorithm>

using namespace descent::model;

namespace {

const char *const sides[] = {"height", "width"};

/// Images are N,C,H,W, and N is the batch axis if there is one.
bool expectImages(Inference &op) {
  if (!op.expect(0, DType::F32))
    return false;
  const TensorType &type = op.operand(0);
  if (type.rank() != 4)
    return op.error("expected 4 dimensions (N,C,H,W), got " + op.describe(0));
  if (type.batchAxis > 0)
    return op.error("expected the batch as first axis (N,C,H,W), got it as "
                    "axis " +
                    std::to_string(type.batchAxis) + " of " + op.describe(0));
  return true;
}

/// The size that a window leaves of side `side`, or 0 after an error: (in + 2
/// pad - dilation (kernel - 1) - 1) / stride + 1.
int64_t windowSize(Inference &op, int side) {
  Attributes &attributes = op.attributes();
  int64_t in = op.operand(0).shape[2 + side];
  int64_t kernel = attributes.pair("kernel")[side];
  int64_t stride = attributes.pair("stride")[side];
  int64_t pad = attributes.pair("pad")[side];
  int64_t dilation =
      attributes.has("dilation") ? attributes.pair("dilation")[side] : 1;
  int64_t extent = dilation * (kernel - 1) + 1;
  if (extent > in + 2 * pad) {
    std::string dilated =
        dilation > 1 ? ", dilated to " + std::to_string(extent) + "," : "";
    op.error("kernel", "the kernel's " + std::string(sides[side]) + " " +
                           std::to_string(kernel) + dilated +
                           " is larger than the padded input's, " +
                           std::to_string(in) + " + 2 * " +
                           std::to_string(pad) + ": " + op.describe(0));
    return 0;
  }
  return (in + 2 * pad - extent) / stride + 1;
}

bool inferWindow(Inference &op, int64_t channels) {
  TensorType type = op.operand(0);
  type.shape[1] = channels;
  for (int side : {0, 1}) {
    int64_t size = windowSize(op, side);
    if (!size)
      return false;
    type.shape[2 + side] = size;
  }
  op.result(std::move(type));
  return true;
}

/// PyTorch's rule: a window never lies in the padding alone.
bool inferPool(Inference &op) {
  if (!expectImages(op))
    return false;
  for (int side : {0, 1}) {
    int64_t kernel = op.attributes().pair("kernel")[side];
    int64_t pad = op.attributes().pair("pad")[side];
    if (2 * pad > kernel)
      return op.error("pad", "the pad of a pool is at most half of its "
                             "kernel, got " +
                                 std::to_string(pad) + " for a kernel of " +
                                 std::to_string(kernel));
  }
  return inferWindow(op, op.operand(0).shape[1]);
}

/// Reports an op that works along the batch axis.
bool expectNotBatch(Inference &op, std::string_view attribute) {
  if (op.attributes().integer(attribute) != op.operand(0).batchAxis)
    return true;
  return op.error(attribute, quote(op.op.name) +
                                 " along the batch axis would mix samples");
}

bool expectSameBatchAxis(Inference &op, size_t i) {
  if (op.operand(i).batchAxis == op.operand(0).batchAxis)
    return true;
  auto axis = [&](size_t k) {
    int batchAxis = op.operand(k).batchAxis;
    return batchAxis < 0 ? std::string("none") : std::to_string(batchAxis);
  };
  return op.error("the values have different batch axes: " + axis(0) + " in " +
                  op.describe(0) + ", and " + axis(i) + " in " +
                  op.describe(i));
}

} // namespace

bool descent::model::inferDense(Inference &op) {
  if (!op.expect(0, DType::F32))
    return false;
  TensorType type = op.operand(0);
  if (type.rank() == 0)
    return op.error("expected at least 1 dimension, got " + op.describe(0));
  if (type.batchAxis == type.rank() - 1)
    return op.error("the last axis holds the features, but it is the batch "
                    "axis in " +
                    op.describe(0));
  int64_t in = type.shape.back(), out = op.attributes().integer("units");
  type.shape.back() = out;
  op.result(std::move(type));
  op.parameter("weight", {out, in}, in);
  if (op.attributes().flag("bias"))
    op.parameter("bias", {out}, in);
  return true;
}

bool descent::model::inferConv2d(Inference &op) {
  if (!expectImages(op))
    return false;
  Attributes &attributes = op.attributes();
  int64_t in = op.operand(0).shape[1], out = attributes.integer("filters");
  int64_t groups = attributes.integer("groups");
  if (in % groups)
    return op.error("groups", "groups " + std::to_string(groups) +
                                  " does not divide the " + std::to_string(in) +
                                  " channels of " + op.describe(0));
  if (out % groups)
    return op.error("groups", "groups " + std::to_string(groups) +
                                  " does not divide the " +
                                  std::to_string(out) + " filters");
  if (!inferWindow(op, out))
    return false;
  auto [height, width] = attributes.pair("kernel");
  std::optional<int64_t> fanIn = countElements({in / groups, height, width});
  if (!fanIn)
    return op.error("kernel", "the kernel is too large: a tensor has fewer "
                              "than 2^31 elements");
  op.parameter("weight", {out, in / groups, height, width}, *fanIn);
  if (attributes.flag("bias"))
    op.parameter("bias", {out}, *fanIn);
  return true;
}

bool descent::model::inferMaxPool2d(Inference &op) { return inferPool(op); }

bool descent::model::inferAvgPool2d(Inference &op) { return inferPool(op); }

bool descent::model::inferElementwise(Inference &op) {
  op.result(op.operand(0));
  return op.expect(0, DType::F32);
}

bool descent::model::inferSoftmax(Inference &op) {
  op.result(op.operand(0));
  return op.expect(0, DType::F32) && op.normalizeAxis("axis") &&
         expectNotBatch(op, "axis");
}

bool descent::model::inferFlatten(Inference &op) {
  if (!op.normalizeAxis("start"))
    return false;
  TensorType type = op.operand(0);
  int64_t start = op.attributes().integer("start");
  if (type.batchAxis >= start && start + 1 < type.rank())
    return op.error("start", "flattening from axis " + std::to_string(start) +
                                 " would merge the batch axis with others: " +
                                 op.describe(0));
  int64_t merged = 1;
  while (type.rank() > start) {
    merged *= type.shape.back();
    type.shape.pop_back();
  }
  type.shape.push_back(merged);
  op.result(std::move(type));
  return true;
}

bool descent::model::inferReshape(Inference &op) {
  const TensorType &from = op.operand(0);
  TensorType type{from.dtype, op.attributes().list("shape"), from.batchAxis};
  bool namesBatch = !type.shape.empty() && type.shape[0] == batchDim;
  if (from.batchAxis > 0)
    return op.error("expected the batch as first axis, got it as axis " +
                    std::to_string(from.batchAxis) + " of " + op.describe(0));
  if (namesBatch && from.batchAxis < 0)
    return op.error("shape", "there is no batch axis in " + op.describe(0));
  if (!namesBatch && from.batchAxis == 0)
    return op.error("shape", "expected \"batch\" as first size, since it is "
                             "the first axis of " +
                                 op.describe(0));
  if (namesBatch)
    type.shape[0] = from.shape[0];
  int64_t count = from.numElements();
  auto free = std::find(type.shape.begin(), type.shape.end(), -1);
  if (free != type.shape.end()) {
    *free = 1;
    std::optional<int64_t> others = countElements(type.shape);
    if (!others || count % *others)
      return op.error("shape", "the other sizes do not divide the " +
                                   std::to_string(count) + " elements of " +
                                   op.describe(0));
    *free = count / *others;
  }
  if (countElements(type.shape) != count)
    return op.error("shape", "cannot reshape the " + std::to_string(count) +
                                 " elements of " + op.describe(0) + " to " +
                                 toString(type.shape));
  op.attributes().set("shape", type.shape);
  op.result(std::move(type));
  return true;
}

bool descent::model::inferAdd(Inference &op) {
  for (size_t i = 0; i < op.numOperands(); ++i) {
    if (!op.expect(i, DType::F32))
      return false;
    if (op.operand(i).shape != op.operand(0).shape)
      return op.error("the values of 'add' have different shapes: " +
                      op.describe(0) + ", and " + op.describe(i));
    if (!expectSameBatchAxis(op, i))
      return false;
  }
  op.result(op.operand(0));
  return true;
}

bool descent::model::inferConcat(Inference &op) {
  if (!op.normalizeAxis("axis") || !expectNotBatch(op, "axis"))
    return false;
  int64_t axis = op.attributes().integer("axis");
  TensorType type = op.operand(0);
  for (size_t i = 1; i < op.numOperands(); ++i) {
    const TensorType &other = op.operand(i);
    if (!op.expect(i, type.dtype) || !expectSameBatchAxis(op, i))
      return false;
    std::vector<int64_t> expected = op.operand(0).shape;
    if (other.rank() == type.rank())
      expected[axis] = other.shape[axis];
    if (expected != other.shape)
      return op.error("the values of 'concat' may differ along axis " +
                      std::to_string(axis) + " only, got " + op.describe(0) +
                      ", and " + op.describe(i));
    type.shape[axis] += other.shape[axis];
  }
  op.result(std::move(type));
  return true;
}

bool descent::model::inferArgmax(Inference &op) {
  if (!op.expect(0, DType::F32) || !op.normalizeAxis("axis") ||
      !expectNotBatch(op, "axis"))
    return false;
  TensorType type = op.operand(0);
  int64_t axis = op.attributes().integer("axis");
  type.dtype = DType::I32;
  type.shape.erase(type.shape.begin() + axis);
  type.batchAxis -= type.batchAxis > axis;
  op.result(std::move(type));
  return true;
}
