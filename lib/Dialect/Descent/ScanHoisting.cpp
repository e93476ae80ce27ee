// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Moves products and reductions out of loops; see ScanHoisting.h.

#include "ScanHoisting.h"
#include "ScanParts.h"
#include "descent/Dialect/Descent/Batching.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace descent;

namespace {

/// What a value of a body depends on.
enum class Dependence {
  /// Captures alone: it is the same in all iterations.
  Captures,
  /// Slices too, through operations that can be done for all slices at once.
  Slices,
  /// Something else: carried values.
  Carried
};

/// Values of a body, outside of it.
class Outside {
public:
  explicit Outside(ScanOp scan) : count(scan.getCount()) {
    for (Value argument : scan.getCarriedArguments())
      dependences[argument] = Dependence::Carried;
    for (auto [operand, argument] :
         llvm::zip_equal(scan.getSequences(), scan.getSliceArguments()))
      know(argument, Dependence::Slices, operand);
    for (auto [operand, argument] :
         llvm::zip_equal(scan.getCaptures(), scan.getCaptureArguments()))
      know(argument, Dependence::Captures, operand);
    for (Operation &op : scan.getBodyBlock().without_terminator()) {
      Dependence dependence = Dependence::Captures;
      for (Value operand : op.getOperands())
        dependence = std::max(dependence, dependences.lookup(operand));
      // What would not fit into memory all at once waits for its step.
      if (dependence == Dependence::Slices &&
          (!canBatch(&op) || (!isCheap(&op) && !canStackAll(op.getResults()))))
        dependence = Dependence::Carried;
      for (Value result : op.getResults())
        dependences[result] = dependence;
    }
  }

  Dependence dependenceOf(Value value) const {
    return dependences.lookup(value);
  }
  bool isFree(Value value) const {
    return dependenceOf(value) != Dependence::Carried;
  }

  /// From now on `value` is `outside`: the same in all iterations, or a stack.
  void know(Value value, Dependence dependence, Value outside) {
    dependences[value] = dependence;
    known[value] = outside;
  }

  /// From now on what the results of `op` depend on is known as stacks.
  void sink(Operation *op) {
    for (Value result : op->getResults())
      if (!isFree(result))
        dependences[result] = Dependence::Slices;
  }

  /// Builds a value that is free: as it is if it depends on captures alone,
  /// else for all slices.
  Value build(OpBuilder &b, Value value) {
    if (Value found = known.lookup(value))
      return found;
    Operation *op = value.getDefiningOp();
    SmallVector<Value> operands, results;
    SmallVector<bool> batched;
    for (Value operand : op->getOperands()) {
      operands.push_back(build(b, operand));
      batched.push_back(dependenceOf(operand) == Dependence::Slices);
    }
    if (dependenceOf(value) == Dependence::Slices) {
      results = batchOperation(b, op, operands, batched, count);
    } else {
      IRMapping mapping;
      mapping.map(op->getOperands(), operands);
      llvm::append_range(results, b.clone(*op, mapping)->getResults());
    }
    for (auto [from, to] : llvm::zip_equal(op->getResults(), results))
      known[from] = to;
    return known.lookup(value);
  }

  /// The same as a stack of `count`.
  Value buildStack(OpBuilder &b, Value value) {
    Value outside = build(b, value);
    return dependenceOf(value) == Dependence::Slices
               ? outside
               : repeatSlice(b, value.getLoc(), outside, count);
  }

private:
  bool canStackAll(ValueRange values) {
    return llvm::all_of(values,
                        [&](Value value) { return canStack(value, count); });
  }

  int64_t count;
  DenseMap<Value, Dependence> dependences;
  DenseMap<Value, Value> known;
};

/// A gradient means the operations between its values and its loss; they stay
/// together until it is expanded.
bool hasGradients(ScanOp scan) {
  return !scan.getBodyBlock().getOps<GradientOp>().empty();
}

/// Replaces a scan by one built of `parts`, whose stacked results stand in for
/// the old ones at `places`.
ScanOp rebuild(PatternRewriter &rewriter, ScanOp scan, const ScanParts &parts,
               ArrayRef<size_t> places) {
  ScanOp result = parts.build(rewriter, scan.getLoc());
  for (auto [from, to] : llvm::zip_equal(scan.getFinals(), result.getFinals()))
    rewriter.replaceAllUsesWith(from, to);
  for (auto [i, place] : llvm::enumerate(places))
    rewriter.replaceAllUsesWith(scan.getStacked()[place],
                                result.getStacked()[i]);
  return result;
}

/// Before the loop: what does not depend on carried values.
struct HoistFromScan : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ScanOp scan,
                                PatternRewriter &rewriter) const override {
    if (hasGradients(scan))
      return failure();
    Outside outside(scan);
    ScanParts parts(scan);
    SmallVector<size_t> kept;
    SmallVector<size_t> moved;
    parts.stacked.clear();
    for (auto [i, value] : llvm::enumerate(scan.getStackedValues())) {
      bool isFree = outside.isFree(value);
      (isFree ? moved : kept).push_back(i);
      if (!isFree)
        parts.stacked.push_back(value);
    }
    SmallVector<Value> hoisted;
    for (Operation &op : scan.getBodyBlock().without_terminator())
      if (!isCheap(&op))
        for (Value result : op.getResults())
          if (outside.isFree(result) && !result.use_empty())
            hoisted.push_back(result);
    if (moved.empty() && hoisted.empty())
      return failure();

    for (Value value : hoisted) {
      bool isSlice = outside.dependenceOf(value) == Dependence::Slices;
      (isSlice ? parts.sequences : parts.captures)
          .push_back({outside.build(rewriter, value), value});
    }
    for (size_t i : moved)
      rewriter.replaceAllUsesWith(
          scan.getStacked()[i],
          outside.buildStack(rewriter, scan.getStackedValues()[i]));
    if (kept.empty() && parts.carries.empty()) {
      rewriter.eraseOp(scan);
      return success();
    }
    rebuild(rewriter, scan, parts, kept);
    rewriter.eraseOp(scan);
    return success();
  }
};

/// Behind the loop: what no carried value depends on.
struct SinkFromScan : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ScanOp scan,
                                PatternRewriter &rewriter) const override {
    if (hasGradients(scan))
      return failure();
    Outside outside(scan);
    DenseSet<Operation *> sunk = findSunk(scan, outside);
    if (sunk.empty())
      return failure();

    ScanParts parts(scan);
    parts.stacked.clear();
    SmallVector<size_t> kept, moved;
    for (auto [i, value] : llvm::enumerate(scan.getStackedValues()))
      if (sunk.contains(value.getDefiningOp())) {
        moved.push_back(i);
      } else {
        kept.push_back(i);
        parts.stacked.push_back(value);
      }
    for (Operation &op : scan.getBodyBlock())
      if (sunk.contains(&op))
        for (Value operand : op.getOperands())
          if (!sunk.contains(operand.getDefiningOp()) &&
              !outside.isFree(operand) &&
              !llvm::is_contained(parts.stacked, operand))
            parts.stacked.push_back(operand);
    ScanOp shorter = rebuild(rewriter, scan, parts, kept);
    for (auto [value, stack] :
         llvm::zip_equal(parts.stacked, shorter.getStacked()))
      outside.know(value, Dependence::Slices, stack);
    for (Operation &op : scan.getBodyBlock())
      if (sunk.contains(&op))
        outside.sink(&op);
    for (size_t i : moved)
      rewriter.replaceAllUsesWith(
          scan.getStacked()[i],
          outside.buildStack(rewriter, scan.getStackedValues()[i]));
    rewriter.eraseOp(scan);
    return success();
  }

  /// The operations that can be done behind the loop, and are not cheap or
  /// computed from such; and what pads, as the gradient of a slice does, so
  /// that steps stack no zeros and need no launch to put slices together.
  /// Carried values that they read, and their results, have to fit into memory
  /// as stacks.
  static DenseSet<Operation *> findSunk(ScanOp scan, const Outside &outside) {
    Cone needed(scan.getNextValues(), {});
    auto fits = [&](Value value) {
      return outside.isFree(value) || canStack(value, scan.getCount());
    };
    DenseSet<Operation *> late, sunk;
    Operation *end = scan.getReturn();
    for (Operation &op :
         llvm::reverse(scan.getBodyBlock().without_terminator()))
      if (!needed.operations.contains(&op) && !op.use_empty() &&
          canBatch(&op) && llvm::all_of(op.getOperands(), fits) &&
          llvm::all_of(op.getResults(), fits) &&
          llvm::all_of(op.getUsers(), [&](Operation *user) {
            return user == end || late.contains(user);
          }))
        late.insert(&op);
    for (Operation &op : scan.getBodyBlock().without_terminator())
      if (late.contains(&op) &&
          (!isCheap(&op) || isa<PadOp>(op) ||
           llvm::any_of(op.getOperands(), [&](Value operand) {
             return sunk.contains(operand.getDefiningOp());
           })))
        sunk.insert(&op);
    return sunk;
  }
};

} // namespace

void descent::addScanHoistingPatterns(RewritePatternSet &patterns) {
  patterns.add<HoistFromScan, SinkFromScan>(patterns.getContext());
}
