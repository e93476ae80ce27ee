// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Strategies drawn at random; see RandomStrategy.h.

#include "RandomStrategy.h"
#include "descent/Codegen/CostModel.h"
#include "descent/Codegen/EmitKernel.h"
#include <numeric>

using namespace mlir;

namespace descent::test {

/// A divisor of the extent below the limit; one is as likely as all others.
static int64_t pickDivisor(int64_t extent, int64_t limit,
                           std::mt19937 &random) {
  SmallVector<int64_t> sizes;
  for (int64_t size = 1; size <= std::min(extent, limit); ++size)
    if (extent % size == 0)
      sizes.push_back(size);
  return random() % 2 ? 1 : sizes[random() % sizes.size()];
}

codegen::StrategyAttr randomStrategy(const codegen::IterationSpace &space,
                                     const Profile &profile,
                                     std::mt19937 &random) {
  while (true) {
    codegen::Choice choice;
    choice.lanes.assign(space.numParallel, 1);
    if (space.numParallel > 0)
      choice.lanes[random() % space.numParallel] = profile.subgroupSize;
    for (int64_t extent : space.parallel()) {
      bool divides = random() % 4 != 0;
      int64_t tile = divides ? pickDivisor(extent, 16, random)
                             : std::min<int64_t>(extent, 1 + random() % 6);
      choice.tile.push_back(tile);
      choice.run.push_back(std::gcd(tile, extent));
      // A run may be shorter than it has to be.
      if (choice.run.back() % 2 == 0 && random() % 2)
        choice.run.back() /= 2;
    }
    // Sums to computed places may lie in memory, the places of one lane.
    std::optional<codegen::ScatteredSum> sum =
        codegen::ScatteredSum::find(space);
    if (sum && random() % 4 != 0) {
      choice.lanes[sum->dim] = 1;
      choice.tile[sum->dim] = choice.run[sum->dim] = space.extents[sum->dim];
    } else if (sum && choice.tile[sum->dim] == space.extents[sum->dim]) {
      continue;
    }
    for (int64_t extent : space.reduction())
      choice.unroll.push_back(pickDivisor(extent, 16, random));
    codegen::CostModel model(space, profile);
    codegen::Choice inRegisters = model.inRegisters(choice);
    // Additions to memory are long code.
    int64_t mostSteps =
        model.sumsInMemory(choice) ? 32 : profile.maxUnrolledSteps;
    if (inRegisters.tileSize() <= profile.maxTile &&
        inRegisters.steps() <= mostSteps &&
        codegen::keepsOrder(space, choice.unroll))
      return codegen::StrategyAttr::get(space.kernel.getContext(), choice.lanes,
                                        choice.tile, choice.run, choice.unroll);
  }
}

} // namespace descent::test
