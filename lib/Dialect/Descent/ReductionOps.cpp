// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers, builders and loop nests of reductions, contractions and sources.

#include "descent/Dialect/Descent/Math.h"

using namespace mlir;
using namespace descent;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

//===----------------------------------------------------------------------===//
// What the reductions over `dims` share
//===----------------------------------------------------------------------===//

static RankedTensorType reducedType(RankedTensorType type,
                                    ArrayRef<int64_t> dims, Type element) {
  SmallVector<int64_t> shape;
  for (int64_t dim : dimsExcept(type.getRank(), dims))
    shape.push_back(type.getDimSize(dim));
  return tensorType(shape, element);
}

static LogicalResult verifyReduction(Operation *op, ArrayRef<int64_t> dims) {
  auto operand = typeOf(op->getOperand(0));
  if (dims.empty())
    return op->emitOpError("expected at least one dimension to reduce");
  int64_t previous = -1;
  for (int64_t dim : dims) {
    if (dim <= previous || dim >= operand.getRank())
      return op->emitOpError(
                 "expected increasing dimensions of the operand, got ")
             << dims;
    previous = dim;
  }
  auto expected = reducedType(operand, dims, operand.getElementType());
  for (Value result : op->getResults())
    if (typeOf(result).getShape() != expected.getShape())
      return op->emitOpError("expected results of the shape of ")
             << expected << ", got " << result.getType();
  if (typeOf(op->getResult(0)) != expected)
    return op->emitOpError("expected a result of the operand's element type, "
                           "got ")
           << op->getResult(0).getType() << " for " << operand;
  return success();
}

static void reductionDomain(RankedTensorType type, ArrayRef<int64_t> dims,
                            SmallVectorImpl<int64_t> &parallel,
                            SmallVectorImpl<int64_t> &reduction) {
  for (int64_t dim : dimsExcept(type.getRank(), dims))
    parallel.push_back(type.getDimSize(dim));
  for (int64_t dim : dims)
    reduction.push_back(type.getDimSize(dim));
}

static AccessAttr reductionAccess(RankedTensorType type,
                                  ArrayRef<int64_t> dims) {
  SmallVector<AffineExpr> results(type.getRank());
  unsigned next = 0;
  for (int64_t dim : dimsExcept(type.getRank(), dims))
    results[dim] = getAffineDimExpr(next++, type.getContext());
  for (int64_t dim : dims)
    results[dim] = getAffineDimExpr(next++, type.getContext());
  return AccessAttr::get(
      AffineMap::get(type.getRank(), 0, results, type.getContext()));
}

#define DESCENT_REDUCTION(Op, combiner)                                        \
  LogicalResult Op::verify() { return verifyReduction(*this, getDims()); }     \
  uint64_t Op::getFlops() { return typeOf(getOperand()).getNumElements(); }    \
  void Op::getIterationDomain(SmallVectorImpl<int64_t> &parallel,              \
                              SmallVectorImpl<int64_t> &reduction) {           \
    reductionDomain(typeOf(getOperand()), getDims(), parallel, reduction);     \
  }                                                                            \
  AccessAttr Op::getOperandAccess(unsigned) {                                  \
    return reductionAccess(typeOf(getOperand()), getDims());                   \
  }                                                                            \
  SmallVector<Combiner> Op::getCombiners() { return {combiner}; }              \
  SmallVector<Value> Op::buildScalarBody(OpBuilder &, ValueRange operands) {   \
    return {operands[0]};                                                      \
  }

DESCENT_REDUCTION(ReduceSumOp, Combiner::sum)
DESCENT_REDUCTION(ReduceMaxOp, Combiner::max)
DESCENT_REDUCTION(ReduceProdOp, Combiner::product)
DESCENT_REDUCTION(MaxWithIndexOp, Combiner::max_index)
#undef DESCENT_REDUCTION

#define DESCENT_REDUCTION_BUILDER(Op)                                          \
  void Op::build(OpBuilder &b, OperationState &state, Value operand,           \
                 ArrayRef<int64_t> dims) {                                     \
    auto type = typeOf(operand);                                               \
    build(b, state, reducedType(type, dims, type.getElementType()), operand,   \
          dims);                                                               \
  }

DESCENT_REDUCTION_BUILDER(ReduceSumOp)
DESCENT_REDUCTION_BUILDER(ReduceMaxOp)
DESCENT_REDUCTION_BUILDER(ReduceProdOp)
#undef DESCENT_REDUCTION_BUILDER

void MaxWithIndexOp::build(OpBuilder &b, OperationState &state, Value operand,
                           ArrayRef<int64_t> dims) {
  auto type = typeOf(operand);
  build(b, state, reducedType(type, dims, type.getElementType()),
        reducedType(type, dims, b.getI32Type()), operand, dims);
}

//===----------------------------------------------------------------------===//
// contract
//===----------------------------------------------------------------------===//

/// The extent of every label, in the order result labels first, then the summed
/// ones by first appearance.
static SmallVector<std::pair<int64_t, int64_t>> labelExtents(ContractOp op) {
  SmallVector<std::pair<int64_t, int64_t>> extents;
  auto visit = [&](ArrayRef<int64_t> labels, RankedTensorType type) {
    for (auto [label, extent] : llvm::zip(labels, type.getShape()))
      if (llvm::none_of(extents, [label = label](auto &known) {
            return known.first == label;
          }))
        extents.push_back({label, extent});
  };
  visit(op.getResultLabels(), op.getType());
  visit(op.getLhsLabels(), typeOf(op.getLhs()));
  visit(op.getRhsLabels(), typeOf(op.getRhs()));
  return extents;
}

void ContractOp::build(OpBuilder &b, OperationState &state, Value lhs,
                       ArrayRef<int64_t> lhsLabels, Value rhs,
                       ArrayRef<int64_t> rhsLabels,
                       ArrayRef<int64_t> resultLabels) {
  SmallVector<int64_t> shape;
  for (int64_t label : resultLabels) {
    auto inLhs = llvm::find(lhsLabels, label);
    shape.push_back(inLhs != lhsLabels.end()
                        ? typeOf(lhs).getDimSize(inLhs - lhsLabels.begin())
                        : typeOf(rhs).getDimSize(llvm::find(rhsLabels, label) -
                                                 rhsLabels.begin()));
  }
  build(b, state, tensorType(shape, typeOf(lhs).getElementType()), lhs, rhs,
        lhsLabels, rhsLabels, resultLabels);
}

LogicalResult ContractOp::verify() {
  struct Part {
    StringRef name;
    ArrayRef<int64_t> labels;
    RankedTensorType type;
  } parts[] = {{"lhs", getLhsLabels(), typeOf(getLhs())},
               {"rhs", getRhsLabels(), typeOf(getRhs())},
               {"result", getResultLabels(), getType()}};
  for (const Part &part : parts)
    if (part.labels.size() != static_cast<size_t>(part.type.getRank()))
      return emitOpError("expected one label a dimension of ") << part.name;
  for (const Part &part : parts)
    if (part.type.getElementType() != getType().getElementType())
      return emitOpError("expected one element type, got ")
             << parts[0].type << ", " << parts[1].type << " and "
             << parts[2].type;
  for (const Part &part : parts) {
    for (auto [i, label] : llvm::enumerate(part.labels)) {
      if (llvm::count(part.labels, label) != 1)
        return emitOpError("label ")
               << label << " stands twice in " << part.name;
      int places = 0;
      for (const Part &other : parts)
        for (auto [j, otherLabel] : llvm::enumerate(other.labels))
          if (otherLabel == label) {
            ++places;
            if (other.type.getDimSize(j) != part.type.getDimSize(i))
              return emitOpError("label ")
                     << label << " has extent " << part.type.getDimSize(i)
                     << " in " << part.name << " and "
                     << other.type.getDimSize(j) << " in " << other.name;
          }
      if (places < 2)
        return emitOpError("label ")
               << label << " stands in " << part.name << " alone";
    }
  }
  return success();
}

uint64_t ContractOp::getFlops() {
  uint64_t points = 2;
  for (auto [label, extent] : labelExtents(*this))
    points *= extent;
  return points;
}

void ContractOp::getIterationDomain(SmallVectorImpl<int64_t> &parallel,
                                    SmallVectorImpl<int64_t> &reduction) {
  for (auto [i, label] : llvm::enumerate(labelExtents(*this)))
    (i < getResultLabels().size() ? parallel : reduction)
        .push_back(label.second);
}

AccessAttr ContractOp::getOperandAccess(unsigned operand) {
  auto extents = labelExtents(*this);
  SmallVector<AffineExpr> results;
  for (int64_t label : operand == 0 ? getLhsLabels() : getRhsLabels()) {
    auto place = llvm::find_if(
        extents, [&](auto &known) { return known.first == label; });
    results.push_back(getAffineDimExpr(place - extents.begin(), getContext()));
  }
  return AccessAttr::get(
      AffineMap::get(extents.size(), 0, results, getContext()));
}

SmallVector<Combiner> ContractOp::getCombiners() {
  return labelExtents(*this).size() > getResultLabels().size()
             ? SmallVector<Combiner>{Combiner::sum}
             : SmallVector<Combiner>{};
}

SmallVector<Value> ContractOp::buildScalarBody(OpBuilder &b,
                                               ValueRange operands) {
  return {b.create<MulOp>(getLoc(), operands[0], operands[1])};
}

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

LogicalResult IotaOp::verify() {
  if (getDim() && *getDim() >= static_cast<uint64_t>(getType().getRank()))
    return emitOpError("expected a dimension in [0, ")
           << getType().getRank() << "), got "
           << static_cast<int64_t>(*getDim());
  return success();
}

void IotaOp::getIterationDomain(SmallVectorImpl<int64_t> &parallel,
                                SmallVectorImpl<int64_t> &) {
  llvm::append_range(parallel, getType().getShape());
}

AccessAttr IotaOp::getOperandAccess(unsigned) {
  llvm_unreachable("iota has no operands");
}

SmallVector<Value> IotaOp::buildScalarBody(OpBuilder &b, ValueRange) {
  AffineExpr index = getAffineConstantExpr(0, getContext());
  for (int64_t i = 0; i < getType().getRank(); ++i)
    if (!getDim())
      index =
          index * getType().getDimSize(i) + getAffineDimExpr(i, getContext());
    else if (*getDim() == static_cast<uint64_t>(i))
      index = getAffineDimExpr(i, getContext());
  return {b.create<IndexOp>(getLoc(), b.getI32Type(),
                            AffineMap::get(getType().getRank(), 0, index))};
}

LogicalResult ControlOp::verify() {
  Type expected = getWord() == ControlWord::lr_scale
                      ? Type(Float32Type::get(getContext()))
                      : Type(IntegerType::get(getContext(), 32));
  if (getType() != tensorType({}, expected))
    return emitOpError("expected a result of type ")
           << tensorType({}, expected);
  return success();
}
