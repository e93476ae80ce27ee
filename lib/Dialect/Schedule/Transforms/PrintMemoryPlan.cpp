// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descent-print-memory-plan: every buffer with its interval, and the peak
// beside the liveness bound.

#include "descent/Dialect/Descent/Descent.h"
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

namespace {

/// The life of what a launch writes to a place of a transient slab: until the
/// last launch that reads it.
struct Life {
  PlaceAttr place;
  unsigned born, last;
  std::string label;
};

} // namespace

/// The bytes of the union of the places that are live at launch `time`.
static int64_t countLiveBytes(ArrayRef<Life> lives, unsigned time) {
  SmallVector<std::pair<int64_t, int64_t>> ranges;
  for (const Life &life : lives)
    if (life.born <= time && time <= life.last)
      ranges.push_back({life.place.getOffset(), life.place.getEnd()});
  llvm::sort(ranges);
  int64_t bytes = 0, end = 0;
  for (auto [first, last] : ranges) {
    bytes += std::max<int64_t>(0, last - std::max(first, end));
    end = std::max(end, last);
  }
  return bytes;
}

static SmallVector<Life> collectLives(schedule::EntryOp entry,
                                      SymbolTable &symbols,
                                      unsigned &launches) {
  SmallVector<Life> lives;
  launches = 0;
  auto isTransient = [&](PlaceAttr place) {
    return symbols.lookup<SlabOp>(place.getSlab().getValue()).getKind() ==
           SlabKind::transient;
  };
  // The latest life at a place that is read; what the host writes has none.
  auto extend = [&](PlaceAttr place, unsigned time) {
    for (Life &life : llvm::reverse(lives))
      if (life.place.overlaps(place)) {
        life.last = std::max(life.last, time);
        return;
      }
  };
  for (auto launch : entry.getBody().getOps<LaunchOp>()) {
    auto kernel = symbols.lookup<schedule::KernelOp>(launch.getKernel());
    auto place = [&](OperandAttr operand, Type type) {
      PlaceAttr binding = launch.getBinding(operand.getBinding());
      return PlaceAttr::get(binding.getSlab(),
                            binding.getOffset() +
                                operand.getOffset() * kElementBytes,
                            byteSize(type));
    };
    for (BlockArgument argument : kernel.getBlock().getArguments())
      extend(place(kernel.getRead(argument.getArgNumber()), argument.getType()),
             launches);
    for (auto [i, value] :
         llvm::enumerate(kernel.getBlock().getTerminator()->getOperands()))
      if (PlaceAttr written = place(kernel.getWrite(i), value.getType());
          isTransient(written))
        lives.push_back({written, launches, launches,
                         launch.getLabel().value_or(launch.getKernel()).str()});
    ++launches;
  }
  for (auto output : entry.getBody().getOps<schedule::OutputOp>())
    extend(output.getPlace(), launches == 0 ? 0 : launches - 1);
  return lives;
}

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
    unsigned launches = 0;
    SmallVector<Life> lives = collectLives(entry, symbols, launches);
    os << "entry " << entry.getSymName() << " " << launches << " launches\n";
    int64_t peak = 0, bound = 0;
    for (const Life &life : lives) {
      printPlace(os, life.place);
      os << "launches " << life.born << " to " << life.last << "  "
         << life.label << "\n";
      peak = std::max(peak, life.place.getEnd());
    }
    for (unsigned time = 0; time < launches; ++time)
      bound = std::max(bound, countLiveBytes(lives, time));
    os << "  transient peak " << std::max<int64_t>(0, peak - fixed)
       << " bytes, live at once " << bound << " bytes\n";
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
