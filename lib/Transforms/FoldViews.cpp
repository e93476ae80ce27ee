// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Views become accesses; see Passes.td.

#include "FoldLoads.h"
#include "KernelBlocks.h"
#include "KernelBuilder.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "descent/Transforms/Passes.h"

namespace descent {
#define GEN_PASS_DEF_FOLDVIEWSPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;
using namespace descent;

/// A reshape of a value that lies in memory is an alias of it; every other view
/// is to be folded.
static ViewOpInterface foldableView(Value value) {
  auto view = value.getDefiningOp<ViewOpInterface>();
  if (view && isa<ReshapeOp>(view) && !foldableView(view->getOperand(0)))
    return {};
  return view;
}

/// Reads through the views below `value`, as far as their fills agree. What is
/// left foldable has to be copied.
static void foldThrough(Value &value, AccessAttr &access,
                        ArrayRef<int64_t> domain) {
  if (isWhole(access))
    return;
  while (auto view = foldableView(value)) {
    auto composed = composeAccess(access, view.getAccess(), domain);
    if (!composed)
      return;
    access = *composed;
    value = view->getOperand(0);
  }
}

/// The same kernel with its reads folded through views.
static KernelOp foldReads(KernelOp kernel) {
  KernelBuilder folded(kernel.getLoc(), kernel.getParallel(),
                       kernel.getReduction(), combinationsOf(kernel));
  IRMapping mapping;
  auto readAll = [&](OperandRange inputs, ArrayAttr accesses, Block &block,
                     unsigned firstArgument, bool map) {
    for (auto [i, input, attribute] : llvm::enumerate(inputs, accesses)) {
      Value value = input;
      auto access =
          simplifyAccess(cast<AccessAttr>(attribute), folded.domain(map));
      foldThrough(value, access, folded.domain(map));
      mapping.map(block.getArgument(firstArgument + i),
                  folded.read(value, access, map));
    }
  };
  auto identity = [&](bool map) {
    return dimExprs(folded.domain(map).size(), kernel.getContext());
  };
  unsigned numCombined = kernel.getNumCombined();
  if (!kernel.isElementwise()) {
    readAll(kernel.getInputs(), kernel.getInputAccesses(), kernel.getMapBlock(),
            0, true);
    auto values = cloneScalars(kernel.getMapBlock(), folded.mapBuilder(),
                               mapping, identity(true), folded.domain(true));
    for (auto [argument, value] : llvm::zip(
             kernel.getFinishBlock().getArguments().take_front(numCombined),
             folded.combine(values, combiningLocation(kernel))))
      mapping.map(argument, value);
  }
  readAll(kernel.getFinishInputs(), kernel.getFinishAccesses(),
          kernel.getFinishBlock(), numCombined, false);
  auto results = cloneScalars(kernel.getFinishBlock(), folded.finishBuilder(),
                              mapping, identity(false), folded.domain(false));
  OpBuilder builder(kernel);
  return folded.build(builder, results,
                      llvm::to_vector(kernel->getResultTypes()));
}

/// Reads of whole views become reads of what they show.
static void foldWholeReads(KernelOp kernel) {
  auto accessOf = [&](unsigned number) {
    unsigned inMap = kernel.getInputs().size();
    return number < inMap ? kernel.getInputAccess(number)
                          : kernel.getFinishAccess(number - inMap);
  };
  for (unsigned i = 0; i < kernel->getNumOperands(); ++i)
    while (isWhole(accessOf(i))) {
      ViewOpInterface view = foldableView(kernel->getOperand(i));
      if (!view || !foldLoads(kernel, i, view))
        break;
    }
}

/// A kernel that computes a view's elements.
static KernelOp copyView(ViewOpInterface view) {
  auto type = cast<RankedTensorType>(view->getResult(0).getType());
  KernelBuilder copy(view.getLoc(), type.getShape(), {}, {});
  Value value = view->getOperand(0);
  AccessAttr access = simplifyAccess(view.getAccess(), type.getShape());
  foldThrough(value, access, type.getShape());
  Value element = copy.read(value, access, false);
  OpBuilder builder(view);
  return copy.build(builder, element, Type(type));
}

namespace {
struct FoldViewsPass : descent::impl::FoldViewsPassBase<FoldViewsPass> {
  void runOnOperation() override {
    for (Block *block : getKernelBlocks(getOperation()))
      fold(*block);
  }

  static void fold(Block &block) {
    SmallVector<Operation *> order;
    for (Operation &op : block)
      order.push_back(&op);
    for (Operation *op : order)
      if (auto kernel = dyn_cast<KernelOp>(op)) {
        foldWholeReads(kernel);
        kernel->replaceAllUsesWith(foldReads(kernel));
        kernel->erase();
      }
    dropDead(block);
    // What is still read is read by something that needs it in memory. Operands
    // first, so that chains become one copy; a copy itself may read a view
    // whose fill contradicts its own.
    while (copyViews(block))
      dropDead(block);
  }

  /// Copies the views that are needed in memory; returns whether there were
  /// any.
  static bool copyViews(Block &block) {
    bool copied = false;
    SmallVector<Operation *> views;
    for (auto view : block.getOps<ViewOpInterface>())
      views.push_back(view);
    for (Operation *op : views)
      if (foldableView(op->getResult(0)) &&
          llvm::any_of(op->getUsers(), needsMemory)) {
        op->replaceAllUsesWith(copyView(cast<ViewOpInterface>(op)));
        op->erase();
        copied = true;
      }
    return copied;
  }

  /// A view of a view is folded into it.
  static bool needsMemory(Operation *user) {
    return !isa<ViewOpInterface>(user);
  }

  static void dropDead(Block &block) {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (isOpTriviallyDead(&op))
        op.erase();
  }
};
} // namespace
