// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The whole table, made of those of the families, and what its entries offer.
// Adding a primitive op means a row in its family's table (Primitives), its
// `infer` beside it, and its import; everything else is a definition in
// Library.

#include "Library.h"
#include "Primitives/Tables.h"
#include <algorithm>
#include <unordered_map>

using namespace descent::model;

namespace {

constexpr std::pair<DType, std::string_view> dtypes[] = {
    {DType::F32, "f32"},   {DType::F64, "f64"}, {DType::F16, "f16"},
    {DType::BF16, "bf16"}, {DType::I32, "i32"}, {DType::U32, "u32"},
    {DType::Bool, "bool"}};

std::vector<OpSpec> makeRegistry() {
  std::vector<OpSpec> table;
  for (auto *family : {elementwiseOps, reductionOps, productOps, convolutionOps,
                       viewOps, joinOps, indexingOps, sourceOps, compositeOps,
                       optimizers, libraryEntries})
    for (OpSpec &op : family())
      table.push_back(std::move(op));
  return table;
}

} // namespace

std::string_view descent::model::toString(DType dtype) {
  for (auto [value, name] : dtypes)
    if (value == dtype)
      return name;
  return "";
}

std::optional<DType> descent::model::parseDType(std::string_view name) {
  for (auto [value, known] : dtypes)
    if (known == name)
      return value;
  return std::nullopt;
}

bool descent::model::isFloat(DType dtype) {
  return dtype == DType::F32 || dtype == DType::F64 || dtype == DType::F16 ||
         dtype == DType::BF16;
}

bool descent::model::isInteger(DType dtype) {
  return dtype == DType::I32 || dtype == DType::U32;
}

std::span<const OpSpec> descent::model::registry() {
  static const std::vector<OpSpec> table = makeRegistry();
  return table;
}

const OpSpec *descent::model::lookup(std::string_view name) {
  static const std::unordered_map<std::string_view, const OpSpec *> byName =
      [] {
        std::unordered_map<std::string_view, const OpSpec *> result;
        for (const OpSpec &op : registry())
          result.try_emplace(op.name, &op);
        return result;
      }();
  auto found = byName.find(name);
  return found == byName.end() ? nullptr : found->second;
}

const AttrSpec *OpSpec::attribute(std::string_view name) const {
  for (const AttrSpec &spec : attributes)
    if (spec.name == name)
      return &spec;
  return nullptr;
}

void Attributes::set(std::string_view name, AttrValue value) {
  for (auto &[key, held] : entries)
    if (key == name) {
      held = std::move(value);
      return;
    }
  entries.emplace_back(name, std::move(value));
}

void Attributes::erase(std::string_view name) {
  std::erase_if(entries,
                [&](const auto &entry) { return entry.first == name; });
}

bool Attributes::has(std::string_view name) const {
  return !std::holds_alternative<std::monostate>(get(name));
}

const AttrValue &Attributes::get(std::string_view name) const {
  static const AttrValue none;
  for (const auto &[key, value] : entries)
    if (key == name)
      return value;
  return none;
}
