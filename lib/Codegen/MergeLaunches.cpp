// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descent-merge-launches: few phases, and few launches in each.

#include "MergedKernel.h"
#include "descent/Codegen/LaunchCost.h"
#include "descent/Codegen/Passes.h"
#include "descent/Dialect/Descent/Descent.h"
#include "descent/Dialect/Schedule/Origins.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace descent::codegen {

#define GEN_PASS_DEF_MERGELAUNCHESPASS
#include "descent/Codegen/Passes.h.inc"

namespace {

/// Launches that become one.
struct Group {
  SmallVector<LaunchAndKernel> launches;
  LaunchCost cost;
};

class Merger {
public:
  Merger(ModuleOp module, const Profile &profile, int64_t maxRange)
      : symbols(module), builder(module.getContext()), profile(profile),
        maxRange(maxRange) {
    // New kernels stand where the old ones do, before the entries.
    for (auto kernel : module.getOps<schedule::KernelOp>()) {
      builder.setInsertionPointAfter(kernel);
      if (kernel.getParts().size() == 1)
        costs[kernel] = LaunchCost::of(
            buildIterationSpaces(kernel),
            cast<StrategyAttr>(kernel.getStrategyAttr()), profile);
    }
  }

  void run(Block &block) {
    for (auto loop : block.getOps<schedule::LoopOp>())
      run(loop.getBody().front());
    std::vector<Step> steps = findPhases(block, symbols);
    for (unsigned i = steps.size(); i-- > 0;)
      moveToBestPhase(steps, i);
    orderByPhases(block, steps);
    std::map<unsigned, SmallVector<const Step *>> phases;
    for (const Step &step : steps)
      phases[step.phase].push_back(&step);
    for (auto &[phase, members] : phases)
      mergePhase(members);
  }

private:
  SymbolTable symbols;
  OpBuilder builder;
  const Profile &profile;
  int64_t maxRange;
  llvm::DenseMap<Operation *, LaunchCost> costs;
  /// Merged kernels by their text.
  llvm::StringMap<schedule::KernelOp> merged;

  /// Whether a step is a launch of one part, and no loop.
  bool isSingle(const Step &step) const {
    return isa<schedule::LaunchOp>(step.op) &&
           costs.contains(step.launches.front().second);
  }

  /// The milliseconds that two launches take less as one.
  double gain(const LaunchCost &a, const LaunchCost &b) const {
    return a.inMilliseconds(profile) + b.inMilliseconds(profile) -
           a.mergedWith(b).inMilliseconds(profile);
  }

  /// Moves a launch to the phase, of those between what it waits for and what
  /// waits for it, whose launches it fits best.
  void moveToBestPhase(std::vector<Step> &steps, unsigned number) {
    Step &step = steps[number];
    if (!isSingle(step) || step.after.empty())
      return;
    unsigned last = UINT_MAX;
    for (unsigned later : step.after)
      last = std::min(last, steps[later].phase - 1);
    if (last <= step.phase)
      return;
    unsigned best = step.phase;
    double bestGain = 0;
    for (auto [i, other] : llvm::enumerate(steps)) {
      if (i == number || other.phase < step.phase || other.phase > last ||
          !isSingle(other))
        continue;
      double gained = gain(costs.lookup(step.launches.front().second),
                           costs.lookup(other.launches.front().second));
      if (gained > bestGain * 1.001) {
        bestGain = gained;
        best = other.phase;
      }
    }
    step.phase = best;
  }

  /// Merges launches of a phase, the pair first that gains most, as long as
  /// one does.
  void mergePhase(ArrayRef<const Step *> steps) {
    SmallVector<Group, 0> groups;
    for (const Step *step : steps)
      if (isSingle(*step))
        groups.push_back(
            {step->launches, costs.lookup(step->launches.front().second)});
    std::set<std::pair<Operation *, Operation *>> refused;
    while (true) {
      std::optional<std::pair<unsigned, unsigned>> best;
      double bestGain = 0;
      for (unsigned i = 0; i < groups.size(); ++i)
        for (unsigned j = i + 1; j < groups.size(); ++j) {
          double gained = gain(groups[i].cost, groups[j].cost);
          if (gained > bestGain * 1.001 &&
              !refused.contains(keyOf(groups[i], groups[j]))) {
            bestGain = gained;
            best = {i, j};
          }
        }
      if (!best)
        break;
      auto [i, j] = *best;
      SmallVector<LaunchAndKernel> both = groups[i].launches;
      llvm::append_range(both, groups[j].launches);
      if (!fits(both, steps)) {
        refused.insert(keyOf(groups[i], groups[j]));
        continue;
      }
      groups[i] = {both, groups[i].cost.mergedWith(groups[j].cost)};
      groups.erase(groups.begin() + j);
    }
    for (const Group &group : groups)
      if (group.launches.size() > 1)
        replace(group.launches);
  }

  static std::pair<Operation *, Operation *> keyOf(const Group &a,
                                                   const Group &b) {
    // Of the last launches: they change when a group grows.
    schedule::LaunchOp lastOfA = a.launches.back().first,
                       lastOfB = b.launches.back().first;
    return {lastOfA, lastOfB};
  }

  /// Whether launches can be bound as one, without touching more than they did
  /// of what the rest of their phase uses.
  bool fits(ArrayRef<LaunchAndKernel> launches,
            ArrayRef<const Step *> phase) const {
    auto bindings = bindTogether(launches, profile.maxMergedBindings, maxRange);
    if (!bindings)
      return false;
    for (const Step *step : phase)
      for (LaunchAndKernel entry : step->launches) {
        if (llvm::is_contained(launches, entry))
          continue;
        auto [launch, kernel] = entry;
        for (auto [i, place] : llvm::enumerate(
                 launch.getBindings().getAsRange<schedule::PlaceAttr>()))
          for (const schedule::Binding &binding : *bindings)
            if (binding.getPlace().overlaps(place) &&
                (schedule::BindingAccess(binding.access) !=
                     schedule::BindingAccess::read ||
                 kernel.getBindingAccess(i) != schedule::BindingAccess::read))
              return false;
      }
    return true;
  }

  void replace(ArrayRef<LaunchAndKernel> launches) {
    auto bindings =
        *bindTogether(launches, profile.maxMergedBindings, maxRange);
    schedule::KernelOp kernel =
        unique(buildMerged(builder, "merged", launches, bindings));
    auto places =
        llvm::map_to_vector(bindings, [](const schedule::Binding &binding) {
          return Attribute(binding.getPlace());
        });
    std::string label;
    for (auto [launch, other] : launches) {
      StringRef name = schedule::LaunchOp(launch).getLabel().value_or("");
      if (!name.empty() && !StringRef(label).contains(name))
        label += (label.empty() ? "" : " | ") + name.str();
    }
    schedule::LaunchOp first = launches.front().first;
    OpBuilder(first).create<schedule::LaunchOp>(
        schedule::locateTogether(launches), FlatSymbolRefAttr::get(kernel),
        builder.getArrayAttr(places),
        label.empty() ? StringAttr() : builder.getStringAttr(label));
    for (auto [launch, other] : launches)
      launch->erase();
  }

  /// The kernel, or one that equals it.
  schedule::KernelOp unique(schedule::KernelOp kernel) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    kernel.print(stream,
                 OpPrintingFlags().useLocalScope().enableDebugInfo(false));
    auto [known, isNew] = merged.try_emplace(text, kernel);
    if (!isNew) {
      kernel.erase();
      return known->second;
    }
    kernel.setSymName(("m" + Twine(merged.size() - 1)).str());
    symbols.insert(kernel);
    return kernel;
  }
};

struct MergeLaunchesPass : impl::MergeLaunchesPassBase<MergeLaunchesPass> {
  using MergeLaunchesPassBase::MergeLaunchesPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    const Profile *device = findProfile(profile);
    if (!device) {
      module.emitError() << "unknown profile '" << profile << "'";
      return signalPassFailure();
    }
    Merger merger(module, *device, maxRange);
    for (auto entry : module.getOps<schedule::EntryOp>()) {
      entry.walk([](schedule::BarrierOp barrier) { barrier.erase(); });
      merger.run(entry.getBody().front());
    }
    eraseUnused(module);
  }

  static void eraseUnused(ModuleOp module) {
    llvm::DenseSet<StringRef> used;
    module.walk(
        [&](schedule::LaunchOp launch) { used.insert(launch.getKernel()); });
    for (auto kernel :
         llvm::make_early_inc_range(module.getOps<schedule::KernelOp>()))
      if (!used.contains(kernel.getSymName()))
        kernel.erase();
  }
};

} // namespace

} // namespace descent::codegen
