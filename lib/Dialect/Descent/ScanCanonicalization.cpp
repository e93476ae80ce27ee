// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Leaves out of a scan what nobody needs: results, carried values, sequences,
// captures, and what stands there twice.

#include "ScanHoisting.h"
#include "ScanParts.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace descent;

namespace {

/// Lets equal operands share an argument, and moves constants into the body.
bool shareArguments(ScanOp scan, PatternRewriter &rewriter) {
  bool changed = false;
  auto share = [&](OperandRange operands,
                   MutableArrayRef<BlockArgument> arguments) {
    // A gradient tells arguments apart, whatever they stand for.
    if (!scan.getBodyBlock().getOps<GradientOp>().empty())
      return;
    DenseMap<Value, Value> known;
    for (auto [operand, argument] : llvm::zip_equal(operands, arguments)) {
      auto [first, isNew] = known.insert({operand, argument});
      if (isNew || argument.use_empty())
        continue;
      rewriter.replaceAllUsesWith(argument, first->second);
      changed = true;
    }
  };
  share(scan.getSequences(), scan.getSliceArguments());
  share(scan.getCaptures(), scan.getCaptureArguments());
  for (auto [capture, argument] :
       llvm::zip_equal(scan.getCaptures(), scan.getCaptureArguments())) {
    Operation *constant = capture.getDefiningOp();
    if (!constant || !constant->hasTrait<OpTrait::ConstantLike>() ||
        argument.use_empty())
      continue;
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPointToStart(&scan.getBodyBlock());
    rewriter.replaceAllUsesWith(argument,
                                rewriter.clone(*constant)->getResult(0));
    changed = true;
  }
  return changed;
}

/// The carried values that a used result depends on.
SmallVector<bool> findLive(ScanOp scan) {
  SmallVector<bool> live;
  for (Value result : scan.getFinals())
    live.push_back(!result.use_empty());
  for (bool changed = true; changed;) {
    changed = false;
    SmallVector<Value> roots;
    for (auto [value, result] :
         llvm::zip_equal(scan.getStackedValues(), scan.getStacked()))
      if (!result.use_empty())
        roots.push_back(value);
    for (auto [value, is] : llvm::zip_equal(scan.getNextValues(), live))
      if (is)
        roots.push_back(value);
    Cone cone(roots, {});
    for (auto [i, argument] : llvm::enumerate(scan.getCarriedArguments()))
      if (!live[i] && cone.values.contains(argument))
        changed = live[i] = true;
  }
  return live;
}

struct SimplifyScan : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ScanOp scan,
                                PatternRewriter &rewriter) const override {
    bool changed = shareArguments(scan, rewriter);
    ScanParts parts(scan);
    SmallVector<bool> live = findLive(scan);

    // What stands for each result: a result of the new scan, by its place, or
    // a value that is there already.
    struct Replacement {
      Value known;
      bool isFinal = false;
      size_t place = 0;
    };
    SmallVector<Replacement> replacements;
    auto carries = std::exchange(parts.carries, {});
    for (auto [carry, isLive] : llvm::zip_equal(carries, live)) {
      if (!isLive) {
        replacements.push_back({carry.init});
      } else if (carry.next == carry.argument) {
        replacements.push_back({carry.init});
        parts.captures.push_back({carry.init, carry.argument});
      } else {
        replacements.push_back({{}, true, parts.carries.size()});
        parts.carries.push_back(carry);
      }
    }
    auto stacked = std::exchange(parts.stacked, {});
    for (auto [value, result] : llvm::zip_equal(stacked, scan.getStacked())) {
      size_t place = llvm::find(parts.stacked, value) - parts.stacked.begin();
      replacements.push_back({{}, false, place});
      if (place == parts.stacked.size() && !result.use_empty())
        parts.stacked.push_back(value);
    }
    SmallVector<Value> roots(parts.stacked);
    for (const ScanParts::Carry &carry : parts.carries)
      roots.push_back(carry.next);
    Cone cone(roots, parts.arguments());
    auto isUnused = [&](const ScanParts::Input &input) {
      return !cone.values.contains(input.argument);
    };
    bool smaller = parts.carries.size() < carries.size() ||
                   parts.stacked.size() < stacked.size() ||
                   llvm::any_of(parts.sequences, isUnused) ||
                   llvm::any_of(parts.captures, isUnused);
    if (!smaller)
      return success(changed);

    ScanOp simpler = parts.build(rewriter, scan.getLoc());
    for (auto [result, replacement] :
         llvm::zip_equal(scan.getResults(), replacements)) {
      if (result.use_empty())
        continue;
      Value value = replacement.known;
      if (!value)
        value = replacement.isFinal ? simpler.getFinals()[replacement.place]
                                    : simpler.getStacked()[replacement.place];
      rewriter.replaceAllUsesWith(result, value);
    }
    rewriter.eraseOp(scan);
    return success();
  }
};

} // namespace

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *context) {
  patterns.add<SimplifyScan>(context);
  addScanHoistingPatterns(patterns);
  addScanSlicePatterns(patterns);
}
