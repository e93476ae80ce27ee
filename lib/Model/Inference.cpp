// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What all inference functions share.

#include "Inference.h"
#include <cmath>

using namespace descent::model;

std::string descent::model::toString(const std::vector<int64_t> &shape) {
  std::string result = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    result += (i ? ", " : "") + std::to_string(shape[i]);
  return result + "]";
}

std::optional<int64_t>
descent::model::countElements(const std::vector<int64_t> &shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    if (__builtin_mul_overflow(count, size, &count) || count > maxInteger)
      return std::nullopt;
  return count;
}

std::string Inference::describe(size_t i) const {
  const Node &source = nodes[node.operands[i]];
  std::string name =
      source.isInput() ? "input " + quote(source.path) : quote(source.op->name);
  return toString(source.type.shape) + " from " + name + " at " +
         diagnostics.describe(source.location);
}

bool Inference::error(std::string message) {
  diagnostics.error(node.location, std::move(message));
  return false;
}

bool Inference::error(std::string_view attribute, std::string message) {
  auto given = locations.find(attribute);
  diagnostics.error(given == locations.end() ? node.location : given->second,
                    std::move(message));
  return false;
}

bool Inference::expect(size_t i, DType dtype) {
  if (operand(i).dtype == dtype)
    return true;
  return error("expected " + std::string(toString(dtype)) + ", got " +
               std::string(toString(operand(i).dtype)) + " " + describe(i));
}

bool Inference::normalizeAxis(std::string_view attribute, size_t i) {
  int64_t axis = node.attributes.integer(attribute);
  int64_t rank = operand(i).rank();
  if (axis < -rank || axis >= rank)
    return error(attribute, "axis " + std::to_string(axis) +
                                " is out of range for " + describe(i) +
                                (rank ? ": expected " + std::to_string(-rank) +
                                            " to " + std::to_string(rank - 1)
                                      : ", a scalar"));
  node.attributes.set(attribute, axis < 0 ? axis + rank : axis);
  return true;
}

void Inference::parameter(std::string_view role, std::vector<int64_t> shape,
                          int64_t fanIn) {
  double bound = 1 / std::sqrt(double(fanIn));
  node.parameters.push_back({node.path + "." + std::string(role),
                             std::string(role),
                             std::move(shape),
                             {Initializer::Kind::Uniform, -bound, bound}});
}
