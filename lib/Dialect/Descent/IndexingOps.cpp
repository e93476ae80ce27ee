// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers, builders and loop nests of gather and scatter_add.

#include "descent/Dialect/Descent/Math.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"

using namespace mlir;
using namespace descent;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// `type` with `extent` elements along `axis`.
static RankedTensorType withExtent(RankedTensorType type, int64_t axis,
                                   int64_t extent) {
  SmallVector<int64_t> shape(type.getShape());
  shape[axis] = extent;
  return tensorType(shape, type.getElementType());
}

static LogicalResult verifyAxis(Operation *op, int64_t axis,
                                RankedTensorType type) {
  if (axis >= 0 && axis < type.getRank())
    return success();
  return op->emitOpError("expected an axis in [0, ")
         << type.getRank() << ") of " << type << ", got " << axis;
}

static AccessAttr identity(MLIRContext *context, unsigned rank) {
  return AccessAttr::get(AffineMap::getMultiDimIdentityMap(rank, context));
}

//===----------------------------------------------------------------------===//
// gather
//===----------------------------------------------------------------------===//

void GatherOp::build(OpBuilder &b, OperationState &state, Value operand,
                     Value indices, int64_t axis) {
  build(b, state,
        withElementType(indices.getType(), typeOf(operand).getElementType()),
        operand, indices, axis);
}

LogicalResult GatherOp::verify() {
  auto operand = typeOf(getOperand()), indices = typeOf(getIndices());
  int64_t axis = getAxis();
  if (failed(verifyAxis(*this, axis, operand)))
    return failure();
  if (indices.getRank() != operand.getRank() ||
      withExtent(indices, axis, operand.getDimSize(axis)).getShape() !=
          operand.getShape())
    return emitOpError("expected indices of the operand's shape but for the "
                       "extent along axis ")
           << axis << ", got " << indices << " for " << operand;
  Type expected = withElementType(indices, operand.getElementType());
  if (getType() != expected)
    return emitOpError("expected a result of type ")
           << expected << ", got " << getType();
  return success();
}

uint64_t GatherOp::getFlops() { return 0; }

void GatherOp::getIterationDomain(SmallVectorImpl<int64_t> &parallel,
                                  SmallVectorImpl<int64_t> &) {
  llvm::append_range(parallel, getType().getShape());
}

AccessAttr GatherOp::getOperandAccess(unsigned operand) {
  return operand == 0 ? wholeAccess(getContext())
                      : identity(getContext(), getType().getRank());
}

SmallVector<Value> GatherOp::buildScalarBody(OpBuilder &b,
                                             ValueRange operands) {
  unsigned rank = getType().getRank();
  SmallVector<Value> indices;
  for (unsigned i = 0; i < rank; ++i)
    indices.push_back(
        i == getAxis()
            ? operands[1]
            : b.create<IndexOp>(
                   getLoc(), b.getI32Type(),
                   AffineMap::get(rank, 0, getAffineDimExpr(i, getContext())))
                  .getResult());
  return {b.create<LoadOp>(getLoc(), getType().getElementType(), operands[0],
                           indices)};
}

//===----------------------------------------------------------------------===//
// scatter_add
//===----------------------------------------------------------------------===//

void ScatterAddOp::build(OpBuilder &b, OperationState &state, Value updates,
                         Value indices, int64_t axis, int64_t extent) {
  build(b, state, withExtent(typeOf(updates), axis, extent), updates, indices,
        axis, extent);
}

LogicalResult ScatterAddOp::verify() {
  auto updates = typeOf(getUpdates()), indices = typeOf(getIndices());
  int64_t axis = getAxis(), extent = getExtent();
  if (failed(verifyAxis(*this, axis, updates)))
    return failure();
  if (indices.getShape() != updates.getShape())
    return emitOpError("expected indices of the updates' shape, got ")
           << indices << " for " << updates;
  if (extent < 1)
    return emitOpError("expected a positive extent, got ") << extent;
  Type expected = withExtent(updates, axis, extent);
  if (getType() != expected)
    return emitOpError("expected a result of type ")
           << expected << ", got " << getType();
  return success();
}

uint64_t ScatterAddOp::getFlops() {
  return getType().getNumElements() *
         typeOf(getUpdates()).getDimSize(getAxis());
}

void ScatterAddOp::getIterationDomain(SmallVectorImpl<int64_t> &parallel,
                                      SmallVectorImpl<int64_t> &reduction) {
  llvm::append_range(parallel, getType().getShape());
  reduction.push_back(typeOf(getUpdates()).getDimSize(getAxis()));
}

AccessAttr ScatterAddOp::getOperandAccess(unsigned) {
  unsigned rank = getType().getRank();
  SmallVector<AffineExpr> results;
  for (unsigned i = 0; i < rank; ++i)
    results.push_back(
        getAffineDimExpr(i == getAxis() ? rank : i, getContext()));
  return AccessAttr::get(AffineMap::get(rank + 1, 0, results, getContext()));
}

SmallVector<Combiner> ScatterAddOp::getCombiners() { return {Combiner::sum}; }

SmallVector<Value> ScatterAddOp::buildScalarBody(OpBuilder &b,
                                                 ValueRange operands) {
  Value update = operands[0];
  Value place = b.create<IndexOp>(
      getLoc(), b.getI32Type(),
      AffineMap::get(getType().getRank() + 1, 0,
                     getAffineDimExpr(getAxis(), getContext())));
  Value hit = b.create<CompareOp>(getLoc(), Predicate::eq, operands[1], place);
  return {b.create<SelectOp>(getLoc(), hit, update,
                             constantLike(b, getLoc(), update.getType(), 0))};
}
