// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The initializers that the runtime draws; the others are written in terms of
// these.

#include "Library.h"

using namespace descent::model;

namespace {

AttrSpec number(std::string_view name, std::optional<double> defaultValue,
                std::string_view doc, Range range = {}) {
  AttrSpec spec{.name = name, .kind = AttrKind::Float, .range = range};
  spec.doc = doc;
  spec.required = !defaultValue;
  if (defaultValue)
    spec.defaultValue = *defaultValue;
  return spec;
}

OpSpec initializer(std::string_view name, std::string_view doc,
                   std::string_view reference,
                   std::vector<AttrSpec> attributes) {
  return {.name = name,
          .category = Category::Initializer,
          .doc = doc,
          .reference = reference,
          .attributes = std::move(attributes)};
}

} // namespace

std::vector<OpSpec> descent::model::initializers() {
  const Range notNegative{.low = 0};
  return {
      initializer("constant", "Everywhere the same number.",
                  "torch.nn.init.constant_",
                  {number("value", std::nullopt, "the number")}),
      initializer("uniform", "Uniform in [low, high).",
                  "torch.nn.init.uniform_",
                  {number("low", 0.0, "the least value"),
                   number("high", 1.0, "the bound")}),
      initializer("normal", "The normal distribution.", "torch.nn.init.normal_",
                  {number("mean", 0.0, "the mean"),
                   number("std", 1.0, "the standard deviation", notNegative)}),
      initializer("truncated_normal",
                  "The normal distribution within two deviations of its mean.",
                  "torch.nn.init.trunc_normal_",
                  {number("mean", 0.0, "the mean"),
                   number("std", 1.0, "the standard deviation", notNegative)}),
      initializer("orthogonal",
                  "A matrix (the first axis against all others) with "
                  "orthonormal rows or columns, whichever are fewer.",
                  "torch.nn.init.orthogonal_",
                  {number("gain", 1.0, "factor of the matrix")}),
      initializer("identity_init",
                  "One on the diagonal of the first two axes, for kernels at "
                  "the centre of the others; zero elsewhere.",
                  "torch.nn.init.eye_",
                  {number("gain", 1.0, "factor of the matrix")}),
  };
}
