// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lives of what launches write; see Lives.h.

#include "descent/Dialect/Schedule/Lives.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

namespace {

/// Ranges of bytes of one slab.
using Ranges = SmallVector<std::pair<int64_t, int64_t>, 2>;

/// Goes through the launches of an entry, numbering them; those of a loop once.
class LifeCollector {
public:
  explicit LifeCollector(schedule::EntryOp entry)
      : symbols(entry->getParentOfType<ModuleOp>()) {
    for (Operation &op : entry.getBody().front()) {
      if (auto launch = dyn_cast<LaunchOp>(op)) {
        add(launch, count(), count());
        readFromBefore.clear();
      }
      if (auto loop = dyn_cast<LoopOp>(op))
        add(loop);
    }
    for (auto output : entry.getBody().getOps<schedule::OutputOp>())
      for (Life *life : findLatest(output.getPlace()))
        life->last = std::max(life->last, count() - 1);
  }

  Lives result;

private:
  unsigned count() const { return result.launches.size(); }

  void add(LoopOp loop) {
    SmallVector<LaunchOp> body(loop.getBody().getOps<LaunchOp>());
    unsigned first = count(), last = first + body.size() - 1,
             known = result.lives.size();
    for (LaunchOp launch : body)
      add(launch, first, last);
    // What the next iteration reads lives all through the loop.
    for (auto [place, reader] : readFromBefore)
      for (Life *life : findLatest(place)) {
        if (life < result.lives.begin() + known)
          continue;
        life->born = first;
        life->last = std::max(life->last, last);
        addReader(*life, reader);
      }
    readFromBefore.clear();
  }

  /// Adds a launch of a loop whose launches are `first` to `last`, or one by
  /// itself.
  void add(LaunchOp launch, unsigned first, unsigned last) {
    auto kernel = symbols.lookup<schedule::KernelOp>(launch.getKernel());
    unsigned time = count();
    for (BlockArgument argument : kernel.getBlock().getArguments()) {
      PlaceAttr place = launch.getOperandRange(
          kernel, kernel.getRead(argument.getArgNumber()), argument.getType());
      bool isOld = true;
      for (Life *life : findLatest(place)) {
        bool isOwn = life->born >= first;
        life->last = std::max(life->last, isOwn ? time : last);
        addReader(*life, time);
        isOld &= !isOwn;
      }
      if (isOld)
        readFromBefore.push_back({place, time});
    }
    result.launches.push_back(launch);
    for (auto [i, value] :
         llvm::enumerate(kernel.getBlock().getTerminator()->getOperands())) {
      OperandAttr operand = kernel.getWrite(i);
      PlaceAttr place =
          launch.getOperandRange(kernel, operand, value.getType());
      bool moves = operand.getStride() != 0;
      if (isTransient(place))
        result.lives.push_back(
            {place, moves ? first : time, moves ? last : time, time, {}});
    }
  }

  static void addReader(Life &life, unsigned reader) {
    if (!llvm::is_contained(life.readers, reader))
      life.readers.push_back(reader);
  }

  bool isTransient(PlaceAttr place) {
    return symbols.lookup<SlabOp>(place.getSlab().getValue()).getKind() ==
           SlabKind::transient;
  }

  /// The latest lives of the bytes of a place that is read; what the host
  /// writes has none.
  SmallVector<Life *> findLatest(PlaceAttr place) {
    SmallVector<Life *> found;
    Ranges left = {{place.getOffset(), place.getEnd()}};
    for (Life &life : llvm::reverse(result.lives)) {
      if (left.empty())
        break;
      if (life.place.getSlab() != place.getSlab())
        continue;
      Ranges rest;
      int64_t begin = life.place.getOffset(), end = life.place.getEnd();
      for (auto [low, high] : left) {
        if (low < std::min(high, begin))
          rest.push_back({low, std::min(high, begin)});
        if (std::max(low, end) < high)
          rest.push_back({std::max(low, end), high});
      }
      if (rest != left)
        found.push_back(&life);
      left = std::move(rest);
    }
    return found;
  }

  SymbolTable symbols;
  /// What a loop reads that its iteration has not written, and where.
  SmallVector<std::pair<PlaceAttr, unsigned>> readFromBefore;
};

} // namespace

int64_t Lives::countLiveBytes(unsigned time, int64_t alignment) const {
  SmallVector<std::pair<int64_t, int64_t>> ranges;
  for (const Life &life : lives)
    if (life.born <= time && time <= life.last)
      ranges.push_back(
          {llvm::alignDown(uint64_t(life.place.getOffset()), alignment),
           llvm::alignTo(life.place.getEnd(), alignment)});
  llvm::sort(ranges);
  int64_t bytes = 0, end = 0;
  for (auto [first, last] : ranges) {
    bytes += std::max<int64_t>(0, last - std::max(first, end));
    end = std::max(end, last);
  }
  return bytes;
}

int64_t Lives::countPeakBytes(int64_t alignment) const {
  int64_t peak = 0;
  for (unsigned time = 0; time < launches.size(); ++time)
    peak = std::max(peak, countLiveBytes(time, alignment));
  return peak;
}

Lives schedule::collectLives(schedule::EntryOp entry) {
  return LifeCollector(entry).result;
}
