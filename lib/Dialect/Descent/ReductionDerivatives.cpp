// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The vector-Jacobian products of reductions, contractions, indexing and
// composites, in the order of the ODS file. `ct` is the cotangent of the
// result.

#include "Derivatives.h"

using namespace mlir;
using namespace descent;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

//===----------------------------------------------------------------------===//
// Reductions and contractions
//===----------------------------------------------------------------------===//

/// A reduced value repeated over the dimensions it was reduced over.
static Value unreduce(OpBuilder &b, Location loc, Value value, Value operand,
                      ArrayRef<int64_t> dims) {
  return broadcastTo(b, loc, value, shapeOf(operand),
                     dimsExcept(shapeOf(operand).size(), dims));
}

DESCENT_VJP(ReduceSumOp, unreduce(b, loc, ct, getOperand(), getDims()))

void ReduceMaxOp::buildVJP(OpBuilder &b, ValueRange cotangents, ArrayRef<bool>,
                           MutableArrayRef<Value> operandCotangents) {
  Arith a{b, getLoc()};
  Value x = getOperand(), zero = a.constant(x, 0);
  Value largest = a.compare(Predicate::eq, x,
                            unreduce(b, a.loc, getResult(), x, getDims()));
  Value count = b.create<ReduceSumOp>(
      a.loc, b.create<CastOp>(a.loc, x.getType(), largest), getDims());
  Value share = unreduce(b, a.loc, a.div(cotangents[0], count), x, getDims());
  operandCotangents[0] = a.select(largest, share, zero);
}

void ReduceProdOp::buildVJP(OpBuilder &b, ValueRange cotangents, ArrayRef<bool>,
                            MutableArrayRef<Value> operandCotangents) {
  // The product of the other factors: zero if there is a zero among them, else
  // that of all factors but zeros, divided by this one if it is none.
  Arith a{b, getLoc()};
  Value x = getOperand();
  Value isZero = a.compare(Predicate::eq, x, a.constant(x, 0));
  Value factor = a.select(isZero, a.constant(x, 1), x);
  Value product = b.create<ReduceProdOp>(a.loc, factor, getDims());
  Value zero = b.create<CastOp>(
      a.loc, withElementType(x.getType(), b.getI32Type()), isZero);
  Value zeros = b.create<ReduceSumOp>(a.loc, zero, getDims());
  Value noneElse =
      a.compare(Predicate::eq, zero, unreduce(b, a.loc, zeros, x, getDims()));
  Value others = a.div(unreduce(b, a.loc, product, x, getDims()), factor);
  operandCotangents[0] = a.mul(unreduce(b, a.loc, cotangents[0], x, getDims()),
                               a.select(noneElse, others, a.constant(x, 0)));
}

void MaxWithIndexOp::buildVJP(OpBuilder &b, ValueRange cotangents,
                              ArrayRef<bool>,
                              MutableArrayRef<Value> operandCotangents) {
  if (!cotangents[0])
    return;
  Arith a{b, getLoc()};
  Value x = getOperand();
  SmallVector<int64_t> reduced;
  for (int64_t dim : getDims())
    reduced.push_back(shapeOf(x)[dim]);
  Value places = b.create<IotaOp>(a.loc, tensorType(reduced, b.getI32Type()),
                                  IntegerAttr());
  places = broadcastTo(b, a.loc, places, shapeOf(x), getDims());
  Value chosen = a.compare(Predicate::eq, places,
                           unreduce(b, a.loc, getIndices(), x, getDims()));
  operandCotangents[0] =
      a.select(chosen, unreduce(b, a.loc, cotangents[0], x, getDims()),
               a.constant(x, 0));
}

DESCENT_VJP2(ContractOp,
             b.create<ContractOp>(loc, ct, getResultLabels(), getRhs(),
                                  getRhsLabels(), getLhsLabels()),
             b.create<ContractOp>(loc, ct, getResultLabels(), getLhs(),
                                  getLhsLabels(), getRhsLabels()))

//===----------------------------------------------------------------------===//
// Indexing
//===----------------------------------------------------------------------===//

/// Whether `value` is an input that promises to lie in [0, extent).
static bool staysInside(Value value, int64_t extent) {
  while (auto view = value.getDefiningOp<ViewOpInterface>()) {
    if (!view.getAccess().isUnguarded())
      return false;
    value = view->getOperand(0);
  }
  auto read = value.getDefiningOp<ReadOp>();
  auto input = read ? SymbolTable::lookupNearestSymbolFrom<InputOp>(
                          read, read.getSymbolAttr())
                    : InputOp();
  std::optional<ArrayRef<int64_t>> range =
      input ? input.getRange() : std::nullopt;
  return range && (*range)[0] >= 0 && (*range)[1] <= extent;
}

/// `indices` clamped to [0, extent). What repeats them is left outside: the
/// clamp is as small as can be.
static Value clampIndices(Arith &a, Value indices, int64_t extent) {
  if (auto broadcast = indices.getDefiningOp<BroadcastOp>())
    return broadcastTo(a.b, a.loc,
                       clampIndices(a, broadcast.getOperand(), extent),
                       shapeOf(indices), broadcast.getDims());
  if (staysInside(indices, extent))
    return indices;
  Value last = a.constant(indices, extent - 1);
  Value positive =
      a.b.create<MaximumOp>(a.loc, indices, a.constant(indices, 0));
  return a.b.create<MinimumOp>(a.loc, positive, last);
}

void GatherOp::buildVJP(OpBuilder &b, ValueRange cotangents, ArrayRef<bool>,
                        MutableArrayRef<Value> operandCotangents) {
  Arith a{b, getLoc()};
  int64_t axis = getAxis(), extent = shapeOf(getOperand())[axis];
  operandCotangents[0] = b.create<ScatterAddOp>(
      a.loc, cotangents[0], clampIndices(a, getIndices(), extent), axis,
      extent);
}

void ScatterAddOp::buildVJP(OpBuilder &b, ValueRange cotangents, ArrayRef<bool>,
                            MutableArrayRef<Value> operandCotangents) {
  // Nothing comes back from where nothing was added.
  Arith a{b, getLoc()};
  Value indices = getIndices(), ct = cotangents[0];
  Value inside = b.create<AndOp>(
      a.loc, a.compare(Predicate::ge, indices, a.constant(indices, 0)),
      a.compare(Predicate::lt, indices, a.constant(indices, getExtent())));
  Value gathered = b.create<GatherOp>(a.loc, ct, indices, getAxis());
  operandCotangents[0] = a.select(inside, gathered, a.constant(gathered, 0));
}

//===----------------------------------------------------------------------===//
// Composites
//===----------------------------------------------------------------------===//

void SoftmaxOp::buildVJP(OpBuilder &b, ValueRange cotangents, ArrayRef<bool>,
                         MutableArrayRef<Value> operandCotangents) {
  // y (ct - sum(ct y))
  Arith a{b, getLoc()};
  Value y = getResult();
  int64_t axis = getAxis();
  Value weighted = b.create<ReduceSumOp>(a.loc, a.mul(cotangents[0], y),
                                         ArrayRef<int64_t>{axis});
  operandCotangents[0] =
      a.mul(y, a.sub(cotangents[0], unreduce(b, a.loc, weighted, y, {axis})));
}

void SoftmaxCrossEntropyOp::buildVJP(OpBuilder &b, ValueRange cotangents,
                                     ArrayRef<bool>,
                                     MutableArrayRef<Value> operandCotangents) {
  // (softmax(z) - onehot(label)) ct
  Arith a{b, getLoc()};
  Value z = getLogits();
  int64_t axis = shapeOf(z).size() - 1;
  auto others = dimsExcept(axis + 1, {axis});
  Value classes =
      b.create<IotaOp>(a.loc, withElementType(z.getType(), b.getI32Type()),
                       b.getI64IntegerAttr(axis));
  Value hit = a.compare(Predicate::eq, classes,
                        broadcastTo(b, a.loc, getLabels(), shapeOf(z), others));
  Value target = b.create<CastOp>(a.loc, z.getType(), hit);
  Value difference = a.sub(b.create<SoftmaxOp>(a.loc, z, axis), target);
  operandCotangents[0] = a.mul(
      difference, broadcastTo(b, a.loc, cotangents[0], shapeOf(z), others));
}
