// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One kernel for every loop nest; see Passes.td.

#include "KernelBlocks.h"
#include "KernelBuilder.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "descent/Transforms/Passes.h"

namespace descent {
#define GEN_PASS_DEF_LOWERTOKERNELSPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;
using namespace descent;

/// What a loop nest combines: each combiner gives its results in turn.
static SmallVector<Combination> combinationsOf(LoopNestOpInterface nest) {
  SmallVector<Combination> combinations;
  unsigned result = 0;
  for (Combiner combiner : nest.getCombiners()) {
    combinations.push_back(
        {combiner, getElementTypeOrSelf(nest->getResult(result).getType())});
    result += combiner == Combiner::max_index ? 2 : 1;
  }
  return combinations;
}

/// Builds the kernel of a loop nest before it.
static KernelOp buildKernel(LoopNestOpInterface nest) {
  SmallVector<int64_t> parallel, reduction;
  nest.getIterationDomain(parallel, reduction);
  KernelBuilder kernel(nest.getLoc(), parallel, reduction,
                       combinationsOf(nest));
  bool reduces = !reduction.empty();
  SmallVector<Value> scalars;
  for (auto [i, operand] : llvm::enumerate(nest->getOperands())) {
    AccessAttr access =
        simplifyAccess(nest.getOperandAccess(i), kernel.domain(reduces));
    scalars.push_back(kernel.read(operand, access, reduces));
  }
  OpBuilder &body = reduces ? kernel.mapBuilder() : kernel.finishBuilder();
  SmallVector<Value> values = nest.buildScalarBody(body, scalars);
  if (reduces)
    values = kernel.combine(values);
  OpBuilder builder(nest);
  return kernel.build(builder, values, llvm::to_vector(nest->getResultTypes()));
}

namespace {
struct LowerToKernelsPass
    : descent::impl::LowerToKernelsPassBase<LowerToKernelsPass> {
  void runOnOperation() override {
    for (Block *block : getKernelBlocks(getOperation()))
      lower(*block);
  }

  static void lower(Block &block) {
    SmallVector<LoopNestOpInterface> nests;
    for (auto nest : block.getOps<LoopNestOpInterface>())
      nests.push_back(nest);
    for (auto nest : nests) {
      nest->replaceAllUsesWith(buildKernel(nest));
      nest->erase();
    }
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (isOpTriviallyDead(&op))
        op.erase();
  }
};
} // namespace
