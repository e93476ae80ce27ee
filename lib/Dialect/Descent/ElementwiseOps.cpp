// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers, folders and canonicalizations of elementwise operations. They
// never change a value, NaN, infinities and signed zeros included, except that
// x + 0 is x and x * 0 is 0 for constants known at compile time, as every
// optimizing compiler of tensor programs takes them.

#include "descent/Dialect/Descent/Math.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include <cmath>

using namespace mlir;
using namespace descent;

/// The float or integer that every element of a constant has.
static std::optional<double> splatValue(Attribute attribute) {
  if (auto dense = dyn_cast_or_null<DenseElementsAttr>(attribute)) {
    if (!dense.isSplat())
      return std::nullopt;
    attribute = dense.getSplatValue<Attribute>();
  }
  if (auto number = dyn_cast_or_null<FloatAttr>(attribute))
    return number.getValueAsDouble();
  if (auto number = dyn_cast_or_null<IntegerAttr>(attribute)) {
    Type type = number.getType();
    if (type.isUnsignedInteger() || type.isInteger(1))
      return static_cast<double>(number.getValue().getZExtValue());
    return static_cast<double>(number.getValue().getSExtValue());
  }
  return std::nullopt;
}

static bool isSplat(Attribute attribute, double value) {
  auto splat = splatValue(attribute);
  return splat && *splat == value;
}

/// A constant of `type`, rounded to it, or null if the value is not
/// representable (NaN and infinities are left to run time).
static Attribute splatOf(Type type, double value) {
  Type element = getElementTypeOrSelf(type);
  if (!std::isfinite(value))
    return {};
  TypedAttr scalar;
  if (isa<FloatType>(element)) {
    auto number = FloatAttr::get(element, value);
    if (!number.getValue().isFinite())
      return {};
    scalar = number;
  } else {
    scalar = IntegerAttr::get(element, APInt(element.getIntOrFloatBitWidth(),
                                             static_cast<int64_t>(value)));
  }
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return DenseElementsAttr::get(tensor, Attribute(scalar));
  return scalar;
}

static bool isFloat(Value value) {
  return isa<FloatType>(getElementTypeOrSelf(value.getType()));
}

/// Folds a binary operation on two float splats. Sums, differences, products
/// and quotients of f32 in f64 are right once rounded to f32.
template <typename Function>
static Attribute foldSplats(Type type, Attribute lhs, Attribute rhs,
                            Function function) {
  auto a = splatValue(lhs), b = splatValue(rhs);
  if (!a || !b || !isa<FloatType>(getElementTypeOrSelf(type)))
    return {};
  return splatOf(type, function(*a, *b));
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

OpFoldResult NegOp::fold(FoldAdaptor adaptor) {
  if (auto inner = getOperand().getDefiningOp<NegOp>())
    return inner.getOperand();
  if (auto value = splatValue(adaptor.getOperand()))
    return splatOf(getType(), -*value);
  return {};
}

LogicalResult LeakyReluOp::verify() {
  double slope = getSlope().convertToDouble();
  if (!(slope >= 0 && slope < 1))
    return emitOpError("expected a slope in [0, 1), got ") << slope;
  return success();
}

//===----------------------------------------------------------------------===//
// add
//===----------------------------------------------------------------------===//

OpFoldResult AddOp::fold(FoldAdaptor adaptor) {
  if (getNumOperands() == 1)
    return getOperands()[0];
  if (getNumOperands() == 2)
    return foldSplats(getType(), adaptor.getOperands()[0],
                      adaptor.getOperands()[1],
                      [](double a, double b) { return a + b; });
  return {};
}

namespace {
/// add(a, 0, b) -> add(a, b)
struct DropZeroOperands : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AddOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> kept;
    for (Value operand : op.getOperands()) {
      Attribute constant;
      if (!matchPattern(operand, m_Constant(&constant)) ||
          !isSplat(constant, 0))
        kept.push_back(operand);
    }
    if (kept.size() == op.getNumOperands())
      return failure();
    if (kept.empty())
      kept.push_back(op.getOperands()[0]);
    rewriter.replaceOpWithNewOp<AddOp>(op, op.getType(), kept);
    return success();
  }
};
} // namespace

void AddOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *context) {
  patterns.add<DropZeroOperands>(context);
}

//===----------------------------------------------------------------------===//
// Binary operations
//===----------------------------------------------------------------------===//

OpFoldResult SubOp::fold(FoldAdaptor adaptor) {
  if (isSplat(adaptor.getRhs(), 0))
    return getLhs();
  return foldSplats(getType(), adaptor.getLhs(), adaptor.getRhs(),
                    [](double a, double b) { return a - b; });
}

namespace {
/// 0 - x -> -x
struct SubFromZero : OpRewritePattern<SubOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SubOp op,
                                PatternRewriter &rewriter) const override {
    Attribute constant;
    if (!isFloat(op) || !matchPattern(op.getLhs(), m_Constant(&constant)) ||
        !isSplat(constant, 0))
      return failure();
    rewriter.replaceOpWithNewOp<NegOp>(op, op.getRhs());
    return success();
  }
};
} // namespace

void SubOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *context) {
  patterns.add<SubFromZero>(context);
}

OpFoldResult MulOp::fold(FoldAdaptor adaptor) {
  for (auto [constant, other] : {std::pair(adaptor.getRhs(), getLhs()),
                                 std::pair(adaptor.getLhs(), getRhs())}) {
    if (isSplat(constant, 1))
      return other;
    if (isSplat(constant, 0))
      return splatOf(getType(), 0);
  }
  return foldSplats(getType(), adaptor.getLhs(), adaptor.getRhs(),
                    [](double a, double b) { return a * b; });
}

OpFoldResult DivOp::fold(FoldAdaptor adaptor) {
  if (isSplat(adaptor.getRhs(), 1))
    return getLhs();
  return foldSplats(getType(), adaptor.getLhs(), adaptor.getRhs(),
                    [](double a, double b) { return a / b; });
}

//===----------------------------------------------------------------------===//
// pow: exponents that are an operation or two
//===----------------------------------------------------------------------===//

OpFoldResult PowOp::fold(FoldAdaptor adaptor) {
  if (isSplat(adaptor.getRhs(), 0))
    return splatOf(getType(), 1);
  if (isSplat(adaptor.getRhs(), 1))
    return getLhs();
  return {};
}

namespace {
/// x^2, x^3, x^-1, x^-2 by products and a quotient, x^0.5 and x^-0.5 by a root
/// (NaN at -inf), as PyTorch takes them.
struct ExpandPower : OpRewritePattern<PowOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PowOp op,
                                PatternRewriter &rewriter) const override {
    Attribute constant;
    if (!matchPattern(op.getRhs(), m_Constant(&constant)))
      return failure();
    std::optional<double> exponent = splatValue(constant);
    double magnitude = exponent ? std::fabs(*exponent) : 0;
    bool known = magnitude == 1 || magnitude == 2 || magnitude == 0.5 ||
                 (exponent && *exponent == 3);
    if (!known)
      return failure();
    Location loc = op.getLoc();
    Value x = op.getLhs(), power = x;
    if (magnitude == 0.5)
      power = rewriter.create<SqrtOp>(loc, x);
    for (int factor = 1; factor < magnitude; ++factor)
      power = rewriter.create<MulOp>(loc, power, x);
    if (*exponent < 0) {
      Value one = constantLike(rewriter, loc, x.getType(), 1);
      power = rewriter.create<DivOp>(loc, one, power);
    }
    rewriter.replaceOp(op, power);
    return success();
  }
};
} // namespace

void PowOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *context) {
  patterns.add<ExpandPower>(context);
}

//===----------------------------------------------------------------------===//
// select, cast and stop_gradient
//===----------------------------------------------------------------------===//

OpFoldResult SelectOp::fold(FoldAdaptor adaptor) {
  if (getOnTrue() == getOnFalse())
    return getOnTrue();
  if (auto condition = splatValue(adaptor.getCondition()))
    return *condition != 0 ? getOnTrue() : getOnFalse();
  return {};
}

LogicalResult CastOp::verify() {
  if (getElementTypeOrSelf(getType()).isInteger(1) &&
      !getElementTypeOrSelf(getOperand().getType()).isInteger(1))
    return emitOpError("to i1 is not defined: compare with zero instead");
  return success();
}

OpFoldResult CastOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  auto value = splatValue(adaptor.getOperand());
  if (!value)
    return {};
  // Integers wrap to integers; of floats only those that fit are folded.
  Type element = getElementTypeOrSelf(getType());
  double lowest = element.isUnsignedInteger() ? 0 : -0x1p31;
  bool fits = isa<FloatType>(element) || !isFloat(getOperand()) ||
              (*value >= lowest && *value < 0x1p31);
  return fits ? OpFoldResult(splatOf(getType(), *value)) : OpFoldResult();
}

SmallVector<Value> StopGradientOp::decompose(OpBuilder &) {
  return {getOperand()};
}
