// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Takes composite operations apart; see Passes.td.

#include "descent/Transforms/Passes.h"

namespace descent {
#define GEN_PASS_DEF_DECOMPOSEPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;

namespace {
struct DecomposePass : descent::impl::DecomposePassBase<DecomposePass> {
  void runOnOperation() override {
    SmallVector<descent::DecomposableOpInterface> composites;
    getOperation().walk(
        [&](descent::DecomposableOpInterface op) { composites.push_back(op); });
    for (auto op : composites) {
      OpBuilder builder(op);
      op->replaceAllUsesWith(op.decompose(builder));
      op->erase();
    }
  }
};
} // namespace
