// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descent-verify-schedule: proves a schedule sound by running it symbolically.

#include "Simulation.h"
#include "descent/Dialect/Schedule/Hazards.h"
#include "descent/Dialect/Schedule/SchedulePasses.h"

namespace descent::schedule {
#define GEN_PASS_DEF_VERIFYSCHEDULE
#include "descent/Dialect/Schedule/SchedulePasses.h.inc"
} // namespace descent::schedule

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

/// Checks that no two launches between the same barriers conflict. `running`
/// are those since the last barrier before `block`, then those in it.
static LogicalResult verifyBarriers(Block &block, SymbolTable &symbols,
                                    SmallVectorImpl<LaunchOp> &running) {
  for (Operation &op : block) {
    if (isa<BarrierOp>(op))
      running.clear();
    if (auto loop = dyn_cast<LoopOp>(op)) {
      // Twice, for the end of an iteration runs beside the beginning of the
      // next.
      for (int i = 0; i < 2; ++i)
        if (failed(verifyBarriers(loop.getBody().front(), symbols, running)))
          return failure();
      continue;
    }
    auto launch = dyn_cast<LaunchOp>(op);
    if (!launch)
      continue;
    auto kernel = symbols.lookup<schedule::KernelOp>(launch.getKernel());
    for (LaunchOp other : running)
      if (conflicts(other,
                    symbols.lookup<schedule::KernelOp>(other.getKernel()),
                    launch, kernel)) {
        InFlightDiagnostic error =
            launch.emitOpError()
            << "touches what a launch wrote, or overwrites what it read, with "
               "no barrier between them";
        error.attachNote(other.getLoc())
            << (other == launch ? "the other launch is its own in another "
                                  "iteration"
                                : "the other launch");
        return error;
      }
    running.push_back(launch);
  }
  return success();
}

namespace {

struct VerifySchedulePass
    : public schedule::impl::VerifyScheduleBase<VerifySchedulePass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (auto entry : getOperation().getOps<schedule::EntryOp>()) {
      SmallVector<LaunchOp> running;
      if (failed(verifyBarriers(entry.getBody().front(), symbols, running)))
        return signalPassFailure();
    }
    Values values;
    if (failed(ScheduleSimulation(getOperation(), values).run()))
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};

} // namespace
