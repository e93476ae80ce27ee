// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Promotion of dtypes, broadcasting, batch axes and windows.

#include "Shapes.h"
#include <algorithm>

using namespace descent::model;

namespace {

std::string nameOf(DType dtype) { return std::string(toString(dtype)); }

} // namespace

bool descent::model::give(Inference &op, TensorType type) {
  if (!countElements(type.shape))
    return op.error("the result of " + quote(op.called) + " " +
                    toString(type.shape) +
                    " is too large: a tensor has fewer than 2^31 elements");
  op.result(std::move(type));
  return true;
}

std::optional<DType> descent::model::promote(DType a, DType b) {
  if (a == b)
    return a;
  auto level = [](DType dtype) {
    return dtype == DType::Bool                          ? 0
           : isInteger(dtype)                            ? 1
           : dtype == DType::F16 || dtype == DType::BF16 ? 2
           : dtype == DType::F32                         ? 3
                                                         : 4;
  };
  if (level(a) != level(b))
    return level(a) < level(b) ? b : a;
  if (isInteger(a))
    return std::nullopt;
  return DType::F32;
}

std::optional<DType> descent::model::promoteOperands(Inference &op,
                                                     size_t first) {
  DType result = op.operand(first).dtype;
  size_t source = first;
  for (size_t i = first + 1; i < op.numOperands(); ++i) {
    DType dtype = op.operand(i).dtype;
    std::optional<DType> common = promote(result, dtype);
    if (!common) {
      op.error("the values of " + quote(op.called) + " are " + nameOf(result) +
               " and " + nameOf(dtype) +
               ", and neither stands for both: " + op.describe(source) +
               ", and " + op.describe(i) + "; cast one of them");
      return std::nullopt;
    }
    if (*common != result)
      source = i;
    result = *common;
  }
  return result;
}

bool descent::model::joinBatchAxis(Inference &op, TensorType &result,
                                   size_t &source, size_t i, int axis) {
  if (op.operand(i).batchAxis < 0 || axis < 0 || axis == result.batchAxis)
    return true;
  if (result.batchAxis < 0) {
    result.batchAxis = axis;
    source = i;
    return true;
  }
  return op.error(
      "the values of " + quote(op.called) +
      " have different batch axes: axis " + std::to_string(result.batchAxis) +
      " of the result would be that of " + op.describe(source) + ", and axis " +
      std::to_string(axis) + " that of " + op.describe(i));
}

std::optional<TensorType> descent::model::broadcastOperands(Inference &op,
                                                            size_t first) {
  std::optional<DType> dtype = promoteOperands(op, first);
  if (!dtype)
    return std::nullopt;
  TensorType result{*dtype, {}, -1};
  for (size_t i = first; i < op.numOperands(); ++i)
    if (op.operand(i).rank() > result.rank())
      result.shape.resize(op.operand(i).rank(), 1);
  // Which operand each size comes from, for messages.
  std::vector<size_t> sources(result.rank(), first);
  for (size_t i = first; i < op.numOperands(); ++i) {
    const TensorType &type = op.operand(i);
    int64_t missing = result.rank() - type.rank();
    for (int64_t axis = 0; axis < type.rank(); ++axis) {
      int64_t &size = result.shape[missing + axis];
      if (type.shape[axis] == size || type.shape[axis] == 1)
        continue;
      if (size != 1) {
        op.error(
            "the values of " + quote(op.called) + " have different shapes: " +
            op.describe(sources[missing + axis]) + ", and " + op.describe(i) +
            "; aligned from the right, sizes must be equal or 1");
        return std::nullopt;
      }
      size = type.shape[axis];
      sources[missing + axis] = i;
    }
  }
  size_t source = first;
  for (size_t i = first; i < op.numOperands(); ++i) {
    const TensorType &type = op.operand(i);
    if (type.batchAxis < 0)
      continue;
    int64_t axis = result.rank() - type.rank() + type.batchAxis;
    if (!joinBatchAxis(op, result, source, i, int(axis)))
      return std::nullopt;
    if (result.shape[axis] != type.shape[type.batchAxis]) {
      op.error("the batch axis, of size " +
               std::to_string(type.shape[type.batchAxis]) + ", of " +
               op.describe(i) + " would be repeated along that of " +
               op.describe(sources[axis]));
      return std::nullopt;
    }
  }
  return result;
}

bool descent::model::expectNotBatch(Inference &op, int64_t axis, size_t i,
                                    std::string_view attribute) {
  if (axis != op.operand(i).batchAxis)
    return true;
  return op.error(attribute,
                  quote(op.called) + " along the batch axis would mix samples");
}

bool descent::model::expectNoneIsBatch(Inference &op,
                                       std::string_view attribute) {
  for (int64_t axis : op.attributes().list(attribute))
    if (!expectNotBatch(op, axis, 0, attribute))
      return false;
  return true;
}

bool descent::model::normalizeResultAxis(Inference &op,
                                         std::string_view attribute,
                                         int64_t rank) {
  int64_t axis = op.attributes().integer(attribute);
  if (axis < -rank || axis >= rank)
    return op.error(attribute, "axis " + std::to_string(axis) +
                                   " is out of range for a result of " +
                                   std::to_string(rank) + " dimensions");
  op.attributes().set(attribute, axis < 0 ? axis + rank : axis);
  return true;
}

std::optional<TensorType>
descent::model::shapeOfAttribute(Inference &op, std::string_view attribute,
                                 DType dtype) {
  TensorType type{dtype, op.attributes().list(attribute), -1};
  for (size_t i = 0; i < type.shape.size(); ++i) {
    int64_t &size = type.shape[i];
    if (size == batchDim) {
      if (type.batchAxis >= 0 || !op.batchSize()) {
        op.error(attribute, op.batchSize() ? "'batch' may stand once in a shape"
                                           : "the model has no batch");
        return std::nullopt;
      }
      type.batchAxis = int(i);
      size = *op.batchSize();
    }
    if (size < 1) {
      op.error(attribute, "the sizes of " + quote(op.called) +
                              " must be at least 1, got " +
                              std::to_string(size));
      return std::nullopt;
    }
  }
  op.attributes().set(attribute, type.shape);
  return type;
}

std::optional<std::vector<int64_t>>
descent::model::expandList(Inference &op, std::string_view attribute,
                           size_t count) {
  std::vector<int64_t> list = op.attributes().list(attribute);
  if (list.size() == 1)
    list.resize(count, list[0]);
  if (list.size() != count) {
    op.error(attribute, quote(attribute) + " of " + quote(op.called) +
                            " takes one number or " + std::to_string(count) +
                            ", got " + std::to_string(list.size()));
    return std::nullopt;
  }
  op.attributes().set(attribute, list);
  return list;
}

std::optional<int64_t> descent::model::countPositions(Inference &op,
                                                      const Window &window,
                                                      const std::string &side) {
  int64_t padded = window.in + window.low + window.high;
  if (window.extent() <= padded)
    return (padded - window.extent()) / window.stride + 1;
  std::string dilated =
      window.dilation > 1
          ? ", dilated to " + std::to_string(window.extent()) + ","
          : "";
  std::string size = std::to_string(window.in);
  std::string low = std::to_string(window.low);
  size += window.low == window.high
              ? " + 2 * " + low
              : " + " + low + " + " + std::to_string(window.high);
  op.error("kernel", "the kernel's " + side + " " +
                         std::to_string(window.kernel) + dilated +
                         " is larger than the padded input's, " + size + ": " +
                         op.describe(0));
  return std::nullopt;
}

std::string descent::model::nameOfSide(size_t side, size_t count) {
  static const char *const names[] = {"depth", "height", "width"};
  if (count == 1)
    return "length";
  if (count <= 3)
    return names[side + 3 - count];
  return "axis-" + std::to_string(side + 2) + " size";
}

int64_t descent::model::product(const int64_t *begin, const int64_t *end) {
  int64_t result = 1;
  for (; begin != end; ++begin)
    result *= *begin;
  return result;
}
