// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What launches and entries cost, from their accesses and types.

#include "descent/Bundle/BundleWriter.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;

namespace descent::bundle {

static int64_t countPoints(ArrayRef<int64_t> extents) {
  int64_t points = 1;
  for (int64_t extent : extents)
    points *= extent;
  return points;
}

/// All transfers of a part, which is the kernel's part of that number.
static void appendTransfers(schedule::KernelOp kernel, KernelOp part,
                            unsigned number,
                            SmallVectorImpl<Transfer> &transfers) {
  int64_t results = countPoints(part.getParallel()),
          points = countPoints(part.getDomain());
  llvm::SmallPtrSet<Attribute, 8> counted;
  for (OpOperand &operand : part->getOpOperands()) {
    schedule::OperandAttr place =
        kernel.getRead(cast<BlockArgument>(operand.get()).getArgNumber());
    if (!counted.insert(place).second)
      continue;
    Type type = operand.get().getType();
    bool inMap = operand.getOperandNumber() < part.getInputs().size();
    int64_t elements = std::min(countElements(type), inMap ? points : results);
    transfers.push_back({number, false, operand.getOperandNumber(),
                         uint64_t(elements * schedule::elementBytes(type))});
  }
  for (auto [i, type] : llvm::enumerate(part->getResultTypes()))
    transfers.push_back({number, true, unsigned(i),
                         uint64_t(results * schedule::elementBytes(type))});
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
  for (KernelOp part : kernel.getParts())
    cost.flop += part.getFlops();
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
