// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The algebra of accesses on random quasi-affine expressions: simplification
// keeps every value, bounds hold, composition is substitution.

#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "descent/Interpreter/Tensor.h"
#include "llvm/Support/MathExtras.h"
#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace descent;

namespace {

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
  default:
    return lhs - llvm::divideFloorSigned(lhs, rhs) * rhs;
  }
}

std::string text(AffineExpr expr) {
  std::string result;
  llvm::raw_string_ostream(result) << expr;
  return result;
}

class ViewAlgebra : public testing::TestWithParam<int> {
protected:
  ViewAlgebra() : random(GetParam()) { context.loadDialect<DescentDialect>(); }

  int64_t number(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  }

  SmallVector<int64_t> randomDomain() {
    SmallVector<int64_t> domain;
    for (int64_t i = number(1, 4); i > 0; --i)
      domain.push_back(number(1, 6));
    return domain;
  }

  AffineExpr randomExpr(unsigned numDims, int depth) {
    if (depth == 0)
      return number(0, 3) == 0
                 ? getAffineConstantExpr(number(-7, 7), &context)
                 : getAffineDimExpr(number(0, numDims - 1), &context);
    AffineExpr lhs = randomExpr(numDims, depth - 1);
    switch (number(0, 6)) {
    case 0:
      return lhs * number(-4, 6);
    case 1:
      return lhs.floorDiv(number(1, 6));
    case 2:
      return lhs % number(1, 6);
    case 3:
      return lhs.ceilDiv(number(1, 6));
    default:
      return lhs + randomExpr(numDims, depth - 1);
    }
  }

  MLIRContext context;
  std::mt19937 random;
};

TEST_P(ViewAlgebra, SimplificationKeepsEveryValue) {
  for (int i = 0; i < 50; ++i) {
    SmallVector<int64_t> domain = randomDomain();
    AffineExpr expr = randomExpr(domain.size(), number(1, 5));
    AffineExpr simple = simplifyExpr(expr, domain);
    Bounds bounds = boundsOf(expr, domain);
    interpreter::forEachPoint(domain, [&](ArrayRef<int64_t> point) {
      int64_t value = evaluate(expr, point);
      EXPECT_EQ(value, evaluate(simple, point))
          << text(expr) << " became " << text(simple);
      EXPECT_LE(bounds.low, value) << text(expr);
      EXPECT_GE(bounds.high, value) << text(expr);
      return !HasFailure();
    });
    ASSERT_FALSE(HasFailure());
    EXPECT_EQ(simplifyExpr(simple, domain), simple)
        << text(expr) << " became " << text(simple)
        << ", which is no normal form";
  }
}

/// A row-major index split again into its digits gives back the digits.
TEST_P(ViewAlgebra, DigitsOfAnIndex) {
  SmallVector<int64_t> domain = randomDomain();
  SmallVector<AffineExpr> dims;
  for (unsigned i = 0; i < domain.size(); ++i)
    dims.push_back(getAffineDimExpr(i, &context));
  AffineExpr index = joinIndices(dims, domain, &context);
  for (auto [i, digit] : llvm::enumerate(splitIndex(index, domain)))
    EXPECT_EQ(simplifyExpr(digit, domain),
              domain[i] == 1 ? getAffineConstantExpr(0, &context) : dims[i]);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ViewAlgebra, testing::Range(1, 41));

} // namespace
