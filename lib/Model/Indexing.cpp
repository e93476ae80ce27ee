// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `x[i, a:b:s]` of lists and of tensors.

#include "Elaborator.h"
#include <algorithm>

using namespace descent::model;

namespace {

/// Which elements a slice takes of `size`, by Python's rules.
struct Extent {
  int64_t first = 0, step = 1, count = 0;
};

Extent extentOf(std::optional<int64_t> first, std::optional<int64_t> end,
                int64_t step, int64_t size) {
  auto clamp = [&](std::optional<int64_t> at, int64_t otherwise) {
    if (!at)
      return otherwise;
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    return std::clamp(*at < 0 ? *at + size : *at, low, high);
  };
  int64_t from = clamp(first, step > 0 ? 0 : size - 1);
  int64_t to = clamp(end, step > 0 ? size : -1);
  int64_t count =
      step > 0 ? (to - from + step - 1) / step : (from - to - step - 1) / -step;
  return {from, step, std::max<int64_t>(count, 0)};
}

} // namespace

Value Elaborator::index(const Value &value, const Expr &expr) {
  if (!value.isValid())
    return {};
  if (const List *list = value.list())
    return indexList(*list, expr);
  if (const Tensor *held = value.get<Tensor>())
    return indexTensor(*held, expr);
  return error(expr.location,
               "an index takes a list or a tensor, got " + describe(value));
}

/// The members of a slice; false after an error.
static bool evaluateSlice(Elaborator &elaborator, const Expr &expr,
                          int64_t size, Extent &extent) {
  std::optional<int64_t> parts[3];
  for (size_t i = 0; i < expr.operands.size() && i < 3; ++i) {
    if (expr.operands[i].kind == Expr::Kind::None)
      continue;
    parts[i] = elaborator.evaluateInteger(expr.operands[i]);
    if (!parts[i])
      return false;
  }
  if (parts[2] == 0) {
    elaborator.error(expr.location, "the step of a slice cannot be 0");
    return false;
  }
  extent = extentOf(parts[0], parts[1], parts[2].value_or(1), size);
  return true;
}

Value Elaborator::indexList(const List &list, const Expr &expr) {
  int64_t size = list.size();
  if (expr.operands.size() != 2)
    return error(expr.location, "a list has one index");
  const Expr &item = expr.operands[1];
  if (item.kind == Expr::Kind::Slice) {
    Extent extent;
    if (!evaluateSlice(*this, item, size, extent))
      return {};
    List result;
    for (int64_t i = 0; i < extent.count; ++i)
      result.push_back(list[extent.first + i * extent.step]);
    return result;
  }
  std::optional<int64_t> at = evaluateInteger(item);
  if (!at)
    return {};
  if (*at < -size || *at >= size)
    return error(item.location, "index " + std::to_string(*at) +
                                    " is out of range for a list of " +
                                    std::to_string(size));
  return list[*at < 0 ? *at + size : *at];
}

Value Elaborator::indexTensor(const Tensor &tensor, const Expr &expr) {
  CallSite site{expr.location, "index"};
  std::optional<Tensor> seen = this->tensor(tensor, expr.location);
  if (!seen)
    return {};
  Value result = *seen;
  const TensorType whole = type(*seen);
  // What reshape makes in the end: the sizes that stay, and 1 for `none`.
  std::vector<int64_t> shape;
  bool reshapes = false;
  int64_t axis = 0;
  auto keep = [&](int64_t size) {
    shape.push_back(axis == whole.batchAxis ? batchDim : size);
  };
  for (size_t i = 1; i < expr.operands.size(); ++i) {
    const Expr &item = expr.operands[i];
    if (item.kind == Expr::Kind::None) {
      shape.push_back(1);
      reshapes = true;
      continue;
    }
    if (axis >= whole.rank())
      return error(item.location, "too many indices for " + describe(*seen));
    int64_t size = whole.shape[axis];
    Extent extent;
    if (item.kind == Expr::Kind::Slice) {
      if (!evaluateSlice(*this, item, size, extent))
        return {};
      if (extent.count == 0)
        return error(item.location, "the slice of axis " +
                                        std::to_string(axis) + " of " +
                                        describe(*seen) + " is empty");
      keep(extent.count);
    } else {
      bool before = expectsNumber;
      expectsNumber = true;
      Value value = evaluate(item);
      expectsNumber = before;
      if (value.isTensor())
        return error(item.location,
                     "an index is known at compile time; by a tensor of "
                     "indices, take: take(x, indices)");
      if (value.isValid() && !value.is<Integer>())
        return error(item.location,
                     "an index is an integer, got " + describe(value));
      if (!value.isValid())
        return {};
      int64_t at = value.integer();
      if (at < -size || at >= size)
        return error(item.location, "index " + std::to_string(at) +
                                        " is out of range for axis " +
                                        std::to_string(axis) + " of " +
                                        describe(*seen));
      extent = {at < 0 ? at + size : at, 1, 1};
      reshapes = true;
    }
    if (extent.step < 0) {
      result = callOp("reverse", {result},
                      {{"axes", std::vector<int64_t>{axis}}}, site);
      extent = {size - 1 - extent.first, -extent.step, extent.count};
    }
    if (result.isValid() && (extent.count != size || extent.step != 1))
      result =
          callOp("slice", {result},
                 {{"axis", axis},
                  {"start", extent.first},
                  {"stop", extent.first + (extent.count - 1) * extent.step + 1},
                  {"step", extent.step}},
                 {where(item.location), "index"});
    if (!result.isValid())
      return {};
    ++axis;
  }
  for (; axis < whole.rank(); ++axis)
    keep(whole.shape[axis]);
  if (!reshapes)
    return result;
  return callOp("reshape", {result}, {{"shape", shape}}, site);
}
