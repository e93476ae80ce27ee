// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The memory plan of a module: ties, then an order and offsets for each entry.

#include "Plan.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

/// Puts the buffers that are never shared one behind the other; returns their
/// end.
static int64_t placeFixed(ProgramMemory &program, bool inStateSlab) {
  int64_t end = 0;
  for (Buffer &buffer : program.getBuffers()) {
    if (buffer.kind == Buffer::Kind::Transient ||
        buffer.isInStateSlab() != inStateSlab)
      continue;
    buffer.offset = end;
    end = llvm::alignTo(end + buffer.getBytes(), kPlaceAlignment);
  }
  return end;
}

/// Every kernel in a phase of its own: memory is used again as soon as it can
/// be, whatever barriers that asks for.
static SmallVector<unsigned> getPositions(const KernelOrder &order) {
  return llvm::to_vector(llvm::seq<unsigned>(0, order.kernels.size()));
}

/// Places the transients of an entry behind `base`; returns their end. Memory
/// is not used again between two barriers that the data ask for, since that
/// would ask for another one; unless this rule costs more than an eighth of the
/// transients' bytes.
static int64_t placeTransients(EntryMemory &memory, const KernelOrder &order,
                               ArrayRef<unsigned> phases, int64_t base) {
  SmallVector<unsigned> positions = getPositions(order);
  SmallVector<Buffer *> transients = computeLifetimes(memory, order, positions);
  int64_t least = assignOffsets(transients, base);
  computeLifetimes(memory, order, phases);
  int64_t end = assignOffsets(transients, base);
  if ((end - base) * 7 > (least - base) * 8) {
    computeLifetimes(memory, order, positions);
    end = assignOffsets(transients, base);
  }
  // No binding covers all of a large slab: scalars have to lie together.
  return end > maxTensorBytes
             ? assignOffsets(transients, base, /*smallFirst=*/true)
             : end;
}

/// Gives an entry an order and its transients places behind `base`, none behind
/// `limit` if that can be.
static void planEntry(ProgramPlan::Entry &entry, int64_t base, int64_t limit) {
  SmallVector<KernelOrder> orders = findOrders(entry.memory);
  SmallVector<Buffer *> reused;
  auto plan = [&](const KernelOrder &order, bool spareBarriers) {
    for (Buffer *buffer : reused)
      buffer->replacement = nullptr;
    SmallVector<unsigned> phases =
        spareBarriers ? assignPhases(entry.memory, order) : getPositions(order);
    reused = reuseOperands(entry.memory, order, phases);
    entry.order = order;
    entry.end = placeTransients(entry.memory, order, phases, base);
  };
  plan(orders.front(), /*spareBarriers=*/true);
  if (entry.end <= limit)
    return;
  bool sparedBarriers = true;
  int64_t least = entry.end;
  const KernelOrder *best = &orders.front();
  for (const KernelOrder &order : orders) {
    plan(order, /*spareBarriers=*/false);
    if (entry.end < least) {
      best = &order;
      least = entry.end;
      sparedBarriers = false;
    }
    if (entry.end <= limit)
      return;
  }
  plan(*best, sparedBarriers);
}

LogicalResult ProgramPlan::make(int64_t budget) {
  for (auto entry : module.getOps<descent::EntryOp>())
    expected[entry.getSymName().str()] = simulate(entry, values, contents);
  for (auto entry : module.getOps<descent::EntryOp>())
    if (failed(entries.emplace_back(Entry{{entry, program, contents}})
                   .memory.tie()))
      return failure();
  stateBytes = placeFixed(program, /*inStateSlab=*/true);
  fixedBytes = placeFixed(program, /*inStateSlab=*/false);
  int64_t limit =
      budget > 0 ? budget - stateBytes : std::numeric_limits<int64_t>::max();
  for (Entry &entry : entries)
    planEntry(entry, fixedBytes, limit);
  return success();
}

int64_t ProgramPlan::getWorkBytes() const {
  int64_t bytes = fixedBytes;
  for (const Entry &entry : entries)
    bytes = std::max(bytes, entry.end);
  return bytes;
}
