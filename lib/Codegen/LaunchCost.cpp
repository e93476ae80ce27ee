// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See LaunchCost.h.

#include "descent/Codegen/LaunchCost.h"
#include "descent/Codegen/CostModel.h"

using namespace mlir;

namespace descent::codegen {

LaunchCost LaunchCost::of(ArrayRef<IterationSpace> spaces,
                          StrategyAttr strategy, const Profile &profile) {
  KernelCost model(spaces, profile);
  Choice choice{llvm::to_vector(strategy.getLanes()),
                llvm::to_vector(strategy.getTile()),
                llvm::to_vector(strategy.getRun()),
                llvm::to_vector(strategy.getUnroll())};
  LaunchCost cost;
  cost.subgroups = model.launchedSubgroups(choice);
  cost.longest = model.executedTime(choice);
  cost.longestInBranch = model.executedTime(choice, /*inBranch=*/true);
  cost.work = cost.subgroups * cost.longest;
  cost.workInBranch = cost.subgroups * cost.longestInBranch;
  cost.idle = profile.idleCode * model.codeTime(choice);
  return cost;
}

LaunchCost LaunchCost::mergedWith(const LaunchCost &other) const {
  LaunchCost both;
  both.subgroups = subgroups + other.subgroups;
  both.idle = idle + other.idle;
  both.work = both.workInBranch = workInBranch + other.workInBranch +
                                  subgroups * other.idle +
                                  other.subgroups * idle;
  both.longest = both.longestInBranch =
      std::max(longestInBranch + other.idle, other.longestInBranch + idle);
  return both;
}

double LaunchCost::inMilliseconds(const Profile &profile) const {
  return profile.launchTime +
         std::max(work, longest * profile.parallelSubgroups) * profile.unit;
}

} // namespace descent::codegen
