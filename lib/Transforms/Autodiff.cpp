// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reverse-mode differentiation; see Passes.td.

#include "descent/Dialect/Descent/Differentiate.h"
#include "descent/Dialect/Descent/Math.h"
#include "descent/Transforms/Passes.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <atomic>

namespace descent {
#define GEN_PASS_DEF_AUTODIFFPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;
using namespace descent;

static LogicalResult expand(GradientOp op) {
  OpBuilder builder(op);
  SmallVector<Value> wrt(op.getWrt());
  Value one = constantLike(builder, op.getLoc(), op.getLoss().getType(), 1);
  auto gradients =
      differentiateBlock(builder, op.getLoc(), op.getLoss(), one, wrt);
  if (failed(gradients))
    return failure();
  for (auto [value, gradient, result] :
       llvm::zip_equal(wrt, *gradients, op.getGradients())) {
    if (!gradient)
      gradient = constantLike(builder, op.getLoc(), value.getType(), 0);
    // Those of 16 bits were summed as f32.
    if (gradient.getType() != result.getType())
      gradient =
          builder.createOrFold<CastOp>(op.getLoc(), result.getType(), gradient);
    result.replaceAllUsesWith(gradient);
  }
  op.erase();
  return success();
}

/// Whether a gradient is taken to a value that is neither read nor given.
static bool differentiatesToComputed(GradientOp op) {
  return llvm::any_of(op.getWrt(), [](Value value) {
    return !isa<BlockArgument>(value) && !value.getDefiningOp<ReadOp>();
  });
}

/// Erases the operations with bodies that others have replaced.
static void eraseReplaced(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        eraseReplaced(inner);
    if (op.getNumRegions() > 0 && isOpTriviallyDead(&op))
      op.erase();
  }
}

namespace {
struct AutodiffPass : descent::impl::AutodiffPassBase<AutodiffPass> {
  using AutodiffPassBase::AutodiffPassBase;

  void runOnOperation() override {
    // An operation that differentiates its body reports what it cannot
    // differentiate; buildVJP itself returns nothing.
    std::atomic<bool> reported = false;
    ScopedDiagnosticHandler handler(&getContext(), [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        reported = true;
      return failure(); // somebody else's to print
    });
    // Inner ones first: those of bodies before what they stand in, and those
    // that a loss is computed from before those of the loss.
    SmallVector<GradientOp> gradients;
    getOperation().walk([&](GradientOp op) { gradients.push_back(op); });
    if (between && llvm::none_of(gradients, differentiatesToComputed))
      return;
    for (GradientOp gradient : gradients)
      if (failed(expand(gradient)) || reported)
        return signalPassFailure();
    eraseReplaced(getOperation().getBody().front());
  }
};
} // namespace
