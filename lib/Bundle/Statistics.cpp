// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What launches and entries cost, from their accesses and types.

#include "descent/Bundle/BundleWriter.h"
#include "descent/Dialect/Descent/RowGroups.h"
#include "descent/Dialect/Descent/ScatteredSums.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;

namespace descent::bundle {

static int64_t countPoints(ArrayRef<int64_t> extents) {
  int64_t points = 1;
  for (int64_t extent : extents)
    points *= extent;
  return points;
}

/// How many elements of operand `operand` a part reads at most; the parts of a
/// row group read the same ones.
static int64_t countRead(Operation *part, unsigned operand) {
  int64_t elements = countElements(part->getOperand(operand).getType());
  if (auto kernel = dyn_cast<KernelOp>(part)) {
    bool inMap = operand < kernel.getInputs().size();
    return std::min(elements, countPoints(inMap ? kernel.getDomain()
                                                : SmallVector<int64_t>(
                                                      kernel.getParallel())));
  }
  auto group = cast<RowGroupOp>(part);
  int64_t most = 0;
  for (KernelOp kernel : group.getParts())
    for (OpOperand &use : kernel->getOpOperands())
      if (lookThroughReshapes(use.get()) ==
          group.getBlock().getArgument(operand))
        most = std::max(most, countRead(kernel, use.getOperandNumber()));
  return most;
}

/// How many of a part's results have to be read and written where they are
/// computed over what they are added to: of a sum to computed places no more
/// than there are updates.
static int64_t countTouched(Operation *part, int64_t elements) {
  auto kernel = dyn_cast<KernelOp>(part);
  if (!kernel || !findScatteredUpdate(kernel))
    return elements;
  return std::min(elements, static_cast<int64_t>(countMapPoints(kernel)));
}

/// All transfers of a part, which is the kernel's part of that number.
static void appendTransfers(schedule::KernelOp kernel, Operation *part,
                            unsigned number,
                            SmallVectorImpl<Transfer> &transfers) {
  llvm::SmallPtrSet<Attribute, 8> counted;
  unsigned first = kernel.getFirstResult(number);
  auto isWritten = [&](schedule::OperandAttr place) {
    for (unsigned i = 0; i < part->getNumResults(); ++i)
      if (kernel.getWrite(first + i) == place)
        return true;
    return false;
  };
  for (OpOperand &operand : part->getOpOperands()) {
    schedule::OperandAttr place =
        kernel.getRead(cast<BlockArgument>(operand.get()).getArgNumber());
    if (!counted.insert(place).second)
      continue;
    int64_t elements = countRead(part, operand.getOperandNumber());
    if (isWritten(place))
      elements = countTouched(part, elements);
    transfers.push_back(
        {number, false, operand.getOperandNumber(),
         uint64_t(elements * schedule::elementBytes(operand.get().getType()))});
  }
  for (auto [i, type] : llvm::enumerate(part->getResultTypes())) {
    int64_t elements = static_cast<int64_t>(countElements(type));
    if (counted.contains(kernel.getWrite(first + i)))
      elements = countTouched(part, elements);
    transfers.push_back({number, true, unsigned(i),
                         uint64_t(elements * schedule::elementBytes(type))});
  }
}

SmallVector<Transfer> getTransfers(schedule::KernelOp kernel) {
  SmallVector<Transfer> transfers;
  for (auto [i, part] : llvm::enumerate(kernel.getParts()))
    appendTransfers(kernel, part, i, transfers);
  return transfers;
}

Statistics getLaunchStatistics(schedule::LaunchOp launch,
                               schedule::KernelOp kernel) {
  Statistics cost{1, 1, 0};
  for (Operation *part : kernel.getParts())
    cost.flop += cast<CostOpInterface>(part).getFlops();
  for (const Transfer &transfer : getTransfers(kernel)) {
    cost.bytes += transfer.bytes;
    cost.written += transfer.isWrite ? transfer.bytes : 0;
  }
  return cost;
}

Statistics getEntryStatistics(schedule::EntryOp entry) {
  Statistics total;
  SymbolTable symbols(entry->getParentOfType<ModuleOp>());
  llvm::SmallPtrSet<Operation *, 32> kernels;
  entry.walk([&](schedule::LaunchOp launch) {
    auto kernel = symbols.lookup<schedule::KernelOp>(launch.getKernel());
    Statistics one = getLaunchStatistics(launch, kernel);
    uint64_t runs = launch.countRuns();
    kernels.insert(kernel);
    total.launches += runs;
    total.flop += one.flop * runs;
    total.bytes += one.bytes * runs;
    total.written += one.written * runs;
  });
  total.kernels = kernels.size();
  return total;
}

int64_t getPeakBytes(ModuleOp module) {
  int64_t bytes = 0;
  for (auto slab : module.getOps<schedule::SlabOp>())
    bytes += slab.getSize();
  return bytes;
}

} // namespace descent::bundle
