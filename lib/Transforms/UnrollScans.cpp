// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Replaces scans by their iterations; see Passes.td.

#include "descent/Dialect/Descent/Math.h"
#include "descent/Transforms/Passes.h"
#include "mlir/IR/IRMapping.h"

namespace descent {
#define GEN_PASS_DEF_UNROLLSCANSPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;
using namespace descent;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// Slice `index` along the leading dimension, without it.
static Value sliceAt(OpBuilder &b, Location loc, Value sequence,
                     int64_t index) {
  SmallVector<int64_t> offsets(shapeOf(sequence).size(), 0);
  SmallVector<int64_t> sizes(shapeOf(sequence));
  offsets[0] = index;
  sizes[0] = 1;
  Value slice = sliceOf(b, loc, sequence, offsets, sizes);
  return reshapeTo(b, loc, slice, shapeOf(sequence).drop_front());
}

static void unroll(ScanOp scan) {
  OpBuilder b(scan);
  Location loc = scan.getLoc();
  int64_t count = static_cast<int64_t>(scan.getCount());
  SmallVector<Value> carried(scan.getInits());
  SmallVector<SmallVector<Value>> stacks(scan.getStacked().size(),
                                         SmallVector<Value>(count));
  for (int64_t step = 0; step < count; ++step) {
    int64_t index = scan.getReversed() ? count - 1 - step : step;
    IRMapping mapping;
    mapping.map(scan.getCarriedArguments(), carried);
    for (auto [argument, sequence] :
         llvm::zip_equal(scan.getSliceArguments(), scan.getSequences()))
      mapping.map(argument, sliceAt(b, loc, sequence, index));
    mapping.map(scan.getCaptureArguments(), scan.getCaptures());
    for (Operation &op : scan.getBodyBlock().without_terminator())
      b.clone(op, mapping);
    for (auto [value, next] : llvm::zip_equal(carried, scan.getNextValues()))
      value = mapping.lookup(next);
    for (auto [stack, value] : llvm::zip_equal(stacks, scan.getStackedValues()))
      stack[index] = mapping.lookup(value);
  }
  SmallVector<Value> results(carried);
  for (auto [stack, result] : llvm::zip_equal(stacks, scan.getStacked())) {
    SmallVector<int64_t> row(shapeOf(result));
    row[0] = 1;
    for (Value &value : stack)
      value = reshapeTo(b, loc, value, row);
    results.push_back(count == 1 ? stack[0]
                                 : b.create<ConcatOp>(loc, stack, 0));
  }
  scan.replaceAllUsesWith(results);
  scan.erase();
}

namespace {
struct UnrollScansPass : descent::impl::UnrollScansPassBase<UnrollScansPass> {
  using UnrollScansPassBase::UnrollScansPassBase;

  void runOnOperation() override {
    SmallVector<ScanOp> scans;
    getOperation().walk([&](ScanOp scan) { scans.push_back(scan); });
    for (ScanOp scan : scans)
      if (static_cast<int64_t>(scan.getCount()) <= maxCount &&
          (!innerOnly || isa<ScanOp>(scan->getParentOp())) &&
          scan.getBodyBlock().getOps<GradientOp>().empty())
        unroll(scan);
  }
};
} // namespace
