// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers, builders, folders and accesses of the view operations, and of
// concat, which reads several operands in turn.

#include "descent/Dialect/Descent/Math.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace descent;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}
static ArrayRef<int64_t> shapeOf(Value value) {
  return typeOf(value).getShape();
}

static AccessAttr access(MLIRContext *context, unsigned dims,
                         ArrayRef<AffineExpr> results) {
  return AccessAttr::get(AffineMap::get(dims, 0, results, context));
}

static SmallVector<AffineExpr> dimExprs(unsigned count, MLIRContext *context) {
  SmallVector<AffineExpr> dims;
  for (unsigned i = 0; i < count; ++i)
    dims.push_back(getAffineDimExpr(i, context));
  return dims;
}

static std::string text(ArrayRef<int64_t> shape) {
  std::string result;
  llvm::raw_string_ostream stream(result);
  stream << "[";
  llvm::interleaveComma(shape, stream);
  stream << "]";
  return result;
}

/// Reports where `found` and `expected` differ.
static LogicalResult expectShape(Operation *op, ArrayRef<int64_t> found,
                                 ArrayRef<int64_t> expected) {
  if (found == expected)
    return success();
  return op->emitOpError("expected a result of shape ")
         << text(expected) << ", got " << text(found);
}

static LogicalResult expectLength(Operation *op, StringRef name,
                                  ArrayRef<int64_t> list, size_t length) {
  if (list.size() == length)
    return success();
  return op->emitOpError("expected ")
         << length << " numbers in '" << name << "', got " << list.size();
}

//===----------------------------------------------------------------------===//
// reshape, transpose, broadcast
//===----------------------------------------------------------------------===//

LogicalResult ReshapeOp::verify() {
  if (typeOf(getOperand()).getNumElements() != getType().getNumElements())
    return emitOpError("expected as many elements in the result as in the "
                       "operand, got ")
           << getType().getNumElements() << " and "
           << typeOf(getOperand()).getNumElements();
  return success();
}

AccessAttr ReshapeOp::getAccess() {
  auto dims = dimExprs(getType().getRank(), getContext());
  AffineExpr index = joinIndices(dims, getType().getShape(), getContext());
  auto digits = splitIndex(index, shapeOf(getOperand()));
  return simplifyAccess(access(getContext(), dims.size(), digits),
                        getType().getShape());
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  if (auto constant = dyn_cast_or_null<DenseElementsAttr>(adaptor.getOperand()))
    return constant.reshape(getType());
  if (auto inner = getOperand().getDefiningOp<ReshapeOp>()) {
    getOperandMutable().assign(inner.getOperand());
    return getResult();
  }
  return {};
}

void TransposeOp::build(OpBuilder &b, OperationState &state, Value operand,
                        ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> shape;
  for (int64_t dim : permutation)
    shape.push_back(shapeOf(operand)[dim]);
  build(b, state, tensorType(shape, typeOf(operand).getElementType()), operand,
        permutation);
}

LogicalResult TransposeOp::verify() {
  if (failed(expectLength(*this, "permutation", getPermutation(),
                          typeOf(getOperand()).getRank())))
    return failure();
  if (!isPermutationVector(getPermutation()))
    return emitOpError(
               "expected a permutation of the operand's dimensions, got ")
           << text(getPermutation());
  SmallVector<int64_t> shape;
  for (int64_t dim : getPermutation())
    shape.push_back(shapeOf(getOperand())[dim]);
  return expectShape(*this, getType().getShape(), shape);
}

AccessAttr TransposeOp::getAccess() {
  SmallVector<AffineExpr> results(getPermutation().size());
  for (auto [i, dim] : llvm::enumerate(getPermutation()))
    results[dim] = getAffineDimExpr(i, getContext());
  return access(getContext(), results.size(), results);
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (llvm::is_sorted(getPermutation()))
    return getOperand();
  if (auto constant = dyn_cast_or_null<SplatElementsAttr>(adaptor.getOperand()))
    return constant.resizeSplat(getType());
  if (auto inner = getOperand().getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> composed;
    for (int64_t dim : getPermutation())
      composed.push_back(inner.getPermutation()[dim]);
    setPermutation(composed);
    getOperandMutable().assign(inner.getOperand());
    return getResult();
  }
  return {};
}

LogicalResult BroadcastOp::verify() {
  if (failed(expectLength(*this, "dims", getDims(),
                          typeOf(getOperand()).getRank())))
    return failure();
  int64_t previous = -1;
  for (auto [i, dim] : llvm::enumerate(getDims())) {
    if (dim <= previous || dim >= getType().getRank())
      return emitOpError(
                 "expected increasing dimensions of the result in 'dims', got ")
             << text(getDims());
    if (getType().getDimSize(dim) != shapeOf(getOperand())[i])
      return emitOpError("operand dimension ")
             << i << " has extent " << shapeOf(getOperand())[i]
             << ", result dimension " << dim << " has "
             << getType().getDimSize(dim);
    previous = dim;
  }
  return success();
}

AccessAttr BroadcastOp::getAccess() {
  SmallVector<AffineExpr> results;
  for (int64_t dim : getDims())
    results.push_back(getAffineDimExpr(dim, getContext()));
  return access(getContext(), getType().getRank(), results);
}

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  if (auto constant = dyn_cast_or_null<SplatElementsAttr>(adaptor.getOperand()))
    return constant.resizeSplat(getType());
  if (auto inner = getOperand().getDefiningOp<BroadcastOp>()) {
    SmallVector<int64_t> composed;
    for (int64_t dim : inner.getDims())
      composed.push_back(getDims()[dim]);
    setDims(composed);
    getOperandMutable().assign(inner.getOperand());
    return getResult();
  }
  return {};
}

//===----------------------------------------------------------------------===//
// reverse, slice, pad
//===----------------------------------------------------------------------===//

LogicalResult ReverseOp::verify() {
  int64_t previous = -1;
  for (int64_t dim : getDims()) {
    if (dim <= previous || dim >= getType().getRank())
      return emitOpError("expected increasing dimensions of the operand in "
                         "'dims', got ")
             << text(getDims());
    previous = dim;
  }
  return success();
}

AccessAttr ReverseOp::getAccess() {
  auto results = dimExprs(getType().getRank(), getContext());
  for (int64_t dim : getDims())
    results[dim] = getType().getDimSize(dim) - 1 - results[dim];
  return access(getContext(), results.size(), results);
}

OpFoldResult ReverseOp::fold(FoldAdaptor adaptor) {
  if (llvm::all_of(getDims(),
                   [&](int64_t dim) { return getType().getDimSize(dim) == 1; }))
    return getOperand();
  if (auto constant = dyn_cast_or_null<SplatElementsAttr>(adaptor.getOperand()))
    return constant;
  auto inner = getOperand().getDefiningOp<ReverseOp>();
  if (!inner)
    return {};
  // What is reversed twice is not reversed.
  SmallVector<int64_t> dims;
  for (int64_t dim = 0; dim < getType().getRank(); ++dim)
    if (llvm::is_contained(getDims(), dim) !=
        llvm::is_contained(inner.getDims(), dim))
      dims.push_back(dim);
  if (dims.empty())
    return inner.getOperand();
  setDims(dims);
  getOperandMutable().assign(inner.getOperand());
  return getResult();
}

LogicalResult SliceOp::verify() {
  auto operand = typeOf(getOperand());
  if (failed(expectLength(*this, "offsets", getOffsets(), operand.getRank())) ||
      failed(expectLength(*this, "strides", getStrides(), operand.getRank())))
    return failure();
  if (getType().getRank() != operand.getRank())
    return emitOpError("expected a result of rank ") << operand.getRank();
  for (int64_t i = 0; i < operand.getRank(); ++i) {
    int64_t last =
        getOffsets()[i] + (getType().getDimSize(i) - 1) * getStrides()[i];
    if (getOffsets()[i] < 0 || getStrides()[i] < 1 ||
        last >= operand.getDimSize(i))
      return emitOpError("dimension ")
             << i << " reads from " << getOffsets()[i] << " to " << last
             << " by " << getStrides()[i] << " in an extent of "
             << operand.getDimSize(i);
  }
  return success();
}

AccessAttr SliceOp::getAccess() {
  SmallVector<AffineExpr> results;
  for (int64_t i = 0; i < getType().getRank(); ++i)
    results.push_back(getAffineDimExpr(i, getContext()) * getStrides()[i] +
                      getOffsets()[i]);
  return access(getContext(), results.size(), results);
}

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  if (auto constant = dyn_cast_or_null<SplatElementsAttr>(adaptor.getOperand()))
    return constant.resizeSplat(getType());
  return {};
}

namespace {
/// slice(reduce_sum(x)) -> reduce_sum(slice(x)): what is cut away need not be
/// summed. The gradient of padding is such a slice.
struct SliceBeforeSum : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto sum = op.getOperand().getDefiningOp<ReduceSumOp>();
    if (!sum || !sum->hasOneUse())
      return failure();
    auto shape = shapeOf(sum.getOperand());
    SmallVector<int64_t> offsets(shape.size(), 0), strides(shape.size(), 1),
        sizes(shape);
    for (auto [i, dim] :
         llvm::enumerate(dimsExcept(shape.size(), sum.getDims()))) {
      offsets[dim] = op.getOffsets()[i];
      strides[dim] = op.getStrides()[i];
      sizes[dim] = op.getType().getDimSize(i);
    }
    Value slice = sliceOf(rewriter, op.getLoc(), sum.getOperand(), offsets,
                          sizes, strides);
    rewriter.replaceOpWithNewOp<ReduceSumOp>(op, slice, sum.getDims());
    return success();
  }
};

/// reduce_sum(transpose(x)) -> reduce_sum(x), if what is left of both has one
/// order.
struct SumBeforeTranspose : OpRewritePattern<ReduceSumOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceSumOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getOperand().getDefiningOp<TransposeOp>();
    if (!transpose)
      return failure();
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    SmallVector<int64_t> dims, left;
    for (auto [i, dim] : llvm::enumerate(permutation))
      (llvm::is_contained(op.getDims(), int64_t(i)) ? dims : left)
          .push_back(dim);
    if (!llvm::is_sorted(left))
      return failure();
    llvm::sort(dims);
    rewriter.replaceOpWithNewOp<ReduceSumOp>(op, transpose.getOperand(), dims);
    return success();
  }
};

/// reduce_sum(pad(x)) -> pad(reduce_sum(x)), and the same of a sum of padded
/// values: zeros need not be summed. The gradient of a bias that is read in
/// slices is such a sum.
struct SumBeforePad : OpRewritePattern<ReduceSumOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceSumOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> addends{op.getOperand()};
    if (auto add = op.getOperand().getDefiningOp<AddOp>())
      addends = llvm::to_vector(add.getOperands());
    if (!llvm::all_of(addends, [](Value addend) {
          auto pad = addend.getDefiningOp<PadOp>();
          return pad && pad.getMode() == PadMode::zero;
        }))
      return failure();
    for (Value &addend : addends)
      addend = sumOf(rewriter, op.getLoc(), addend.getDefiningOp<PadOp>(), op);
    if (addends.size() == 1)
      rewriter.replaceOp(op, addends[0]);
    else
      rewriter.replaceOpWithNewOp<AddOp>(op, op.getType(), addends);
    return success();
  }

  static Value sumOf(OpBuilder &b, Location loc, PadOp pad, ReduceSumOp op) {
    SmallVector<int64_t> low, high;
    for (int64_t dim : dimsExcept(pad.getLow().size(), op.getDims())) {
      low.push_back(pad.getLow()[dim]);
      high.push_back(pad.getHigh()[dim]);
    }
    Value sum = b.create<ReduceSumOp>(loc, pad.getOperand(), op.getDims());
    return sum.getType() == op.getType()
               ? sum
               : b.create<PadOp>(loc, sum, low, high, PadMode::zero);
  }
};
} // namespace

void SliceOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                          MLIRContext *context) {
  patterns.add<SliceBeforeSum, SumBeforeTranspose, SumBeforePad>(context);
}

static SmallVector<int64_t> paddedShape(ArrayRef<int64_t> shape,
                                        ArrayRef<int64_t> low,
                                        ArrayRef<int64_t> high) {
  SmallVector<int64_t> result(shape);
  for (size_t i = 0; i < result.size(); ++i)
    result[i] += low[i] + high[i];
  return result;
}

void PadOp::build(OpBuilder &b, OperationState &state, Value operand,
                  ArrayRef<int64_t> low, ArrayRef<int64_t> high, PadMode mode) {
  build(b, state,
        tensorType(paddedShape(shapeOf(operand), low, high),
                   typeOf(operand).getElementType()),
        operand, low, high, mode);
}

LogicalResult PadOp::verify() {
  auto operand = typeOf(getOperand());
  if (failed(expectLength(*this, "low", getLow(), operand.getRank())) ||
      failed(expectLength(*this, "high", getHigh(), operand.getRank())))
    return failure();
  if (llvm::any_of(llvm::concat<const int64_t>(getLow(), getHigh()),
                   [](int64_t n) { return n < 0; }))
    return emitOpError("expected padding of zero or more");
  if (getMode() == PadMode::lowest && !isa<FloatType>(operand.getElementType()))
    return emitOpError("pads with the lowest value in floats only, got ")
           << operand;
  return expectShape(*this, getType().getShape(),
                     paddedShape(operand.getShape(), getLow(), getHigh()));
}

AccessAttr PadOp::getAccess() {
  Builder b(getContext());
  unsigned rank = getType().getRank();
  SmallVector<AffineExpr> results, constraints;
  for (unsigned i = 0; i < rank; ++i) {
    AffineExpr index = getAffineDimExpr(i, getContext()) - getLow()[i];
    results.push_back(index);
    if (getLow()[i] > 0)
      constraints.push_back(index);
    if (getHigh()[i] > 0)
      constraints.push_back(shapeOf(getOperand())[i] - 1 - index);
  }
  auto map = AffineMap::get(rank, 0, results, getContext());
  if (constraints.empty())
    return AccessAttr::get(map);
  SmallVector<bool> equalities(constraints.size(), false);
  Type element = getType().getElementType();
  TypedAttr fill = getMode() == PadMode::lowest
                       ? TypedAttr(b.getFloatAttr(
                             element, -std::numeric_limits<double>::infinity()))
                       : cast<TypedAttr>(b.getZeroAttr(element));
  return AccessAttr::get(getContext(), map,
                         IntegerSet::get(rank, 0, constraints, equalities),
                         fill);
}

OpFoldResult PadOp::fold(FoldAdaptor) {
  return getOperand().getType() == getType() ? getOperand() : Value();
}

//===----------------------------------------------------------------------===//
// window, unwindow
//===----------------------------------------------------------------------===//

/// Checks what window and unwindow share; `wide` is the type with the longer
/// spatial extents.
static LogicalResult verifyWindow(Operation *op, RankedTensorType wide,
                                  RankedTensorType narrow,
                                  ArrayRef<int64_t> dims,
                                  ArrayRef<int64_t> strides,
                                  ArrayRef<int64_t> dilations) {
  if (failed(expectLength(op, "strides", strides, dims.size())) ||
      failed(expectLength(op, "dilations", dilations, dims.size())))
    return failure();
  if (wide.getRank() != narrow.getRank() ||
      wide.getElementType() != narrow.getElementType())
    return op->emitOpError(
        "expected operand and result of one rank and element type");
  int64_t first = wide.getRank() - static_cast<int64_t>(dims.size());
  SmallVector<int64_t> expected(wide.getShape());
  int64_t previous = -1;
  for (auto [i, dim] : llvm::enumerate(dims)) {
    if (dim <= previous || dim >= first)
      return op->emitOpError("expected increasing spatial dimensions before "
                             "the window dimensions, got ")
             << text(dims);
    if (strides[i] < 1 || dilations[i] < 1)
      return op->emitOpError("expected strides and dilations of one or more");
    int64_t reach = dilations[i] * (wide.getDimSize(first + i) - 1) + 1;
    if (reach > wide.getDimSize(dim))
      return op->emitOpError("a window of reach ")
             << reach << " does not fit an extent of " << wide.getDimSize(dim);
    expected[dim] = (wide.getDimSize(dim) - reach) / strides[i] + 1;
    previous = dim;
  }
  if (expected != narrow.getShape())
    return op->emitOpError("expected window positions of shape ")
           << text(expected) << ", got " << text(narrow.getShape());
  return success();
}

void WindowOp::build(OpBuilder &b, OperationState &state, Value operand,
                     ArrayRef<int64_t> dims, ArrayRef<int64_t> strides,
                     ArrayRef<int64_t> dilations) {
  SmallVector<int64_t> shape(shapeOf(operand));
  size_t first = shape.size() - dims.size();
  for (auto [i, dim] : llvm::enumerate(dims))
    shape[dim] =
        (shape[dim] - dilations[i] * (shape[first + i] - 1) - 1) / strides[i] +
        1;
  build(b, state, tensorType(shape, typeOf(operand).getElementType()), operand,
        dims, strides, dilations);
}

LogicalResult WindowOp::verify() {
  return verifyWindow(*this, typeOf(getOperand()), getType(), getDims(),
                      getStrides(), getDilations());
}

AccessAttr WindowOp::getAccess() {
  auto results = dimExprs(getType().getRank(), getContext());
  size_t first = results.size() - getDims().size();
  for (auto [i, dim] : llvm::enumerate(getDims()))
    results[dim] =
        results[dim] * getStrides()[i] + results[first + i] * getDilations()[i];
  return access(getContext(), results.size(), results);
}

LogicalResult UnwindowOp::verify() {
  return verifyWindow(*this, getType(), typeOf(getOperand()), getDims(),
                      getStrides(), getDilations());
}

AccessAttr UnwindowOp::getAccess() {
  Builder b(getContext());
  auto results = dimExprs(getType().getRank(), getContext());
  size_t first = results.size() - getDims().size();
  SmallVector<AffineExpr> constraints;
  SmallVector<bool> equalities;
  for (auto [i, dim] : llvm::enumerate(getDims())) {
    AffineExpr distance = results[dim] - results[first + i] * getDilations()[i];
    int64_t stride = getStrides()[i], positions = shapeOf(getOperand())[dim];
    constraints.push_back(distance);
    constraints.push_back((positions - 1) * stride - distance);
    equalities.append(2, false);
    if (stride > 1) {
      constraints.push_back(distance % stride);
      equalities.push_back(true);
    }
    results[dim] = distance.floorDiv(stride);
  }
  auto map = AffineMap::get(results.size(), 0, results, getContext());
  auto fill = cast<TypedAttr>(b.getZeroAttr(getType().getElementType()));
  auto guard = IntegerSet::get(results.size(), 0, constraints, equalities);
  return simplifyAccess(AccessAttr::get(getContext(), map, guard, fill),
                        getType().getShape());
}

//===----------------------------------------------------------------------===//
// concat
//===----------------------------------------------------------------------===//

void ConcatOp::build(OpBuilder &b, OperationState &state, ValueRange operands,
                     int64_t axis) {
  SmallVector<int64_t> shape(shapeOf(operands[0]));
  for (Value operand : operands.drop_front())
    shape[axis] += shapeOf(operand)[axis];
  build(b, state, tensorType(shape, typeOf(operands[0]).getElementType()),
        operands, axis);
}

LogicalResult ConcatOp::verify() {
  if (getOperands().empty())
    return emitOpError("expected at least one operand");
  int64_t axis = getAxis(), extent = 0;
  if (axis < 0 || axis >= getType().getRank())
    return emitOpError("expected an axis in [0, ")
           << getType().getRank() << "), got " << axis;
  for (Value operand : getOperands()) {
    auto type = typeOf(operand);
    if (type.getRank() != getType().getRank() ||
        type.getElementType() != getType().getElementType())
      return emitOpError(
          "expected operands of the result's rank and element type");
    for (int64_t i = 0; i < type.getRank(); ++i)
      if (i != axis && type.getDimSize(i) != getType().getDimSize(i))
        return emitOpError("operands differ in dimension ")
               << i << ": " << type.getDimSize(i) << " and "
               << getType().getDimSize(i);
    extent += type.getDimSize(axis);
  }
  if (extent != getType().getDimSize(axis))
    return emitOpError("expected an extent of ")
           << extent << " along the axis, got " << getType().getDimSize(axis);
  return success();
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  return getOperands().size() == 1 ? getOperands()[0] : Value();
}

void ConcatOp::getIterationDomain(SmallVectorImpl<int64_t> &parallel,
                                  SmallVectorImpl<int64_t> &) {
  llvm::append_range(parallel, getType().getShape());
}

/// Where operand `index` begins and ends along the axis.
static std::pair<int64_t, int64_t> span(ConcatOp op, unsigned index) {
  int64_t begin = 0;
  for (Value operand : op.getOperands().take_front(index))
    begin += shapeOf(operand)[op.getAxis()];
  return {begin, begin + shapeOf(op.getOperands()[index])[op.getAxis()]};
}

static IntegerSet spanSet(ConcatOp op, unsigned index) {
  auto [begin, end] = span(op, index);
  AffineExpr dim = getAffineDimExpr(op.getAxis(), op.getContext());
  return IntegerSet::get(op.getType().getRank(), 0,
                         {dim - begin, end - 1 - dim}, {false, false});
}

AccessAttr ConcatOp::getOperandAccess(unsigned operand) {
  auto results = dimExprs(getType().getRank(), getContext());
  results[getAxis()] = results[getAxis()] - span(*this, operand).first;
  auto map = AffineMap::get(results.size(), 0, results, getContext());
  auto fill = cast<TypedAttr>(
      Builder(getContext()).getZeroAttr(getType().getElementType()));
  return simplifyAccess(
      AccessAttr::get(getContext(), map, spanSet(*this, operand), fill),
      getType().getShape());
}

SmallVector<Value> ConcatOp::buildScalarBody(OpBuilder &b,
                                             ValueRange operands) {
  Value result = operands.back();
  for (int64_t i = static_cast<int64_t>(operands.size()) - 2; i >= 0; --i) {
    Value here = b.create<InBoundsOp>(getLoc(), b.getI1Type(),
                                      IntegerSetAttr::get(spanSet(*this, i)));
    result = b.create<SelectOp>(getLoc(), here, operands[i], result);
  }
  return {result};
}
