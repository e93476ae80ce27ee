// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descent-place-barriers: a barrier before every launch that conflicts with one
// since the last barrier.

#include "descent/Dialect/Schedule/Hazards.h"
#include "descent/Dialect/Schedule/SchedulePasses.h"
#include "mlir/IR/Builders.h"

namespace descent::schedule {
#define GEN_PASS_DEF_PLACEBARRIERS
#include "descent/Dialect/Schedule/SchedulePasses.h.inc"
} // namespace descent::schedule

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

bool schedule::conflicts(LaunchOp first, schedule::KernelOp firstKernel,
                         LaunchOp second, schedule::KernelOp secondKernel) {
  for (unsigned i = 0; i < first.getBindings().size(); ++i)
    for (unsigned j = 0; j < second.getBindings().size(); ++j)
      if (first.getBinding(i).overlaps(second.getBinding(j)) &&
          (firstKernel.getBindingAccess(i) != BindingAccess::read ||
           secondKernel.getBindingAccess(j) != BindingAccess::read))
        return true;
  return false;
}

namespace {

/// Walks the records of an entry as they run.
class Placer {
public:
  explicit Placer(SymbolTable &symbols) : symbols(symbols) {}

  void place(Block &block) {
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (isa<BarrierOp>(op)) {
        running.clear();
      } else if (auto loop = dyn_cast<LoopOp>(op)) {
        place(loop.getBody().front());
        // What ran in an iteration runs beside the beginning of the next.
        place(loop.getBody().front());
      } else if (auto launch = dyn_cast<LaunchOp>(op)) {
        place(launch);
      }
    }
  }

private:
  void place(LaunchOp launch) {
    auto kernel = symbols.lookup<schedule::KernelOp>(launch.getKernel());
    if (llvm::any_of(running, [&](auto &other) {
          return conflicts(other.first, other.second, launch, kernel);
        })) {
      OpBuilder(launch).create<BarrierOp>(launch.getLoc());
      running.clear();
    }
    running.push_back({launch, kernel});
  }

  SymbolTable &symbols;
  SmallVector<std::pair<LaunchOp, schedule::KernelOp>> running;
};

struct PlaceBarriersPass
    : public schedule::impl::PlaceBarriersBase<PlaceBarriersPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (auto entry : getOperation().getOps<EntryOp>()) {
      entry.walk([](BarrierOp barrier) { barrier.erase(); });
      Placer(symbols).place(entry.getBody().front());
    }
  }
};

} // namespace
