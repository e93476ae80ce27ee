// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the registry's `infer` functions see: one use of an op with its operands
// and attributes.

#ifndef DESCENT_LIB_MODEL_INFERENCE_H
#define DESCENT_LIB_MODEL_INFERENCE_H

#include "Expression.h"
#include "descent/Model/Graph.h"
#include <functional>
#include <unordered_map>

namespace descent::model {

/// Where the attributes that a model gives stand; defaults are not in it.
using AttrLocations = std::unordered_map<std::string_view, Location>;

/// Integers in a model (sizes, strides, ...) are at most this large either way.
constexpr int64_t maxInteger = std::numeric_limits<int32_t>::max();

/// `[128, 784]`
std::string toString(const std::vector<int64_t> &shape);

/// A number as messages show it.
std::string toString(double number);

/// Whether an element of this dtype can be `value`, rounded if it is a float.
/// Infinities can, but no finite number becomes one.
bool canHold(DType dtype, double value);

/// Elements of a shape of positive sizes; none from 2^31 on.
std::optional<int64_t> countElements(const std::vector<int64_t> &shape);

class Inference {
public:
  /// An operand as its op sees it.
  struct Operand {
    TensorType type;
    std::string description; ///< `[128, 784] from 'flatten' at model.json:12:5`
  };

  /// What an inference has to say about its op, beside the results' types.
  struct Facts {
    bool mixesRows = false;
    /// Operands that are indices, and the bound that is above them.
    std::vector<std::pair<size_t, int64_t>> ranges;
  };

  using Report = std::function<void(Location, std::string)>;

  /// `node` has its attributes; the results' types are filled in. `present`
  /// tells for each operand of the specification (but a variadic one) whether
  /// it is given; `operands` holds those that are. For an optimizer there are
  /// none.
  Inference(const OpSpec &op, Node &node, std::vector<Operand> operands,
            std::vector<bool> present, const AttrLocations &given,
            std::optional<int64_t> batch, Report report,
            std::string_view called = {});

  const OpSpec &op;
  /// What the model calls, for messages: an op of the library that uses `op`,
  /// or `op` itself.
  std::string_view called;

  Attributes &attributes() { return node.attributes; }

  /// All operands that are given. An optional one that is not given is left
  /// out, and does not count.
  size_t numOperands() const { return operands.size(); }
  const TensorType &operand(size_t i) const { return operands[i].type; }

  /// Whether operand `i` of the specification is given; of interest for
  /// optional ones.
  bool hasOperand(size_t i) const { return i < present.size() && present[i]; }

  /// The size of the batch axis; none if the model has no batch.
  std::optional<int64_t> batchSize() const { return batch; }

  /// `[128, 784] from 'flatten' at model.json:12:5`
  std::string describe(size_t i) const { return operands[i].description; }

  /// Whether the model gives this attribute.
  bool given(std::string_view attribute) const {
    return locations.contains(attribute);
  }

  /// Reports an error at the op, or at an attribute of it. Always false.
  bool error(std::string message);
  bool error(std::string_view attribute, std::string message);

  /// Reports an error unless the operand is of this dtype, or of a dtype of
  /// this kind (a number is anything but bool).
  bool expect(size_t i, DType dtype);
  bool expectFloat(size_t i);
  bool expectInteger(size_t i);
  bool expectNumber(size_t i);

  /// Makes the axis in `attribute` count from 0, or reports that the operand
  /// has no such axis. Of several axes (an attribute of kind Ints) none may
  /// stand twice.
  bool normalizeAxis(std::string_view attribute, size_t operand = 0);
  bool normalizeAxes(std::string_view attribute, size_t operand = 0);

  /// Adds a result: call once for each, in order.
  void result(TensorType type) { node.types.push_back(std::move(type)); }

  /// Says that the integers in operand `i` are indices in [0, n).
  void indexRange(size_t i, int64_t n) { facts.ranges.emplace_back(i, n); }

  /// Says that the op mixes rows of the batch and cannot leave out those that
  /// do not count.
  void mixesRows() { facts.mixesRows = true; }

  const Facts &conclusions() const { return facts; }

private:
  std::optional<int64_t> axisOf(std::string_view attribute, int64_t axis,
                                size_t operand);

  Node &node;
  std::vector<Operand> operands;
  std::vector<bool> present;
  const AttrLocations &locations;
  std::optional<int64_t> batch;
  Report report;
  Facts facts;
};

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_INFERENCE_H
