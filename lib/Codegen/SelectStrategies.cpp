// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses strategies: which dimensions the lanes run along, and the tiles and
// unrolling that cost least by the device's profile.

#include "descent/Codegen/CostModel.h"
#include "descent/Codegen/EmitKernel.h"
#include "descent/Codegen/Passes.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;

namespace descent::codegen {

#define GEN_PASS_DEF_SELECTSTRATEGIESPASS
#include "descent/Codegen/Passes.h.inc"

namespace {

class Search {
public:
  Search(const IterationSpace &space, const Profile &profile)
      : space(space), profile(profile), model(space, profile) {}

  Choice run() {
    Choice best = start();
    double bestCost = improve(best);
    // Lanes along one dimension, then spread over more lanes, or over a second
    // dimension.
    for (unsigned dim = 0; dim < space.numParallel; ++dim)
      for (int64_t lanes = profile.subgroupSize;
           lanes <= profile.maxWorkgroupSize; lanes *= 2) {
        if (lanes > profile.subgroupSize && lanes > space.extents[dim])
          break;
        Choice choice = start();
        choice.lanes[dim] = lanes;
        consider(choice, best, bestCost);
      }
    for (unsigned a = 0; a < space.numParallel; ++a)
      for (unsigned b = a + 1; b < space.numParallel; ++b)
        for (int64_t lanes = 2; lanes < profile.subgroupSize; lanes *= 2) {
          Choice choice = start();
          choice.lanes[a] = profile.subgroupSize / lanes;
          choice.lanes[b] = lanes;
          consider(choice, best, bestCost);
        }
    return best;
  }

private:
  const IterationSpace &space;
  const Profile &profile;
  CostModel model;

  Choice start() const {
    Choice choice;
    choice.lanes.assign(space.numParallel, 1);
    choice.tile = choice.run = choice.lanes;
    choice.unroll.assign(space.numReduction(), 1);
    return choice;
  }

  void consider(Choice choice, Choice &best, double &bestCost) {
    double cost = improve(choice);
    if (cost < bestCost) {
      bestCost = cost;
      best = choice;
    }
  }

  /// Sets one number after the other to its best value until nothing changes.
  double improve(Choice &choice) {
    double cost = model.estimate(choice);
    for (bool changed = true; changed;) {
      changed = false;
      for (unsigned dim = 0; dim < space.extents.size(); ++dim) {
        Choice best = choice;
        for (int64_t size : sizes(dim)) {
          Choice candidate = choice;
          set(candidate, dim, size);
          if (!allowed(candidate))
            continue;
          double candidateCost = model.estimate(candidate);
          // Equal costs keep the smaller code.
          if (candidateCost < cost * 0.999) {
            cost = candidateCost;
            best = candidate;
            changed = true;
          }
        }
        choice = best;
      }
    }
    return cost;
  }

  /// The tile sizes or unrollings to try: divisors of the extent, and for tiles
  /// that need not divide, powers of two.
  SmallVector<int64_t> sizes(unsigned dim) const {
    SmallVector<int64_t> result;
    bool parallel = dim < space.numParallel;
    int64_t extent = space.extents[dim],
            limit = parallel ? profile.maxTile : profile.maxUnrolledSteps;
    limit = std::min<int64_t>({limit, extent, 32});
    for (int64_t size = 1; size <= limit; ++size)
      if (extent % size == 0 || (parallel && llvm::isPowerOf2_64(size)))
        result.push_back(size);
    return result;
  }

  void set(Choice &choice, unsigned dim, int64_t size) const {
    if (dim >= space.numParallel) {
      choice.unroll[dim - space.numParallel] = size;
      return;
    }
    choice.tile[dim] = size;
    int64_t run = std::gcd(size, space.extents[dim]);
    // Where lanes side by side share memory transactions, a lane's run is one
    // vector.
    choice.run[dim] =
        profile.coalesces ? std::gcd<int64_t>(run, profile.vectorWidth) : run;
  }

  bool allowed(const Choice &choice) const {
    return choice.tileSize() <= profile.maxTile &&
           choice.steps() <= profile.maxUnrolledSteps &&
           keepsOrder(space, choice.unroll);
  }
};

} // namespace

StrategyAttr selectStrategy(const IterationSpace &space,
                            const Profile &profile) {
  Choice choice = Search(space, profile).run();
  return StrategyAttr::get(space.kernel.getContext(), choice.lanes, choice.tile,
                           choice.run, choice.unroll);
}

namespace {
struct SelectStrategiesPass
    : impl::SelectStrategiesPassBase<SelectStrategiesPass> {
  using SelectStrategiesPassBase::SelectStrategiesPassBase;

  void runOnOperation() override {
    const Profile *device = findProfile(profile);
    if (!device) {
      InFlightDiagnostic error = getOperation().emitError()
                                 << "unknown profile '" << profile
                                 << "'; there are";
      for (const Profile &known : allProfiles())
        error << " '" << known.name << "'";
      return signalPassFailure();
    }
    for (auto kernel : getOperation().getOps<schedule::KernelOp>())
      if (!kernel.getStrategyAttr())
        kernel.setStrategyAttr(
            selectStrategy(buildIterationSpace(kernel), *device));
  }
};
} // namespace

} // namespace descent::codegen
