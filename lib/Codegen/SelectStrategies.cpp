// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses strategies: which dimensions the lanes run along, and the tiles and
// unrolling that cost least by the device's profile.

#include "descent/Codegen/CostModel.h"
#include "descent/Codegen/EmitKernel.h"
#include "descent/Codegen/Passes.h"
#include "mlir/IR/Threading.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;

namespace descent::codegen {

#define GEN_PASS_DEF_SELECTSTRATEGIESPASS
#include "descent/Codegen/Passes.h.inc"

/// In loops kernels may take so many times as long to compile.
static constexpr int64_t mostCompiled = 2;

namespace {

class Search {
public:
  Search(ArrayRef<IterationSpace> parts, const Profile &profile,
         int64_t iterations)
      : profile(profile), model(parts, profile),
        launches(profile.launches * static_cast<double>(iterations)),
        maxCompileTime(
            profile.maxCompileTime *
            static_cast<double>(std::min(iterations, mostCompiled))) {
    space.numParallel = parts.front().numParallel;
    space.extents = llvm::to_vector(parts.front().parallel());
    for (const IterationSpace &part : parts)
      llvm::append_range(space.extents, part.reduction());
  }

  Choice run() {
    for (unsigned dim = 0; dim < space.extents.size(); ++dim)
      sizes.push_back(sizesOf(dim));
    origin.lanes.assign(space.numParallel, 1);
    origin.tile = origin.run = origin.lanes;
    origin.unroll.assign(space.numReduction(), 1);
    if (!model.scatteredSum())
      return search();
    // In registers, or with all places of the sums in memory.
    unsigned dim = model.scatteredSum()->dim;
    int64_t extent = space.extents[dim];
    llvm::erase(sizes[dim], extent);
    Choice best = search();
    keptWhole = dim;
    sizes[dim] = {extent};
    origin.tile[dim] = origin.run[dim] = extent;
    Choice inMemory = search();
    return model.trips(inMemory) <= maxTrips && price(inMemory) < price(best)
               ? inMemory
               : best;
  }

private:
  /// The most trips of a lane around its loops: llvmpipe ends them all after
  /// 65535 without a word.
  static constexpr double maxTrips = 65535;

  /// The best choice to be found from `origin`.
  Choice search() {
    Choice best = start();
    double bestCost = price(best);
    improveFrom(start(), best, bestCost);
    bool fits = false;
    for (unsigned dim = 0; dim < space.numParallel; ++dim) {
      if (keptWhole == dim)
        continue;
      Choice choice = start();
      choice.lanes[dim] = profile.subgroupSize;
      if (improveFrom(choice, best, bestCost))
        fits = space.extents[dim] % profile.subgroupSize == 0;
    }
    if (!fits)
      spreadOverTwo(best, bestCost);
    widen(best, bestCost);
    return best;
  }

  /// The dimensions to choose for: the parallel ones, then the others of all
  /// parts.
  struct {
    SmallVector<int64_t> extents;
    unsigned numParallel;

    unsigned numReduction() const { return extents.size() - numParallel; }
    ArrayRef<int64_t> reduction() const {
      return ArrayRef(extents).drop_front(numParallel);
    }
  } space;
  const Profile &profile;
  KernelCost model;
  /// How often the kernel runs for having been compiled once.
  double launches;
  /// The driver's time that a kernel may take: that of several, in a loop.
  double maxCompileTime;
  SmallVector<SmallVector<int64_t>> sizes;
  /// Where the search starts.
  Choice origin;
  /// The dimension of places that lie in memory, if they do.
  std::optional<unsigned> keptWhole;

  /// What is minimized, in milliseconds: the time of a launch, and a share of
  /// the time that the driver takes to compile the kernel.
  double price(const Choice &choice) {
    return model.launchTime(choice) * profile.unit +
           model.compileTime(choice) / launches;
  }

  Choice start() const { return origin; }

  /// Spreads a subgroup over two dimensions.
  void spreadOverTwo(Choice &best, double &bestCost) {
    for (unsigned a = 0; a < space.numParallel; ++a)
      for (unsigned b = a + 1; b < space.numParallel; ++b)
        for (int64_t lanes =
                 keptWhole == a || keptWhole == b ? profile.subgroupSize : 2;
             lanes < profile.subgroupSize; lanes *= 2) {
          Choice choice = start();
          choice.lanes[a] = profile.subgroupSize / lanes;
          choice.lanes[b] = lanes;
          improveFrom(choice, best, bestCost);
        }
  }

  /// Makes workgroups larger where that costs nothing.
  void widen(Choice &best, double &bestCost) {
    for (unsigned dim = 0; dim < space.numParallel; ++dim)
      for (int64_t factor = 2;
           best.lanes[dim] > 1 &&
           factor * best.workgroupSize() <= profile.maxWorkgroupSize;
           factor *= 2) {
        Choice choice = best;
        choice.lanes[dim] *= factor;
        double cost = price(choice);
        if (cost >= bestCost * 0.999)
          continue;
        best = choice;
        bestCost = cost;
      }
  }

  /// Improves a choice, and the same with the innermost reduction dimensions
  /// unrolled whole, which alone may not pay but opens the way for larger
  /// tiles. Returns whether a new best was found.
  bool improveFrom(Choice choice, Choice &best, double &bestCost) {
    bool found = false;
    for (int64_t r = space.numReduction();; --r) {
      Choice candidate = choice;
      double cost = improve(candidate);
      if (cost < bestCost * 0.999) {
        bestCost = cost;
        best = candidate;
        found = true;
      }
      if (r == 0 || space.reduction()[r - 1] > 8)
        return found;
      choice.unroll[r - 1] = space.reduction()[r - 1];
      if (!allowed(choice))
        return found;
    }
  }

  /// Takes the best of all single changes, and of all trades of one dimension's
  /// next size up for another's next size down, until none is better.
  double improve(Choice &choice) {
    double cost = price(choice);
    while (true) {
      Choice best = choice;
      double bestCost = cost;
      auto consider = [&](const Choice &candidate) {
        // Equal costs keep the smaller code.
        if (!allowed(candidate))
          return;
        double candidateCost = price(candidate);
        if (candidateCost < bestCost * 0.999) {
          bestCost = candidateCost;
          best = candidate;
        }
      };
      for (unsigned dim = 0; dim < space.extents.size(); ++dim)
        for (int64_t size : sizes[dim]) {
          Choice candidate = choice;
          set(candidate, dim, size);
          consider(candidate);
          int64_t next = neighbour(choice, dim, +1);
          if (size != next)
            continue;
          for (unsigned other = 0; other < space.extents.size(); ++other) {
            Choice trade = candidate;
            set(trade, other, neighbour(choice, other, -1));
            if (other != dim)
              consider(trade);
          }
        }
      if (bestCost == cost)
        return cost;
      cost = bestCost;
      choice = best;
    }
  }

  int64_t sizeOf(const Choice &choice, unsigned dim) const {
    return dim < space.numParallel ? choice.tile[dim]
                                   : choice.unroll[dim - space.numParallel];
  }

  /// The size after or before the chosen one; that itself at the end.
  int64_t neighbour(const Choice &choice, unsigned dim, int direction) const {
    ArrayRef<int64_t> list = sizes[dim];
    int64_t at = llvm::find(list, sizeOf(choice, dim)) - list.begin();
    return list[std::clamp<int64_t>(at + direction, 0, list.size() - 1)];
  }

  /// The tile sizes or unrollings to try: divisors of the extent, and for tiles
  /// that need not divide, powers of two.
  SmallVector<int64_t> sizesOf(unsigned dim) const {
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

  bool allowed(const Choice &choice) {
    return model.tileSize(choice) <= profile.maxTile &&
           model.steps(choice) <= profile.maxUnrolledSteps &&
           model.keepsOrder(choice) &&
           model.compileTime(choice) <= maxCompileTime;
  }
};

} // namespace

StrategyAttr selectStrategy(ArrayRef<IterationSpace> parts,
                            const Profile &profile, int64_t iterations) {
  Choice choice = Search(parts, profile, iterations).run();
  return StrategyAttr::get(parts.front().kernel.getContext(), choice.lanes,
                           choice.tile, choice.run, choice.unroll);
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
    SmallVector<schedule::KernelOp> kernels;
    for (auto kernel : getOperation().getOps<schedule::KernelOp>())
      if (!kernel.getStrategyAttr())
        kernels.push_back(kernel);
    // Kernels have nothing to do with each other.
    parallelForEach(&getContext(), kernels, [&](schedule::KernelOp kernel) {
      SmallVector<Attribute> strategies;
      for (unsigned i = 0; i < kernel.getParts().size(); ++i)
        strategies.push_back(selectStrategy(buildIterationSpaces(kernel, i),
                                            *device, kernel.countIterations()));
      kernel.setPartStrategies(strategies);
    });
  }
};
} // namespace

} // namespace descent::codegen
