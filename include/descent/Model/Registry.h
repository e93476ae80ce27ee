// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of everything a model can name: primitive ops, which import knows
// how to build, optimizers, and the library's definitions, which are written in
// the language itself (lib/Model/Library). The readers, the checker, the
// documentation and the conformance suite all enumerate it.

#ifndef DESCENT_MODEL_REGISTRY_H
#define DESCENT_MODEL_REGISTRY_H

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace descent::model {

/// What an entry is used as, and so where it may stand.
enum class Category {
  Op,          ///< a function of values without parameters
  Layer,       ///< may own parameters and state
  Loss,        ///< gives a scalar to minimize
  Metric,      ///< accumulates over a data set
  Optimizer,   ///< updates parameters
  Initializer, ///< how a parameter starts
};

/// Element types. F16 and BF16 are stored; arithmetic on them is done in F32
/// and rounded.
enum class DType { F32, F64, F16, BF16, I32, U32, Bool };

/// "f32", "f64", "f16", "bf16", "i32", "u32", "bool".
std::string_view toString(DType dtype);
/// None if there is no such type.
std::optional<DType> parseDType(std::string_view name);
/// F32, F64, F16 and BF16: what has a gradient.
bool isFloat(DType dtype);
/// I32 and U32.
bool isInteger(DType dtype);

/// What an attribute holds once checked.
enum class AttrKind {
  Int,      ///< int64_t
  Ints,     ///< list of `count` integers, or of any number of them if 0
  Shape,    ///< list of integers: sizes, at most one -1, `batch` as batchDim
  Float,    ///< double
  Floats,   ///< list of doubles, like Ints
  Bool,     ///< bool
  Enum,     ///< one of `enumerators`, a string
  DType,    ///< a string: "f32"
  String,   ///< std::string
  Init,     ///< an initializer; of library definitions only
  Function, ///< a module, function or lambda; of library definitions only
  Any,      ///< any value; of library definitions only
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
  /// Ints and Floats: how many; a single number stands for as many equal ones.
  int count = 0;
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
  bool optional = false; ///< after the others; `none` where not given
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
struct Definition;

/// One op, layer, loss, metric, optimizer or initializer.
struct OpSpec {
  std::string_view name = {};
  Category category = Category::Op;
  std::string_view doc = {};
  /// The conformance suite's reference: what PyTorch calls it, or "numpy: " and
  /// the paper it was written from.
  std::string_view reference = {};
  /// The values it takes. With `variadic`, the last one stands for any number
  /// of values, at least one.
  std::vector<OperandSpec> operands = {};
  bool variadic = false;
  /// In the order of the documentation. The first is what a bare value means:
  /// `{"dense": 10}`.
  std::vector<AttrSpec> attributes = {};
  /// Of a primitive op: computes the results' types, or reports why there are
  /// none. For an optimizer: checks what concerns several attributes. Null
  /// where nothing needs to be done.
  bool (*infer)(Inference &) = nullptr;
  /// Of a library definition: what it is expanded to.
  const Definition *definition = nullptr;

  bool isPrimitive() const { return category == Category::Op && !definition; }
  const AttrSpec *attribute(std::string_view name) const;
};

/// Every entry, in the order of the documentation. The library is read once,
/// at the first call; an error in it is a programming error.
std::span<const OpSpec> registry();

/// The entry of that name, or null.
const OpSpec *lookup(std::string_view name);

/// "op", "layer", "loss", ...; "int", "ints", ...
std::string_view toString(Category category);
std::string_view toString(AttrKind kind);

/// The registry as a JSON array of `{name, category, doc, reference, primitive,
/// operands, variadic, attributes}`, for programs: an attribute is `{name,
/// kind, required | default | default_from, enumerators?, doc}`.
std::string registryAsJson();

/// The registry as the table of docs/language.md.
std::string registryAsMarkdown();

} // namespace descent::model

#endif // DESCENT_MODEL_REGISTRY_H
