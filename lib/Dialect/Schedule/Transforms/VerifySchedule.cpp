// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descent-verify-schedule: proves a schedule sound by running it symbolically.

#include "Hazards.h"
#include "Simulation.h"
#include "descent/Dialect/Schedule/SchedulePasses.h"

namespace descent::schedule {
#define GEN_PASS_DEF_VERIFYSCHEDULE
#include "descent/Dialect/Schedule/SchedulePasses.h.inc"
} // namespace descent::schedule

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

/// Checks that no two launches between the same barriers conflict.
static LogicalResult verifyBarriers(schedule::EntryOp entry,
                                    SymbolTable &symbols) {
  SmallVector<LaunchOp> running;
  for (Operation &op : *entry.getBody().begin()) {
    if (isa<BarrierOp>(op))
      running.clear();
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
        error.attachNote(other.getLoc()) << "the other launch";
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
    for (auto entry : getOperation().getOps<schedule::EntryOp>())
      if (failed(verifyBarriers(entry, symbols)))
        return signalPassFailure();
    Values values;
    if (failed(ScheduleSimulation(getOperation(), values).run()))
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};

} // namespace
