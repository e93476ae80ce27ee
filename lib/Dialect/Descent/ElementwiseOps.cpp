// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers, folders and canonicalizations of elementwise operations. They
// never change a value, NaN, infinities and signed zeros included, except that
// x + 0 is x and x * 0 is 0 for constants known at compile time, as every
// optimizing compiler of tensor programs takes them.

#include "descent/Dialect/Descent/Descent.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

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
  if (auto number = dyn_cast_or_null<IntegerAttr>(attribute))
    return number.getType().isInteger(1) ? (number.getValue().isZero() ? 0 : 1)
                                         : number.getInt();
  return std::nullopt;
}

static bool isSplat(Attribute attribute, double value) {
  auto splat = splatValue(attribute);
  return splat && *splat == value;
}

/// A constant of `type`, or null if the value is not representable (NaN and
/// infinities are left to run time).
static Attribute splatOf(Type type, double value) {
  Type element = getElementTypeOrSelf(type);
  Attribute scalar;
  if (isa<FloatType>(element)) {
    if (!std::isfinite(value))
      return {};
    scalar =
        FloatAttr::get(element, static_cast<double>(static_cast<float>(value)));
  } else {
    scalar = IntegerAttr::get(element, static_cast<int64_t>(value));
  }
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return DenseElementsAttr::get(tensor, scalar);
  return scalar;
}

static bool isFloat(Value value) {
  return isa<FloatType>(getElementTypeOrSelf(value.getType()));
}

/// Folds a binary operation on two float splats.
template <typename Function>
static Attribute foldSplats(Type type, Attribute lhs, Attribute rhs,
                            Function function) {
  auto a = splatValue(lhs), b = splatValue(rhs);
  if (!a || !b || !isa<FloatType>(getElementTypeOrSelf(type)))
    return {};
  return splatOf(type,
                 function(static_cast<float>(*a), static_cast<float>(*b)));
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
                      [](float a, float b) { return a + b; });
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
                    [](float a, float b) { return a - b; });
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
                    [](float a, float b) { return a * b; });
}

OpFoldResult DivOp::fold(FoldAdaptor adaptor) {
  if (isSplat(adaptor.getRhs(), 1))
    return getLhs();
  return foldSplats(getType(), adaptor.getLhs(), adaptor.getRhs(),
                    [](float a, float b) { return a / b; });
}

OpFoldResult SelectOp::fold(FoldAdaptor adaptor) {
  if (getOnTrue() == getOnFalse())
    return getOnTrue();
  if (auto condition = splatValue(adaptor.getCondition()))
    return *condition != 0 ? getOnTrue() : getOnFalse();
  return {};
}

OpFoldResult CastOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  auto value = splatValue(adaptor.getOperand());
  if (value && !isFloat(getOperand()))
    return splatOf(getType(), *value);
  return {};
}
