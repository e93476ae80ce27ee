// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Computes large scatter_adds in partitions, or by sorting their updates; see
// Passes.td.

#include "RadixSort.h"
#include "SegmentSums.h"
#include "descent/Transforms/Passes.h"

namespace descent {
#define GEN_PASS_DEF_SORTSCATTERSPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;
using namespace descent;

/// The sort's launches, in operations of a kernel.
static constexpr double launchCost = 1e7;
/// Adding an update to its entry, and setting an entry to zero and adding it up
/// over the partitions, in the same.
static constexpr double updateCost = 64, entryCost = 16;
/// The lanes that partitions are to fill; the most updates and entries of one,
/// which a lane goes through in loops of no more than 65535 trips; and the most
/// elements of all partitions.
static constexpr int64_t wantedLanes = 64, maxInPartition = 16384,
                         maxEntries = int64_t(1) << 21,
                         maxPartitioned = int64_t(1) << 24;
/// The most tensors that a concatenation reads: it looks at all of them for
/// every element.
static constexpr size_t maxConcatenated = 8;

namespace {

/// A scatter_add as one of rows to entries. `lines` are the dimensions along
/// which the indices differ; along `features` they are repeated.
struct RowScatter {
  mutable ScatterAddOp op;
  Value indices; // of the lines and the axis, as `indexOrder` sorts them
  SmallVector<int64_t> lines, features, indexOrder;
  int64_t numLines = 1, numUpdates = 1, numFeatures = 1;

  explicit RowScatter(ScatterAddOp op) : op(op), indices(op.getIndices()) {
    auto shape = TensorMath::shapeOf(indices);
    int64_t axis = op.getAxis(), rank = shape.size();
    SmallVector<int64_t> varying = dimsExcept(rank, {});
    auto broadcast = indices.getDefiningOp<BroadcastOp>();
    if (broadcast && llvm::is_contained(broadcast.getDims(), axis)) {
      varying = llvm::to_vector(broadcast.getDims());
      indices = broadcast.getOperand();
    }
    numUpdates = shape[axis];
    for (int64_t dim = 0; dim < rank; ++dim) {
      if (dim == axis)
        continue;
      bool isLine = llvm::is_contained(varying, dim);
      (isLine ? lines : features).push_back(dim);
      (isLine ? numLines : numFeatures) *= shape[dim];
    }
    // The axis goes behind the lines.
    for (auto [i, dim] : llvm::enumerate(varying))
      if (dim != axis)
        indexOrder.push_back(i);
    indexOrder.push_back(llvm::find(varying, axis) - varying.begin());
  }

  int64_t entries() const { return numLines * op.getExtent(); }
  double denseCost() const {
    return 1.0 * entries() * numUpdates * numFeatures;
  }
  bool addsToSame(const RowScatter &other) const {
    return op.getType() == other.op.getType() &&
           op.getAxis() == other.op.getAxis() && lines == other.lines;
  }

  /// The dimensions in the order of rows.
  SmallVector<int64_t> rowOrder() const {
    SmallVector<int64_t> order(lines);
    order.push_back(op.getAxis());
    llvm::append_range(order, features);
    return order;
  }

  /// The index of each update in its line.
  Value indexOfLine(TensorMath &math) const {
    return math.reshape(transposed(math, indices, indexOrder),
                        {numLines, numUpdates});
  }

  /// The entry of each update, some number that is none if there is none.
  Value places(TensorMath &math) const {
    return numLines == 1 ? math.reshape(indexOfLine(math), {numUpdates})
                         : keys(math);
  }

  /// The entry of each update, entries() if there is none.
  Value keys(TensorMath &math) const {
    SmallVector<int64_t> shape{numLines, numUpdates};
    Value index = indexOfLine(math);
    Value extent = math.constant(shape, op.getExtent());
    Value inside =
        math.both(math.le(math.zero(index), index), math.lt(index, extent));
    Value entry =
        numLines == 1
            ? index
            : math.add(math.mul(math.iota(shape, 0), op.getExtent()), index);
    return math.reshape(
        math.select(inside, entry, math.constant(shape, entries())),
        {numLines * numUpdates});
  }

  /// The updates as rows.
  Value rows(TensorMath &math) const {
    return math.reshape(transposed(math, op.getUpdates(), rowOrder()),
                        {numLines * numUpdates, numFeatures});
  }

  /// Rows of entries as the result.
  Value result(TensorMath &math, Value rows) const {
    SmallVector<int64_t> order = rowOrder(), shape, inverse(order.size());
    for (auto [i, dim] : llvm::enumerate(order)) {
      shape.push_back(op.getType().getDimSize(dim));
      inverse[dim] = i;
    }
    return transposed(math, math.reshape(rows, shape), inverse);
  }

  static Value transposed(TensorMath &math, Value value,
                          ArrayRef<int64_t> order) {
    if (llvm::is_sorted(order))
      return value;
    return math.b.create<TransposeOp>(math.loc, value, order);
  }
};

struct SortScattersPass
    : descent::impl::SortScattersPassBase<SortScattersPass> {
  using SortScattersPassBase::SortScattersPassBase;

  void runOnOperation() override {
    made.clear();
    SmallVector<AddOp> sums;
    getOperation().walk([&](AddOp add) {
      if (isa<RankedTensorType>(add.getType()))
        sums.push_back(add);
    });
    for (AddOp add : sums)
      sortAddends(add);
    SmallVector<ScatterAddOp> others;
    getOperation().walk([&](ScatterAddOp op) {
      if (!made.contains(op))
        others.push_back(op);
    });
    for (ScatterAddOp op : others) {
      if (!op.getType().getElementType().isF32())
        continue;
      RowScatter scatter(op);
      OpBuilder b(op);
      Value sum = computed(b, {scatter});
      if (!sum)
        continue;
      op.replaceAllUsesWith(sum);
      op.erase();
    }
  }

  /// Scatters that are parts of larger ones.
  llvm::SmallPtrSet<Operation *, 8> made;

  /// The sum of scatters in the cheapest form; null if that is what they are.
  Value computed(OpBuilder &b, ArrayRef<RowScatter> scatters) {
    int64_t updates = 0;
    double dense = 0;
    for (const RowScatter &scatter : scatters) {
      updates += scatter.numLines * scatter.numUpdates;
      dense += scatter.denseCost();
    }
    int64_t count = always ? 0 : choosePartitions(scatters, updates);
    double cost = count ? partitionCost(scatters[0], updates, count) : 0;
    if (partitions || (count && dense > 2 * cost))
      return partitioned(b, scatters, count);
    return pays(scatters) ? sorted(b, scatters) : Value();
  }

  static double partitionCost(const RowScatter &scatter, int64_t updates,
                              int64_t count) {
    return double(scatter.numFeatures) *
               (updateCost * double(updates) +
                entryCost * double(count) * double(scatter.entries())) +
           launchCost / 10;
  }

  /// How many partitions there are to be; 0 if they would be too large.
  int64_t choosePartitions(ArrayRef<RowScatter> scatters,
                           int64_t updates) const {
    if (partitions)
      return partitions;
    int64_t entries = scatters[0].entries(), features = scatters[0].numFeatures,
            most = 0, count = 2;
    for (const RowScatter &scatter : scatters)
      most = std::max(most, scatter.numLines * scatter.numUpdates);
    while (ceilDivide(most, count) > maxInPartition)
      count *= 2;
    // More are more parallelism, until there are more entries than updates.
    while (count * features < wantedLanes && count * entries < 2 * updates)
      count *= 2;
    return entries > maxEntries || count * entries * features > maxPartitioned
               ? 0
               : count;
  }

  SortShape shape() const { return {chunkBits, digitBits}; }

  bool pays(ArrayRef<RowScatter> scatters) const {
    int64_t entries = scatters[0].entries(), features = scatters[0].numFeatures,
            updates = 0;
    double dense = 0;
    for (const RowScatter &scatter : scatters) {
      updates += scatter.numLines * scatter.numUpdates;
      dense += scatter.denseCost();
    }
    // Places are i32, and so are those of the steps of a search beyond them.
    int64_t most =
        std::max({updates, entries, shape().padded(updates) * features,
                  entries * features});
    if (most >= int64_t(1) << 30)
      return false;
    double cost = shape().cost(updates, entries + 1) +
                  segmentCost(updates, entries, features, fanBits) + launchCost;
    return always || dense > 2 * cost;
  }

  /// Scatters of which an operation adds up the results become one.
  void sortAddends(AddOp add) {
    SmallVector<RowScatter> scatters;
    SmallVector<Value> others;
    for (Value operand : add.getOperands()) {
      auto op = operand.getDefiningOp<ScatterAddOp>();
      bool joins = op && op->hasOneUse() && op->getBlock() == add->getBlock() &&
                   op.getType().getElementType().isF32();
      if (joins) {
        RowScatter scatter(op);
        joins = scatters.empty() || scatter.addsToSame(scatters[0]);
        if (joins)
          scatters.push_back(scatter);
      }
      if (!joins)
        others.push_back(operand);
    }
    if (scatters.size() < 2)
      return;
    OpBuilder b(add);
    Value sum = computed(b, scatters);
    if (!sum)
      return;
    if (!others.empty()) {
      others.insert(others.begin(), sum);
      sum = b.create<AddOp>(add.getLoc(), add.getType(), others);
    }
    add.replaceAllUsesWith(sum);
    add.erase();
    for (RowScatter &scatter : scatters)
      scatter.op.erase();
  }

  /// Every partition has a sum of its own for each entry, which code
  /// generation can keep in memory; the scatters add to them one after the
  /// other.
  Value partitioned(OpBuilder &b, ArrayRef<RowScatter> scatters,
                    int64_t count) {
    const RowScatter &first = scatters[0];
    Value sums;
    for (const RowScatter &scatter : scatters) {
      TensorMath math{b, scatter.op.getLoc()};
      Value key = scatter.places(math), rows = scatter.rows(math);
      int64_t updates = TensorMath::countOf(key),
              length = ceilDivide(updates, count),
              features = scatter.numFeatures;
      key = extended(math, key, length * count, scatter.entries());
      rows = math.extend(rows, length * count);
      // Neighbouring updates belong to neighbouring partitions.
      key = RowScatter::transposed(math, math.reshape(key, {length, count}),
                                   {1, 0});
      rows = RowScatter::transposed(
          math, math.reshape(rows, {length, count, features}), {1, 0, 2});
      auto own = b.create<ScatterAddOp>(
          math.loc, rows,
          math.broadcast(key, {count, length, features}, {0, 1}), 1,
          scatter.entries());
      made.insert(own);
      sums = sums ? math.add(own, sums) : own;
    }
    TensorMath math{b, first.op.getLoc()};
    return first.result(math, math.sum(sums, 0));
  }

  /// Keys with others behind them that belong to no entry.
  static Value extended(TensorMath &math, Value keys, int64_t count,
                        int64_t entries) {
    if (TensorMath::countOf(keys) == count)
      return keys;
    return math.add(math.extend(math.add(keys, -entries), count), entries);
  }

  Value sorted(OpBuilder &b, ArrayRef<RowScatter> scatters) {
    const RowScatter &first = scatters[0];
    TensorMath math{b, first.op.getLoc()};
    SmallVector<Value> keys, rows;
    for (const RowScatter &scatter : scatters) {
      TensorMath own{b, scatter.op.getLoc()};
      keys.push_back(scatter.keys(own));
      rows.push_back(scatter.rows(own));
    }
    int64_t entries = first.entries();
    Value key = concatenate(math, keys);
    key =
        extended(math, key, shape().padded(TensorMath::countOf(key)), entries);
    SortedKeys sorted = sortKeys(math, key, entries + 1, shape());
    Value begins = countLess(math, sorted.keys, math.iota({entries + 1}, 0));
    SmallVector<int64_t> wide{TensorMath::countOf(key), first.numFeatures};
    Value updates =
        b.create<GatherOp>(math.loc, concatenate(math, rows),
                           math.broadcast(sorted.order, wide, {0}), 0);
    Value sums = sumSegments(math, updates, math.slice(begins, 0, entries),
                             math.slice(begins, 1, entries), fanBits);
    return first.result(math, sums);
  }

  static Value concatenate(TensorMath &math, SmallVector<Value> parts) {
    while (parts.size() > 1) {
      SmallVector<Value> joined;
      for (ArrayRef<Value> rest = parts; !rest.empty();) {
        auto group = rest.take_front(maxConcatenated);
        rest = rest.drop_front(group.size());
        joined.push_back(group.size() == 1
                             ? group[0]
                             : math.b.create<ConcatOp>(math.loc, group, 0));
      }
      parts = joined;
    }
    return parts[0];
  }
};

} // namespace
