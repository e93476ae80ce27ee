// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descent-print-memory-plan: every buffer with its interval, and the peak
// beside the liveness bound.

#include "descent/Dialect/Descent/Descent.h"
#include "descent/Dialect/Schedule/Lives.h"
#include "descent/Dialect/Schedule/MemoryReport.h"
#include "descent/Dialect/Schedule/Schedule.h"
#include "descent/Dialect/Schedule/SchedulePasses.h"
#include "llvm/Support/Format.h"

namespace descent::schedule {
#define GEN_PASS_DEF_PRINTMEMORYPLAN
#include "descent/Dialect/Schedule/SchedulePasses.h.inc"
} // namespace descent::schedule

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

static void printPlace(llvm::raw_ostream &os, PlaceAttr place) {
  os << "  " << place.getSlab()
     << llvm::format(" %10lld %10lld  ", (long long)place.getOffset(),
                     (long long)place.getSize());
}

void schedule::printMemoryPlan(ModuleOp module, llvm::raw_ostream &os) {
  SymbolTable symbols(module);
  int64_t total = 0, fixed = kControlBytes;
  for (auto slab : module.getOps<SlabOp>()) {
    os << "slab " << slab.getSymName() << " "
       << stringifySlabKind(slab.getKind()) << " " << slab.getSize()
       << " bytes\n";
    total += slab.getSize();
  }
  for (auto control : module.getOps<schedule::ControlOp>()) {
    printPlace(os, control.getPlace());
    os << "control\n";
  }
  for (auto place : module.getOps<PlaceOp>()) {
    printPlace(os, place.getPlace());
    bool isState = isa<StateOp>(symbols.lookup(place.getSymbol()));
    fixed += isState ? 0 : place.getPlace().getSize();
    os << (isState ? "state " : "input ") << place.getSymbol() << "\n";
  }
  for (auto entry : module.getOps<schedule::EntryOp>()) {
    Lives collected = collectLives(entry);
    os << "entry " << entry.getSymName() << " " << collected.launches.size()
       << " launches\n";
    int64_t peak = 0;
    for (const Life &life : collected.lives) {
      LaunchOp writer = collected.launches[life.writer];
      printPlace(os, life.place);
      os << "launches " << life.born << " to " << life.last << "  "
         << writer.getLabel().value_or(writer.getKernel()) << "\n";
      peak = std::max(peak, life.place.getEnd());
    }
    os << "  transient peak " << std::max<int64_t>(0, peak - fixed)
       << " bytes, live at once " << collected.countPeakBytes() << " bytes\n";
  }
  os << "total " << total << " bytes\n";
}

namespace {

struct PrintMemoryPlanPass
    : public schedule::impl::PrintMemoryPlanBase<PrintMemoryPlanPass> {
  void runOnOperation() override {
    printMemoryPlan(getOperation(), llvm::outs());
    markAllAnalysesPreserved();
  }
};

} // namespace
