// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors of the reference interpreter, and what a run is given and gives back.

#ifndef DESCENT_INTERPRETER_TENSOR_H
#define DESCENT_INTERPRETER_TENSOR_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/Support/LLVM.h"
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace descent::interpreter {

/// The element types of the dialect. The interpreter computes all floats in
/// f64; only a cast rounds.
enum class Element { F32, F64, F16, BF16, I32, UI32, I1 };

/// Whether elements are floating-point numbers.
bool isFloat(Element element);

/// A dense row-major tensor. Every element is held as a double, which is exact
/// for integers and i1 (0 or 1).
struct Tensor {
  llvm::SmallVector<int64_t> shape;
  Element element = Element::F32;
  std::vector<double> values;

  Tensor() = default;
  Tensor(llvm::ArrayRef<int64_t> shape, Element element, double fill = 0);
  /// A tensor of the shape and element type of `type`, which may be a scalar's
  /// type (then of rank 0).
  explicit Tensor(mlir::Type type, double fill = 0);

  int64_t size() const { return static_cast<int64_t>(values.size()); }
};

/// The element type of a scalar's or tensor's type.
Element elementOf(mlir::Type type);

/// "tensor<2x3xf32>".
std::string describeType(const Tensor &tensor);
/// Indices as "[1, 2]" of a row-major position.
std::string describeIndex(const Tensor &tensor, int64_t position);
/// Prints elements nested by dimension, with `digits` significant digits.
void printTensor(llvm::raw_ostream &os, const Tensor &tensor, int digits = 6);

/// Calls `visit(indices)` for every point of a domain in row-major order; stops
/// early when it returns false. Returns whether all points were visited.
bool forEachPoint(llvm::ArrayRef<int64_t> extents,
                  llvm::function_ref<bool(llvm::ArrayRef<int64_t>)> visit);

/// Values by the name of their input, state or output.
using Environment = std::map<std::string, Tensor>;

/// What the runtime writes before every run of an entry; see docs/bundle.md.
struct ControlWords {
  int32_t step = 1, seedLow = 0, seedHigh = 0;
  /// Rows of the batch that count; by default all of them.
  int32_t valid = INT32_MAX;
  double lrScale = 1;
};

} // namespace descent::interpreter

#endif // DESCENT_INTERPRETER_TENSOR_H
