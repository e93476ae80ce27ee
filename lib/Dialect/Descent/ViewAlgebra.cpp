// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The algebra of accesses: bounds, simplification under known extents,
// composition. See ViewAlgebra.h.

#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;

namespace descent {

//===----------------------------------------------------------------------===//
// Bounds
//===----------------------------------------------------------------------===//

Bounds boundsOf(AffineExpr expr, ArrayRef<int64_t> domain) {
  switch (expr.getKind()) {
  case AffineExprKind::Constant: {
    int64_t value = cast<AffineConstantExpr>(expr).getValue();
    return {value, value};
  }
  case AffineExprKind::DimId:
    return {0, domain[cast<AffineDimExpr>(expr).getPosition()] - 1};
  case AffineExprKind::SymbolId:
    llvm_unreachable("accesses have no symbols");
  default:
    break;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Bounds a = boundsOf(binary.getLHS(), domain),
         b = boundsOf(binary.getRHS(), domain);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return {a.low + b.low, a.high + b.high};
  case AffineExprKind::Mul: {
    auto corners = {a.low * b.low, a.low * b.high, a.high * b.low,
                    a.high * b.high};
    return {std::min(corners), std::max(corners)};
  }
  case AffineExprKind::FloorDiv:
    return {llvm::divideFloorSigned(a.low, b.low),
            llvm::divideFloorSigned(a.high, b.low)};
  case AffineExprKind::CeilDiv:
    return {llvm::divideCeilSigned(a.low, b.low),
            llvm::divideCeilSigned(a.high, b.low)};
  case AffineExprKind::Mod:
    if (llvm::divideFloorSigned(a.low, b.low) ==
        llvm::divideFloorSigned(a.high, b.low))
      return {a.low - llvm::divideFloorSigned(a.low, b.low) * b.low,
              a.high - llvm::divideFloorSigned(a.high, b.low) * b.low};
    return {0, b.low - 1};
  default:
    llvm_unreachable("not an affine expression");
  }
}

//===----------------------------------------------------------------------===//
// Simplification
//===----------------------------------------------------------------------===//

namespace {

/// A sum of terms coefficient * atom, where an atom is a dimension, a floordiv
/// or a mod.
struct Sum {
  SmallVector<std::pair<AffineExpr, int64_t>> terms;
  int64_t constant = 0;

  void add(AffineExpr atom, int64_t coefficient) {
    for (auto &term : terms)
      if (term.first == atom) {
        term.second += coefficient;
        return;
      }
    terms.push_back({atom, coefficient});
  }
};

class Simplifier {
public:
  explicit Simplifier(ArrayRef<int64_t> domain) : domain(domain) {}

  AffineExpr simplify(AffineExpr expr) {
    Sum sum;
    collect(expr, 1, sum);
    return build(sum, expr.getContext());
  }

private:
  ArrayRef<int64_t> domain;

  /// Adds scale * expr to the sum, simplifying what is below divisions on the
  /// way.
  void collect(AffineExpr expr, int64_t scale, Sum &sum) {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
      sum.constant += scale * constant.getValue();
      return;
    }
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      if (domain[dim.getPosition()] != 1)
        sum.add(expr, scale);
      return;
    }
    auto binary = cast<AffineBinaryOpExpr>(expr);
    auto rhs = dyn_cast<AffineConstantExpr>(binary.getRHS());
    switch (expr.getKind()) {
    case AffineExprKind::Add:
      collect(binary.getLHS(), scale, sum);
      collect(binary.getRHS(), scale, sum);
      return;
    case AffineExprKind::Mul:
      collect(binary.getLHS(), scale * rhs.getValue(), sum);
      return;
    case AffineExprKind::FloorDiv:
      divide(binary.getLHS(), rhs.getValue(), scale, sum);
      return;
    case AffineExprKind::CeilDiv: // ceildiv(a, c) = floordiv(a + c - 1, c)
      divide(binary.getLHS() + (rhs.getValue() - 1), rhs.getValue(), scale,
             sum);
      return;
    case AffineExprKind::Mod:
      remainder(binary.getLHS(), rhs.getValue(), scale, sum);
      return;
    default:
      llvm_unreachable("not an affine expression");
    }
  }

  /// Splits a sum into multiples of `divisor` (divided by it) and the rest, the
  /// rest's constant in [0, divisor).
  void split(const Sum &sum, int64_t divisor, Sum &quotient, Sum &rest) {
    for (auto [atom, coefficient] : sum.terms)
      if (coefficient % divisor == 0)
        quotient.add(atom, coefficient / divisor);
      else
        rest.add(atom, coefficient);
    quotient.constant = llvm::divideFloorSigned(sum.constant, divisor);
    rest.constant = sum.constant - quotient.constant * divisor;
  }

  Bounds bounds(const Sum &sum, MLIRContext *context) {
    return boundsOf(build(sum, context), domain);
  }

  /// If the rest stays within one multiple of the divisor, moves that multiple
  /// to the quotient and returns true.
  bool settle(Sum &quotient, Sum &rest, int64_t divisor, MLIRContext *context) {
    Bounds range = bounds(rest, context);
    int64_t low = llvm::divideFloorSigned(range.low, divisor);
    if (low != llvm::divideFloorSigned(range.high, divisor))
      return false;
    quotient.constant += low;
    rest.constant -= low * divisor;
    return true;
  }

  void divide(AffineExpr lhs, int64_t divisor, int64_t scale, Sum &sum) {
    MLIRContext *context = lhs.getContext();
    Sum inner, quotient, rest;
    collect(lhs, 1, inner);
    if (divisor == 1)
      return addScaled(inner, scale, sum);
    split(inner, divisor, quotient, rest);
    if (!settle(quotient, rest, divisor, context)) {
      // floordiv(g a + r, g c) = floordiv(a, c) where 0 <= r < g.
      AffineExpr dividend = build(rest, context);
      if (auto reduced = divideByCommonFactor(rest, divisor, context)) {
        Sum nested;
        divide(reduced->first, reduced->second, 1, nested);
        addScaled(nested, scale, sum);
      } else if (auto whole = dyn_cast<AffineBinaryOpExpr>(dividend);
                 whole && whole.getKind() == AffineExprKind::FloorDiv) {
        // floordiv(floordiv(a, b), c) = floordiv(a, b c)
        int64_t by = cast<AffineConstantExpr>(whole.getRHS()).getValue();
        divide(whole.getLHS(), by * divisor, scale, sum);
      } else {
        sum.add(dividend.floorDiv(divisor), scale);
      }
    }
    addScaled(quotient, scale, sum);
  }

  /// With g the largest common factor of the divisor and the coefficients of
  /// some terms such that all others together lie in [0, g).
  std::optional<std::pair<AffineExpr, int64_t>>
  divideByCommonFactor(const Sum &rest, int64_t divisor, MLIRContext *context) {
    for (auto &candidate : rest.terms) {
      int64_t factor = std::gcd(std::abs(candidate.second), divisor);
      if (factor == 1)
        continue;
      Sum high, low;
      for (auto [atom, coefficient] : rest.terms)
        (coefficient % factor == 0 ? high : low).add(atom, coefficient);
      high.constant = llvm::divideFloorSigned(rest.constant, factor) * factor;
      low.constant = rest.constant - high.constant;
      Bounds range = bounds(low, context);
      if (range.low < 0 || range.high >= factor)
        continue;
      for (auto &term : high.terms)
        term.second /= factor;
      high.constant /= factor;
      return std::make_pair(build(high, context), divisor / factor);
    }
    return std::nullopt;
  }

  void remainder(AffineExpr lhs, int64_t divisor, int64_t scale, Sum &sum) {
    MLIRContext *context = lhs.getContext();
    Sum inner, quotient, rest;
    collect(lhs, 1, inner);
    if (divisor == 1)
      return;
    split(inner, divisor, quotient, rest);
    if (settle(quotient, rest, divisor, context))
      return addScaled(rest, scale, sum);
    sum.add(build(rest, context) % divisor, scale);
  }

  void addScaled(const Sum &from, int64_t scale, Sum &to) {
    for (auto [atom, coefficient] : from.terms)
      to.add(atom, coefficient * scale);
    to.constant += from.constant * scale;
  }

  /// The sum as an expression: mod and floordiv of one dividend recombined,
  /// dimensions first in order, zero terms dropped.
  AffineExpr build(Sum sum, MLIRContext *context) {
    recombine(sum);
    llvm::stable_sort(sum.terms, [](const auto &a, const auto &b) {
      return rank(a.first) < rank(b.first);
    });
    AffineExpr result = getAffineConstantExpr(0, context);
    for (auto [atom, coefficient] : sum.terms)
      if (coefficient != 0)
        result = result + atom * coefficient;
    return result + sum.constant;
  }

  /// c * (x floordiv c) + x mod c = x, for any multiple of both.
  void recombine(Sum &sum) {
    for (bool changed = true; changed;) {
      changed = false;
      for (auto &[atom, coefficient] : sum.terms) {
        auto mod = dyn_cast<AffineBinaryOpExpr>(atom);
        if (!mod || mod.getKind() != AffineExprKind::Mod || coefficient == 0)
          continue;
        int64_t divisor = cast<AffineConstantExpr>(mod.getRHS()).getValue(),
                factor = coefficient;
        AffineExpr quotient = mod.getLHS().floorDiv(divisor);
        auto match =
            llvm::find_if(sum.terms, [&, factor = factor](const auto &term) {
              return term.first == quotient && term.second == factor * divisor;
            });
        if (match == sum.terms.end())
          continue;
        match->second = 0;
        AffineExpr whole = mod.getLHS();
        coefficient = 0;
        collect(whole, factor, sum);
        changed = true;
        break;
      }
    }
  }

  static unsigned rank(AffineExpr atom) {
    if (auto dim = dyn_cast<AffineDimExpr>(atom))
      return dim.getPosition();
    return 1u << 20;
  }
};

} // namespace

AffineExpr simplifyExpr(AffineExpr expr, ArrayRef<int64_t> domain) {
  return Simplifier(domain).simplify(expr);
}

//===----------------------------------------------------------------------===//
// Accesses
//===----------------------------------------------------------------------===//

AccessAttr wholeAccess(MLIRContext *context) {
  return AccessAttr::get(context, AffineMap(), IntegerSet(), TypedAttr());
}

bool isWhole(AccessAttr access) { return !access.getMap(); }

IntegerSet intersectSets(IntegerSet a, IntegerSet b) {
  if (!a || !b)
    return a ? a : b;
  SmallVector<AffineExpr> constraints(a.getConstraints());
  SmallVector<bool> equalities(a.getEqFlags());
  for (auto [constraint, equality] :
       llvm::zip(b.getConstraints(), b.getEqFlags())) {
    bool known = false;
    for (auto [other, otherEquality] :
         llvm::zip(a.getConstraints(), a.getEqFlags()))
      known |= other == constraint && otherEquality == equality;
    if (known)
      continue;
    constraints.push_back(constraint);
    equalities.push_back(equality);
  }
  return IntegerSet::get(a.getNumDims(), 0, constraints, equalities);
}

AccessAttr simplifyAccess(AccessAttr access, ArrayRef<int64_t> domain) {
  if (isWhole(access))
    return access;
  MLIRContext *context = access.getContext();
  SmallVector<AffineExpr> results;
  for (AffineExpr expr : access.getMap().getResults())
    results.push_back(simplifyExpr(expr, domain));
  auto map = AffineMap::get(domain.size(), 0, results, context);
  if (access.isUnguarded())
    return AccessAttr::get(context, map, IntegerSet(), TypedAttr());

  SmallVector<AffineExpr> constraints;
  SmallVector<bool> equalities;
  for (auto [constraint, equality] :
       llvm::zip(access.getGuard().getConstraints(),
                 access.getGuard().getEqFlags())) {
    AffineExpr simple = simplifyExpr(constraint, domain);
    Bounds bounds = boundsOf(simple, domain);
    if (equality ? (bounds.low == 0 && bounds.high == 0) : bounds.low >= 0)
      continue;
    bool known = false;
    for (auto [other, otherEquality] : llvm::zip(constraints, equalities))
      known |= other == simple && otherEquality == equality;
    if (known)
      continue;
    constraints.push_back(simple);
    equalities.push_back(equality);
  }
  if (constraints.empty())
    return AccessAttr::get(context, map, IntegerSet(), TypedAttr());
  return AccessAttr::get(
      context, map, IntegerSet::get(domain.size(), 0, constraints, equalities),
      access.getFill());
}

std::optional<AccessAttr> composeAccess(AccessAttr outer, AccessAttr inner,
                                        ArrayRef<int64_t> domain) {
  if (isWhole(inner))
    return inner;
  if (!outer.isUnguarded() && !inner.isUnguarded() &&
      outer.getFill() != inner.getFill())
    return std::nullopt;
  MLIRContext *context = outer.getContext();
  SmallVector<AffineExpr> results;
  for (AffineExpr expr : inner.getMap().getResults())
    results.push_back(expr.replaceDims(outer.getMap().getResults()));
  IntegerSet guard = outer.getGuard();
  if (!inner.isUnguarded()) {
    SmallVector<AffineExpr> constraints;
    for (AffineExpr constraint : inner.getGuard().getConstraints())
      constraints.push_back(
          constraint.replaceDims(outer.getMap().getResults()));
    guard =
        intersectSets(guard, IntegerSet::get(domain.size(), 0, constraints,
                                             inner.getGuard().getEqFlags()));
  }
  TypedAttr fill = outer.isUnguarded() ? inner.getFill() : outer.getFill();
  auto map = AffineMap::get(domain.size(), 0, results, context);
  return simplifyAccess(
      AccessAttr::get(context, map, guard, guard ? fill : TypedAttr()), domain);
}

AccessAttr identityAccess(MLIRContext *context, unsigned rank) {
  return AccessAttr::get(context,
                         AffineMap::getMultiDimIdentityMap(rank, context),
                         IntegerSet(), TypedAttr());
}

AffineExpr joinIndices(ArrayRef<AffineExpr> indices, ArrayRef<int64_t> shape,
                       MLIRContext *context) {
  AffineExpr result = getAffineConstantExpr(0, context);
  for (auto [index, extent] : llvm::zip_equal(indices, shape))
    result = result * extent + index;
  return result;
}

SmallVector<AffineExpr> splitIndex(AffineExpr index, ArrayRef<int64_t> shape) {
  SmallVector<AffineExpr> result(shape.size());
  int64_t stride = 1;
  for (int64_t i = static_cast<int64_t>(shape.size()) - 1; i >= 0; --i) {
    AffineExpr digit = index.floorDiv(stride);
    result[i] = i == 0 ? digit : digit % shape[i];
    stride *= shape[i];
  }
  return result;
}

} // namespace descent
