// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Evaluation of quasi-affine expressions, sets and accesses.

#include "Access.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace descent::interpreter {

int64_t evaluate(AffineExpr expr, ArrayRef<int64_t> point) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return point[dim.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t lhs = evaluate(binary.getLHS(), point);
  int64_t rhs = evaluate(binary.getRHS(), point);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return lhs + rhs;
  case AffineExprKind::Mul:
    return lhs * rhs;
  case AffineExprKind::FloorDiv:
    return llvm::divideFloorSigned(lhs, rhs);
  case AffineExprKind::CeilDiv:
    return llvm::divideCeilSigned(lhs, rhs);
  case AffineExprKind::Mod:
    return lhs - llvm::divideFloorSigned(lhs, rhs) * rhs;
  default:
    llvm_unreachable("not an affine expression");
  }
}

bool contains(IntegerSet set, ArrayRef<int64_t> point) {
  for (auto [constraint, equality] :
       llvm::zip(set.getConstraints(), set.getEqFlags())) {
    int64_t value = evaluate(constraint, point);
    if (equality ? value != 0 : value < 0)
      return false;
  }
  return true;
}

PreparedExpr::PreparedExpr(AffineExpr expr) { add(expr, 1); }

void PreparedExpr::add(AffineExpr expr, int64_t scale) {
  if (auto number = dyn_cast<AffineConstantExpr>(expr)) {
    constant += scale * number.getValue();
    return;
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    linear.push_back({dim.getPosition(), scale});
    return;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  if (expr.getKind() == AffineExprKind::Add) {
    add(binary.getLHS(), scale);
    add(binary.getRHS(), scale);
    return;
  }
  if (expr.getKind() == AffineExprKind::Mul)
    if (auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS()))
      return add(binary.getLHS(), scale * factor.getValue());
  other.push_back({expr, scale});
}

int64_t PreparedExpr::at(ArrayRef<int64_t> point) const {
  int64_t result = constant;
  for (auto [dim, coefficient] : linear)
    result += point[dim] * coefficient;
  for (auto [expr, coefficient] : other)
    result += evaluate(expr, point) * coefficient;
  return result;
}

Reader::Reader(AccessAttr access, const Tensor &tensor)
    : tensor(tensor), access(access) {
  if (isWhole(access))
    return;
  if (!access.isUnguarded()) {
    guard = access.getGuard();
    fill = numberOf(access.getFill());
  }
  for (AffineExpr expr : access.getMap().getResults())
    indices.emplace_back(expr);
}

std::optional<double> Reader::at(ArrayRef<int64_t> point) const {
  if (isWhole(access))
    return 0;
  if (guard && !contains(*guard, point))
    return fill;
  if (indices.size() != tensor.shape.size())
    return std::nullopt;
  int64_t position = 0;
  for (auto [index, extent] : llvm::zip_equal(indices, tensor.shape)) {
    int64_t value = index.at(point);
    if (value < 0 || value >= extent)
      return std::nullopt;
    position = position * extent + value;
  }
  return tensor.values[position];
}

std::string Reader::describeFault(ArrayRef<int64_t> point) const {
  auto list = [](auto &&numbers) {
    return "[" +
           llvm::join(llvm::map_range(
                          numbers, [](int64_t i) { return std::to_string(i); }),
                      ", ") +
           "]";
  };
  SmallVector<int64_t> found;
  for (const PreparedExpr &index : indices)
    found.push_back(index.at(point));
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "reads index " << list(found) << " of a " << describeType(tensor)
     << " at iteration " << list(point) << " through " << access;
  return text;
}

double numberOf(Attribute attribute) {
  if (auto number = dyn_cast<FloatAttr>(attribute))
    return number.getValueAsDouble();
  auto number = cast<IntegerAttr>(attribute);
  if (number.getType().isInteger(1) || number.getType().isUnsignedInteger())
    return static_cast<double>(number.getValue().getZExtValue());
  return static_cast<double>(number.getInt());
}

} // namespace descent::interpreter
