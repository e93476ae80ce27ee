// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Takes products in the bodies of scans apart that are only read in slices.
//
// The gates of a cell are slices of one product, of which each element of the
// state needs several. Taken apart before it is differentiated, a product a
// gate can be computed where the gate is needed: the kernel that makes the
// state from the gates becomes the epilogue of the products, and no step
// waits for another launch.

#include "ScanHoisting.h"
#include "descent/Dialect/Descent/Math.h"

using namespace mlir;
using namespace descent;

namespace {

/// What a slice cuts from dimensions that are named by labels.
struct Cut {
  SmallVector<int64_t> labels, offsets, sizes, strides;
};

/// The slice of a value with these labels.
Value cutValue(OpBuilder &b, Location loc, Value value,
               ArrayRef<int64_t> labels, const Cut &cut) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> offsets(labels.size(), 0), sizes(type.getShape()),
      strides(labels.size(), 1);
  for (auto [i, label] : llvm::enumerate(labels)) {
    const int64_t *at = llvm::find(cut.labels, label);
    if (at == cut.labels.end())
      continue;
    size_t place = at - cut.labels.begin();
    offsets[i] = cut.offsets[place];
    sizes[i] = cut.sizes[place];
    strides[i] = cut.strides[place];
  }
  if (type.getShape() == ArrayRef(sizes))
    return value;
  return sliceOf(b, loc, value, offsets, sizes, strides);
}

Cut cutOf(SliceOp slice, ArrayRef<int64_t> labels) {
  return {SmallVector<int64_t>(labels),
          SmallVector<int64_t>(slice.getOffsets()),
          SmallVector<int64_t>(slice.getType().getShape()),
          SmallVector<int64_t>(slice.getStrides())};
}

/// Whether an operation in the body of a scan is read in slices alone, which
/// are together no more than all of it.
bool isReadInSlices(Operation *op) {
  auto scan = dyn_cast<ScanOp>(op->getParentOp());
  if (!scan || op->use_empty() ||
      !scan.getBodyBlock().getOps<GradientOp>().empty())
    return false;
  int64_t elements = 0;
  for (Operation *user : op->getUsers()) {
    if (!isa<SliceOp>(user))
      return false;
    elements += countElements(user->getResult(0).getType());
  }
  return elements <= countElements(op->getResult(0).getType());
}

struct SliceBeforeContract : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ContractOp op,
                                PatternRewriter &rewriter) const override {
    if (!isReadInSlices(op))
      return failure();
    for (Operation *user : llvm::make_early_inc_range(op->getUsers())) {
      Cut cut = cutOf(cast<SliceOp>(user), op.getResultLabels());
      Value lhs = cutValue(rewriter, user->getLoc(), op.getLhs(),
                           op.getLhsLabels(), cut);
      Value rhs = cutValue(rewriter, user->getLoc(), op.getRhs(),
                           op.getRhsLabels(), cut);
      rewriter.replaceOpWithNewOp<ContractOp>(user, lhs, op.getLhsLabels(), rhs,
                                              op.getRhsLabels(),
                                              op.getResultLabels());
    }
    return success();
  }
};

/// A sum with a product goes the same way: a bias.
struct SliceBeforeAdd : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp op,
                                PatternRewriter &rewriter) const override {
    if (llvm::none_of(op.getOperands(),
                      [](Value operand) {
                        return operand.getDefiningOp<ContractOp>() &&
                               operand.hasOneUse();
                      }) ||
        !isReadInSlices(op))
      return failure();
    for (Operation *user : llvm::make_early_inc_range(op->getUsers())) {
      auto slice = cast<SliceOp>(user);
      auto labels =
          llvm::to_vector(llvm::seq<int64_t>(0, slice.getType().getRank()));
      Cut cut = cutOf(slice, labels);
      SmallVector<Value> operands;
      for (Value operand : op.getOperands()) {
        // What is repeated is cut before: its gradient is then summed first.
        auto repeated = operand.getDefiningOp<BroadcastOp>();
        operands.push_back(
            repeated
                ? broadcastTo(rewriter, user->getLoc(),
                              cutValue(rewriter, user->getLoc(),
                                       repeated.getOperand(),
                                       repeated.getDims(), cut),
                              cut.sizes, repeated.getDims())
                : cutValue(rewriter, user->getLoc(), operand, labels, cut));
      }
      rewriter.replaceOpWithNewOp<AddOp>(user, slice.getType(), operands);
    }
    return success();
  }
};

} // namespace

void descent::addScanSlicePatterns(RewritePatternSet &patterns) {
  patterns.add<SliceBeforeContract, SliceBeforeAdd>(patterns.getContext());
}
