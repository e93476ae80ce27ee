// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The time of a launch of one or several kernels, by the cost model.

#ifndef DESCENT_CODEGEN_LAUNCHCOST_H
#define DESCENT_CODEGEN_LAUNCHCOST_H

#include "descent/Codegen/Codegen.h"
#include "descent/Codegen/IterationSpace.h"
#include "descent/Target/Profile.h"

namespace descent::codegen {

/// What a launch costs, in units of a multiply-add of one subgroup.
struct LaunchCost {
  /// What its subgroups execute in all, and the most that one does.
  double work = 0, longest = 0;
  /// The same where it is a part of a merged launch.
  double workInBranch = 0, longestInBranch = 0;
  double subgroups = 0;
  /// What a subgroup of another part executes of this one's code.
  double idle = 0;

  /// The cost of a launch of one part, which has these loop nests.
  static LaunchCost of(llvm::ArrayRef<IterationSpace> spaces,
                       StrategyAttr strategy, const Profile &profile);
  /// The cost of two launches as one. The lanes of each execute the other's
  /// code without effect.
  LaunchCost mergedWith(const LaunchCost &other) const;
  double inMilliseconds(const Profile &profile) const;
};

} // namespace descent::codegen

#endif // DESCENT_CODEGEN_LAUNCHCOST_H
