// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tables of the primitive ops by family, and shorthands to write them with.

#ifndef DESCENT_LIB_MODEL_PRIMITIVES_TABLES_H
#define DESCENT_LIB_MODEL_PRIMITIVES_TABLES_H

#include "descent/Model/Registry.h"

namespace descent::model {

std::vector<OpSpec> elementwiseOps();
std::vector<OpSpec> reductionOps();
std::vector<OpSpec> productOps();
std::vector<OpSpec> convolutionOps();
std::vector<OpSpec> viewOps();
std::vector<OpSpec> joinOps();
std::vector<OpSpec> indexingOps();
std::vector<OpSpec> sourceOps();
std::vector<OpSpec> compositeOps();
std::vector<OpSpec> optimizers();

constexpr Range anyNumber{};
constexpr Range notNegative{.low = 0};
constexpr Range positive{.low = 0, .openLow = true};
constexpr Range atLeastOne{.low = 1};
constexpr Range fraction{.low = 0, .high = 1, .openHigh = true};

inline AttrSpec attribute(std::string_view name, AttrKind kind,
                          AttrValue defaultValue, Range range,
                          std::string_view doc) {
  return {.name = name,
          .kind = kind,
          .defaultValue = std::move(defaultValue),
          .range = range,
          .doc = doc};
}

inline AttrSpec required(std::string_view name, AttrKind kind, Range range,
                         std::string_view doc) {
  return {
      .name = name, .kind = kind, .required = true, .range = range, .doc = doc};
}

/// A list whose default stands for as many equal numbers as are needed.
inline AttrSpec numbers(std::string_view name, int64_t defaultValue,
                        Range range, std::string_view doc) {
  return attribute(name, AttrKind::Ints, std::vector<int64_t>{defaultValue},
                   range, doc);
}

/// An axis, from the back if negative.
inline AttrSpec axis(int64_t defaultValue) {
  return attribute("axis", AttrKind::Int, defaultValue, anyNumber,
                   "the axis, from the back if negative");
}

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_PRIMITIVES_TABLES_H
