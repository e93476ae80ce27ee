// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of everything a model can name: layers, losses, metrics and
// optimizers with their operands and attributes. The readers, the checker, the
// documentation and the conformance suite all enumerate it.

#ifndef DESCENT_MODEL_REGISTRY_H
#define DESCENT_MODEL_REGISTRY_H

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace descent::model {

/// What an entry is used as, and so where it may stand.
enum class Category {
  Layer,     ///< in `network`, and without parameters in `outputs`
  Loss,      ///< in `loss`
  Metric,    ///< in `metrics`
  Optimizer, ///< in `optimizer`
};

/// What an attribute holds once checked.
enum class AttrKind {
  Int,       ///< int64_t
  IntPair,   ///< list of two, (height, width); a single integer means both
  Shape,     ///< list of integers: sizes, at most one -1, `batch` as batchDim
  Float,     ///< double
  FloatPair, ///< list of two doubles
  Bool,      ///< bool
  Enum,      ///< one of `enumerators`
};

/// `batch` in an attribute of kind Shape.
constexpr int64_t batchDim = std::numeric_limits<int64_t>::min();

/// The value of an attribute; std::monostate where an optional one without a
/// default was not given.
using AttrValue =
    std::variant<std::monostate, bool, int64_t, double, std::string,
                 std::vector<int64_t>, std::vector<double>>;

/// The numbers that an attribute (each member of a pair) may take.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool openLow = false;
  bool openHigh = false;

  bool contains(double x) const {
    return (openLow ? x > low : x >= low) && (openHigh ? x < high : x <= high);
  }
};

struct AttrSpec {
  std::string_view name = {};
  AttrKind kind = AttrKind::Int;
  bool required = false;
  AttrValue defaultValue = {}; ///< if not required
  Range range = {};
  std::vector<std::string> enumerators = {};
  std::string_view defaultFrom = {}; ///< not given: the value of this attribute
  std::string_view doc = {};
};

struct OperandSpec {
  std::string_view name;
  std::string_view doc;
};

/// The attributes of one use of an op, complete and in the order of its
/// specification.
class Attributes {
public:
  void set(std::string_view name, AttrValue value);
  void erase(std::string_view name);
  bool has(std::string_view name) const;
  const AttrValue &get(std::string_view name) const;

  int64_t integer(std::string_view name) const {
    return std::get<int64_t>(get(name));
  }
  double number(std::string_view name) const {
    return std::get<double>(get(name));
  }
  bool flag(std::string_view name) const { return std::get<bool>(get(name)); }
  const std::string &enumerator(std::string_view name) const {
    return std::get<std::string>(get(name));
  }
  const std::vector<int64_t> &list(std::string_view name) const {
    return std::get<std::vector<int64_t>>(get(name));
  }
  std::array<int64_t, 2> pair(std::string_view name) const {
    return {list(name)[0], list(name)[1]};
  }

  auto begin() const { return entries.begin(); }
  auto end() const { return entries.end(); }

private:
  std::vector<std::pair<std::string, AttrValue>> entries;
};

class Inference;

/// One layer, loss, metric or optimizer.
struct OpSpec {
  std::string_view name = {};
  Category category = Category::Layer;
  std::string_view doc = {};
  /// What PyTorch calls it: the conformance suite's reference.
  std::string_view reference = {};
  /// The values it takes. With `variadic`, the last one stands for one or more,
  /// so that there are at least two in all.
  std::vector<OperandSpec> operands = {};
  bool variadic = false;
  /// In the order of the documentation. The first is what a bare value means:
  /// `{"dense": 10}`.
  std::vector<AttrSpec> attributes = {};
  /// PyTorch's names of its parameters.
  std::vector<std::string_view> parameters = {};
  /// Computes the result's type and the parameters, or reports why there is
  /// none. For an optimizer: checks what concerns several attributes. Null
  /// where nothing needs to be done.
  bool (*infer)(Inference &) = nullptr;

  const AttrSpec *attribute(std::string_view name) const;
};

/// Every entry, layers first, in the order of the documentation.
std::span<const OpSpec> registry();

/// The entry of that name, or null.
const OpSpec *lookup(std::string_view name);

/// "layer", "loss", "metric" or "optimizer"; "int", "int pair", ...
std::string_view toString(Category category);
std::string_view toString(AttrKind kind);

/// The registry as a JSON array of `{name, category, doc, reference, operands,
/// variadic, attributes, parameters}`, for programs: an attribute is `{name,
/// kind, required | default | default_from, enumerators?, doc}`.
std::string registryAsJson();

/// The registry as the table of docs/language.md.
std::string registryAsMarkdown();

} // namespace descent::model

#endif // DESCENT_MODEL_REGISTRY_H
