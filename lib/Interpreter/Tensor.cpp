// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors of the reference interpreter: construction, printing, iteration.

#include "descent/Interpreter/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include <cmath>

using namespace mlir;

namespace descent::interpreter {

Tensor::Tensor(ArrayRef<int64_t> shape, Element element, double fill)
    : shape(shape), element(element),
      values(ShapedType::getNumElements(shape), fill) {}

Tensor::Tensor(Type type, double fill) : element(elementOf(type)) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    shape.assign(shaped.getShape().begin(), shaped.getShape().end());
  values.assign(ShapedType::getNumElements(shape), fill);
}

Element elementOf(Type type) {
  Type element = getElementTypeOrSelf(type);
  if (element.isF64())
    return Element::F64;
  if (element.isF16())
    return Element::F16;
  if (element.isBF16())
    return Element::BF16;
  if (isa<FloatType>(element))
    return Element::F32;
  if (element.isUnsignedInteger())
    return Element::UI32;
  return element.isInteger(1) ? Element::I1 : Element::I32;
}

bool isFloat(Element element) {
  return element != Element::I32 && element != Element::UI32 &&
         element != Element::I1;
}

std::string describeType(const Tensor &tensor) {
  static constexpr const char *names[] = {"f32", "f64",  "f16", "bf16",
                                          "i32", "ui32", "i1"};
  std::string result = "tensor<";
  for (int64_t extent : tensor.shape)
    result += std::to_string(extent) + "x";
  return result + names[static_cast<int>(tensor.element)] + ">";
}

std::string describeIndex(const Tensor &tensor, int64_t position) {
  SmallVector<int64_t> indices(tensor.shape.size());
  for (int64_t i = static_cast<int64_t>(indices.size()) - 1; i >= 0; --i) {
    indices[i] = position % tensor.shape[i];
    position /= tensor.shape[i];
  }
  return "[" +
         llvm::join(llvm::map_range(
                        indices, [](int64_t i) { return std::to_string(i); }),
                    ", ") +
         "]";
}

static void printElement(raw_ostream &os, double value, Element element,
                         int digits) {
  if (element == Element::I1)
    os << (value != 0 ? "true" : "false");
  else if (!isFloat(element))
    os << static_cast<int64_t>(value);
  else if (std::isnan(value))
    os << "nan"; // without the sign that printf shows on some hosts
  else
    os << llvm::format("%.*g", digits, value == 0 ? 0.0 : value);
}

static void printSlice(raw_ostream &os, const Tensor &tensor, unsigned dim,
                       int64_t &position, int digits) {
  if (dim == tensor.shape.size())
    return printElement(os, tensor.values[position++], tensor.element, digits);
  os << "[";
  for (int64_t i = 0; i < tensor.shape[dim]; ++i) {
    if (i != 0)
      os << ", ";
    printSlice(os, tensor, dim + 1, position, digits);
  }
  os << "]";
}

void printTensor(raw_ostream &os, const Tensor &tensor, int digits) {
  int64_t position = 0;
  printSlice(os, tensor, 0, position, digits);
}

bool forEachPoint(ArrayRef<int64_t> extents,
                  llvm::function_ref<bool(ArrayRef<int64_t>)> visit) {
  SmallVector<int64_t> point(extents.size(), 0);
  if (llvm::is_contained(extents, 0))
    return true;
  while (true) {
    if (!visit(point))
      return false;
    int64_t dim = static_cast<int64_t>(extents.size()) - 1;
    for (; dim >= 0 && ++point[dim] == extents[dim]; --dim)
      point[dim] = 0;
    if (dim < 0)
      return true;
  }
}

} // namespace descent::interpreter
