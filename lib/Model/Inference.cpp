// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What all inference functions share.

#include "Inference.h"
#include <algorithm>
#include <charconv>
#include <cmath>

using namespace descent::model;

std::string descent::model::toString(const std::vector<int64_t> &shape) {
  std::string result = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    result += (i ? ", " : "") + std::to_string(shape[i]);
  return result + "]";
}

std::string descent::model::toString(double number) {
  char buffer[32];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  return std::string(buffer, end);
}

bool descent::model::canHold(DType dtype, double value) {
  if (isFloat(dtype)) {
    // Half of the last place above the largest number rounds to infinity.
    double bound = dtype == DType::F16    ? 65520.0
                   : dtype == DType::BF16 ? 0x1.ffp127
                   : dtype == DType::F32  ? 0x1.ffffffp127
                                          : HUGE_VAL;
    return !(std::isfinite(value) && std::fabs(value) >= bound);
  } else {
    double low = dtype == DType::I32 ? -0x1p31 : 0;
    double high = dtype == DType::Bool  ? 1
                  : dtype == DType::I32 ? 0x1p31 - 1
                                        : 0x1p32 - 1;
    return value >= low && value <= high && value == std::trunc(value);
  }
}

std::optional<int64_t>
descent::model::countElements(const std::vector<int64_t> &shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    if (__builtin_mul_overflow(count, size, &count) || count > maxInteger)
      return std::nullopt;
  return count;
}

Inference::Inference(const OpSpec &op, Node &node,
                     std::vector<Operand> operands, std::vector<bool> present,
                     const AttrLocations &given, std::optional<int64_t> batch,
                     Report report, std::string_view called)
    : op(op), called(called.empty() ? op.name : called), node(node),
      operands(std::move(operands)), present(std::move(present)),
      locations(given), batch(batch), report(std::move(report)) {}

bool Inference::error(std::string message) {
  report(node.location, std::move(message));
  return false;
}

bool Inference::error(std::string_view attribute, std::string message) {
  auto given = locations.find(attribute);
  report(given == locations.end() ? node.location : given->second,
         std::move(message));
  return false;
}

bool Inference::expect(size_t i, DType dtype) {
  if (operand(i).dtype == dtype)
    return true;
  return error("expected " + std::string(toString(dtype)) + ", got " +
               std::string(toString(operand(i).dtype)) + " " + describe(i));
}

bool Inference::expectFloat(size_t i) {
  if (isFloat(operand(i).dtype))
    return true;
  return error("expected floats, got " +
               std::string(toString(operand(i).dtype)) + " " + describe(i));
}

bool Inference::expectInteger(size_t i) {
  if (isInteger(operand(i).dtype))
    return true;
  return error("expected integers, got " +
               std::string(toString(operand(i).dtype)) + " " + describe(i));
}

bool Inference::expectNumber(size_t i) {
  if (operand(i).dtype != DType::Bool)
    return true;
  return error("expected numbers, got bool " + describe(i));
}

std::optional<int64_t> Inference::axisOf(std::string_view attribute,
                                         int64_t axis, size_t i) {
  int64_t rank = operand(i).rank();
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  error(attribute, "axis " + std::to_string(axis) + " is out of range for " +
                       describe(i) +
                       (rank ? ": expected " + std::to_string(-rank) + " to " +
                                   std::to_string(rank - 1)
                             : ", a scalar"));
  return std::nullopt;
}

bool Inference::normalizeAxis(std::string_view attribute, size_t i) {
  std::optional<int64_t> axis =
      axisOf(attribute, node.attributes.integer(attribute), i);
  if (axis)
    node.attributes.set(attribute, *axis);
  return axis.has_value();
}

bool Inference::normalizeAxes(std::string_view attribute, size_t i) {
  std::vector<int64_t> axes = node.attributes.list(attribute);
  for (int64_t &axis : axes) {
    std::optional<int64_t> normal = axisOf(attribute, axis, i);
    if (!normal)
      return false;
    axis = *normal;
  }
  std::vector<int64_t> sorted = axes;
  std::sort(sorted.begin(), sorted.end());
  if (auto twice = std::adjacent_find(sorted.begin(), sorted.end());
      twice != sorted.end())
    return error(attribute, "axis " + std::to_string(*twice) +
                                " stands twice in " + quote(attribute) +
                                " of " + quote(called));
  node.attributes.set(attribute, std::move(axes));
  return true;
}
