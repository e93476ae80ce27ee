// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Emits the loop nests of an online softmax as one.

#include "KernelEmitter.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace descent::codegen {

Value KernelEmitter::exponential(ExpOp like, Value value, Value maximum) {
  Value difference = note<arith::SubFOp>({value, maximum});
  return scalar(*like.getOperation(), {difference});
}

void KernelEmitter::runOnline(const OnlineSoftmax &online,
                              KernelEmitter &maximum, KernelEmitter &sum) {
  SmallVector<int64_t> tile(strategy.getTile());
  int64_t points = ShapedType::getNumElements(tile),
          numColumns = ShapedType::getNumElements(space.columns()),
          perPoint = numColumns * space.kernel.getCombiners().size();
  Builder b(context);
  Type type = b.getF32Type();
  Value lowest = reader.constant(
            b.getF32FloatAttr(-std::numeric_limits<float>::infinity())),
        zero = reader.constant(b.getF32FloatAttr(0));
  // The running maxima, sums, and weighted sums of all points of the tile.
  SmallVector<Value> values(points, lowest);
  values.append(points * (1 + perPoint), zero);
  unsigned loops = enterLoops(values);
  SmallVector<TiledRead, 0> reads = tileReads(space.mapReads);
  prepareInner();
  loadAhead(reads);

  SmallVector<int64_t> at(space.extents.size(), 0);
  int64_t point = 0;
  forEachPosition(tile, [&](ArrayRef<int64_t> row) {
    llvm::copy(row, at.begin());
    Value &best = values[point], &total = values[points + point];
    MutableArrayRef<Value> sums =
        MutableArrayRef(values).slice(2 * points + point * perPoint, perPoint);
    ++point;
    SmallVector<Value> scores;
    Value next = best;
    forEachPosition(unroll, [&](ArrayRef<int64_t> step) {
      llvm::copy(step, at.begin() + space.numParallel);
      scores.push_back(readAt(reads[online.score], at));
      next = select(takesMax(scores.back(), next, type, /*first=*/false),
                    scores.back(), next);
    });
    // As long as nothing but minus infinity was seen, all weights are zero.
    unsigned depth = nest.depthOf(next);
    Value isLowest = nest.note(nest.at(depth).create<arith::CmpFOp>(
                                   arith::CmpFPredicate::OEQ, next, lowest),
                               depth);
    Value base = select(isLowest, zero, next);
    Value factor = exponential(online.summedExponential, best, base);
    best = next;
    total = note<arith::MulFOp>({total, factor});
    for (Value &value : sums)
      value = note<arith::MulFOp>({value, factor});

    int64_t number = 0;
    forEachPosition(unroll, [&](ArrayRef<int64_t> step) {
      llvm::copy(step, at.begin() + space.numParallel);
      Value weight =
          exponential(online.summedExponential, scores[number++], base);
      total = note<arith::AddFOp>({total, weight});
      MutableArrayRef<Value> rest = sums;
      forEachPosition(space.columns(), [&](ArrayRef<int64_t> column) {
        llvm::copy(column, at.begin() + space.firstUnrolled());
        addWeighted(online, reads, at, base, weight, rest);
      });
    });
  });
  leaveLoops(loops, values);

  ArrayRef<Value> rest = values;
  maximum.finish(rest.take_front(points));
  sum.finish(rest.slice(points, points));
  rest = rest.drop_front(points);
  SmallVector<Value> combined;
  for (int64_t i = 0; i < points; ++i) {
    Value one = reader.constant(b.getF32FloatAttr(1)),
          reciprocal = note<arith::DivFOp>({one, rest[i]});
    for (int64_t j = 0; j < perPoint; ++j) {
      Value value = rest[points + i * perPoint + j];
      combined.push_back(online.isDivided[j % online.isDivided.size()]
                             ? note<arith::MulFOp>({value, reciprocal})
                             : value);
    }
  }
  finish(combined);
}

void KernelEmitter::addWeighted(const OnlineSoftmax &online,
                                ArrayRef<TiledRead> reads, ArrayRef<int64_t> at,
                                Value base, Value weight,
                                MutableArrayRef<Value> &sums) {
  Block &block = space.kernel.getMapBlock();
  llvm::DenseMap<Value, Value> known;
  for (auto [argument, read] : llvm::zip_equal(block.getArguments(), reads)) {
    std::optional<unsigned> rowValue = read.read->rowValue;
    if (rowValue == online.maximum->firstRowValue)
      known[argument] = base;
    else if (rowValue != online.sum->firstRowValue && !read.read->whole)
      known[argument] = readAt(read, at);
  }
  ExpOp replaced = online.exponential;
  known[replaced.getResult()] = weight;
  SummedProducts products(space.kernel);
  llvm::SmallPtrSet<Operation *, 4> skip = products.operations;
  skip.insert(replaced);
  skip.insert(online.divisions.begin(), online.divisions.end());
  evaluate(block, at, known, skip);
  combine(products, known, at, sums);
}

} // namespace descent::codegen
