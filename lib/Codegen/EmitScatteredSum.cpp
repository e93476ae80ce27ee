// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums to computed places, kept in memory; see ScatteredSum.h. The places of a
// lane are its own: no other lane reads or writes them.

#include "KernelEmitter.h"
#include "descent/Codegen/ElementTypes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace descent::codegen {

void KernelEmitter::sumInMemory(const ScatteredSum &sum) {
  SmallVector<int64_t> tile(strategy.getTile());
  tile[sum.dim] = 1;
  SmallVector<PlaceRow> rows;
  SmallVector<AffineExpr> dims(space.extents.size(), number(0));
  forEachPosition(tile, [&](ArrayRef<int64_t> point) {
    Value condition;
    for (auto [dim, i] : llvm::enumerate(point)) {
      condition = indices.conjunction(condition, inRange[dim][i]);
      dims[dim] = positions[dim][i];
    }
    rows.push_back(
        {indices.simplify(space.resultIndex.replaceDims(dims)), condition});
  });
  if (!sum.continues)
    clearPlaces(sum, rows);

  SmallVector<Value> none;
  unsigned loops = enterLoops(none);
  SmallVector<TiledRead, 0> reads = tileReads(space.mapReads);
  for (const TiledRead &read : reads)
    loadAll(read);
  // All that is read and computed comes before all that is added, of which
  // nobody knows whether it is at the same place.
  SmallVector<Update> updates;
  SmallVector<int64_t> at(space.extents.size(), 0);
  forEachPosition(tile, [&](ArrayRef<int64_t> point) {
    llvm::copy(point, at.begin());
    forEachPosition(unroll, [&](ArrayRef<int64_t> step) {
      llvm::copy(step, at.begin() + space.numParallel);
      updates.push_back(updateAt(sum, reads, at));
    });
  });
  size_t steps = updates.size() / rows.size();
  for (size_t i = 0; i < updates.size(); ++i)
    addToPlace(rows[i / steps], updates[i]);
  leaveLoops(loops, none);
}

void KernelEmitter::clearPlaces(const ScatteredSum &sum,
                                ArrayRef<PlaceRow> rows) {
  int64_t extent = space.extents[sum.dim], each = placesPerTrip(extent),
          trips = extent / each, cleared = 0;
  if (trips > 1) {
    scf::ForOp loop = nest.enter(trips, {});
    AffineExpr first = indices.addVariable(trips, loop.getInductionVar()) *
                       (each * sum.stride);
    for (int64_t i = 0; i < each; ++i)
      clearPlace(sum, first + i * sum.stride, rows);
    nest.leave({});
    cleared = trips * each;
  }
  for (; cleared < extent; ++cleared)
    clearPlace(sum, number(cleared * sum.stride), rows);
}

void KernelEmitter::clearPlace(const ScatteredSum &sum, AffineExpr offset,
                               ArrayRef<PlaceRow> rows) {
  const TensorRef &result = space.results.front();
  Type type = storageType(result.elementType);
  Value view = views.get(result.binding, type, 1);
  Value zero = reader.constant(Builder(context).getZeroAttr(type));
  for (const PlaceRow &row : rows) {
    Value index = indices.emit(indices.simplify(row.first + offset));
    Value value = sum.initial ? reader.loadAt(*sum.initial, index) : zero;
    Value position = indices.locate(index, result, 1);
    where(row.condition, [&](ImplicitLocOpBuilder &b) {
      b.create<memref::StoreOp>(value, view, position);
    });
  }
}

KernelEmitter::Update KernelEmitter::updateAt(const ScatteredSum &sum,
                                              ArrayRef<TiledRead> reads,
                                              ArrayRef<int64_t> at) {
  Block &block = space.kernel.getMapBlock();
  Builder b(context);
  llvm::DenseMap<Value, Value> known;
  bindArguments(block.getArguments(), reads, at, known);
  evaluate(block, at, known);
  Value place = known.lookup(sum.at), addend = known.lookup(sum.update);
  // What belongs nowhere adds zero to the first place. Numbers below zero are
  // large ones without a sign.
  Value extent = reader.constant(b.getI32IntegerAttr(space.extents[sum.dim]));
  unsigned depth = nest.depthOf(place);
  Value counts = nest.note(nest.at(depth).create<arith::CmpIOp>(
                               arith::CmpIPredicate::ult, place, extent),
                           depth);
  place = select(counts, place, reader.constant(b.getI32IntegerAttr(0)));
  for (Value condition : sum.conditions)
    counts = note<arith::AndIOp>({counts, known.lookup(condition)});
  addend =
      select(counts, addend, reader.constant(b.getZeroAttr(addend.getType())));
  depth = nest.depthOf(place);
  Value offset = nest.note(
      nest.at(depth).create<arith::IndexCastOp>(b.getIndexType(), place),
      depth);
  if (sum.stride != 1)
    offset = note<arith::MulIOp>(
        {offset, reader.constant(b.getIndexAttr(sum.stride))});
  return {offset, addend};
}

void KernelEmitter::addToPlace(const PlaceRow &row, const Update &update) {
  const TensorRef &result = space.results.front();
  Value view = views.get(result.binding, storageType(result.elementType), 1);
  Value index = update.offset;
  if (row.first != number(0))
    index = note<arith::AddIOp>({index, indices.emit(row.first)});
  Value position = indices.locate(index, result, 1);
  where(row.condition, [&](ImplicitLocOpBuilder &b) {
    Value sum = b.create<memref::LoadOp>(view, position);
    if (isa<FloatType>(sum.getType()))
      sum = b.create<arith::AddFOp>(sum, update.addend);
    else
      sum = b.create<arith::AddIOp>(sum, update.addend);
    b.create<memref::StoreOp>(sum, view, position);
  });
}

void KernelEmitter::where(Value condition,
                          function_ref<void(ImplicitLocOpBuilder &)> build) {
  if (!condition)
    return build(nest.innermost());
  ImplicitLocOpBuilder b = nest.innermost();
  auto branch = b.create<scf::IfOp>(condition);
  b.setInsertionPointToStart(branch.thenBlock());
  build(b);
}

} // namespace descent::codegen
