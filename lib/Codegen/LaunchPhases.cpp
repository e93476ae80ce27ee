// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See LaunchPhases.h.

#include "LaunchPhases.h"
#include "descent/Dialect/Schedule/Hazards.h"

using namespace mlir;

namespace descent::codegen {

bool conflict(const Step &first, const Step &second) {
  for (const auto &[a, kernelOfA] : first.launches)
    for (const auto &[b, kernelOfB] : second.launches)
      if (schedule::conflicts(a, kernelOfA, b, kernelOfB))
        return true;
  return false;
}

std::vector<Step> findPhases(Block &block, const SymbolTable &symbols) {
  std::vector<Step> steps;
  for (Operation &op : block) {
    Step step{&op, {}, 0, {}, {}};
    op.walk([&](schedule::LaunchOp launch) {
      step.launches.push_back(
          {launch, symbols.lookup<schedule::KernelOp>(launch.getKernel())});
    });
    if (step.launches.empty())
      continue;
    for (auto [i, earlier] : llvm::enumerate(steps)) {
      if (!conflict(earlier, step))
        continue;
      step.before.push_back(i);
      earlier.after.push_back(steps.size());
      step.phase = std::max(step.phase, earlier.phase + 1);
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

void orderByPhases(Block &block, ArrayRef<Step> steps) {
  SmallVector<const Step *> order;
  for (const Step &step : steps)
    order.push_back(&step);
  llvm::stable_sort(
      order, [](const Step *a, const Step *b) { return a->phase < b->phase; });
  // Everything else, outputs, comes behind what runs.
  for (const Step *step : llvm::reverse(order))
    step->op->moveBefore(&block, block.begin());
}

} // namespace descent::codegen
