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

namespace {

/// Goes through the launches of an entry, numbering them; those of a loop once.
class LifeCollector {
public:
  LifeCollector(schedule::EntryOp entry, SymbolTable &symbols)
      : symbols(symbols) {
    for (Operation &op : entry.getBody().front()) {
      if (auto launch = dyn_cast<LaunchOp>(op)) {
        add(launch, launches, launches);
        readFromBefore.clear();
      }
      if (auto loop = dyn_cast<LoopOp>(op))
        add(loop);
    }
    for (auto output : entry.getBody().getOps<schedule::OutputOp>())
      if (Life *life = findLatest(output.getPlace()))
        life->last = std::max(life->last, launches - 1);
  }

  SmallVector<Life> lives;
  unsigned launches = 0;

private:
  void add(LoopOp loop) {
    SmallVector<LaunchOp> body(loop.getBody().getOps<LaunchOp>());
    unsigned first = launches, last = first + body.size() - 1,
             known = lives.size();
    for (LaunchOp launch : body)
      add(launch, first, last);
    // What the next iteration reads lives all through the loop.
    for (PlaceAttr place : readFromBefore)
      if (Life *life = findLatest(place); life && life >= &lives[known]) {
        life->born = first;
        life->last = std::max(life->last, last);
      }
    readFromBefore.clear();
  }

  /// Adds a launch of a loop whose launches are `first` to `last`, or one by
  /// itself.
  void add(LaunchOp launch, unsigned first, unsigned last) {
    auto kernel = symbols.lookup<schedule::KernelOp>(launch.getKernel());
    for (BlockArgument argument : kernel.getBlock().getArguments()) {
      PlaceAttr place = launch.getOperandRange(
          kernel, kernel.getRead(argument.getArgNumber()), argument.getType());
      Life *life = findLatest(place);
      if (life && life->born >= first) {
        life->last = std::max(life->last, launches);
        continue;
      }
      if (life)
        life->last = std::max(life->last, last);
      readFromBefore.push_back(place);
    }
    for (auto [i, value] :
         llvm::enumerate(kernel.getBlock().getTerminator()->getOperands())) {
      OperandAttr operand = kernel.getWrite(i);
      PlaceAttr place =
          launch.getOperandRange(kernel, operand, value.getType());
      bool moves = operand.getStride() != 0;
      if (isTransient(place))
        lives.push_back({place, moves ? first : launches,
                         moves ? last : launches,
                         launch.getLabel().value_or(launch.getKernel()).str()});
    }
    ++launches;
  }

  bool isTransient(PlaceAttr place) {
    return symbols.lookup<SlabOp>(place.getSlab().getValue()).getKind() ==
           SlabKind::transient;
  }

  /// The latest life at a place that is read; what the host writes has none.
  Life *findLatest(PlaceAttr place) {
    for (Life &life : llvm::reverse(lives))
      if (life.place.overlaps(place))
        return &life;
    return nullptr;
  }

  SymbolTable &symbols;
  /// What a loop reads that its iteration has not written.
  SmallVector<PlaceAttr> readFromBefore;
};

} // namespace

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
    LifeCollector collected(entry, symbols);
    ArrayRef<Life> lives = collected.lives;
    unsigned launches = collected.launches;
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
