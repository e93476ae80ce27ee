// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descent-place-barriers: a barrier before every launch that conflicts with one
// since the last barrier.

#include "Hazards.h"
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

struct PlaceBarriersPass
    : public schedule::impl::PlaceBarriersBase<PlaceBarriersPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (auto entry : getOperation().getOps<EntryOp>()) {
      for (auto barrier :
           llvm::make_early_inc_range(entry.getBody().getOps<BarrierOp>()))
        barrier.erase();
      SmallVector<std::pair<LaunchOp, schedule::KernelOp>> running;
      for (auto launch :
           llvm::make_early_inc_range(entry.getBody().getOps<LaunchOp>())) {
        auto kernel = symbols.lookup<schedule::KernelOp>(launch.getKernel());
        if (llvm::any_of(running, [&](auto &other) {
              return conflicts(other.first, other.second, launch, kernel);
            })) {
          OpBuilder(launch).create<BarrierOp>(launch.getLoc());
          running.clear();
        }
        running.push_back({launch, kernel});
      }
    }
  }
};

} // namespace
