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

SmallVector<Transfer> getTransfers(schedule::KernelOp kernel) {
  auto body = cast<KernelOp>(kernel.getBlock().front());
  int64_t results = countPoints(body.getParallel()),
          points = countPoints(body.getDomain());
  SmallVector<Transfer> transfers;
  llvm::SmallPtrSet<Attribute, 8> counted;
  for (OpOperand &operand : body->getOpOperands()) {
    schedule::OperandAttr place =
        kernel.getRead(cast<BlockArgument>(operand.get()).getArgNumber());
    if (!counted.insert(place).second)
      continue;
    Type type = operand.get().getType();
    bool inMap = operand.getOperandNumber() < body.getInputs().size();
    int64_t elements = std::min(countElements(type), inMap ? points : results);
    transfers.push_back({false, operand.getOperandNumber(),
                         uint64_t(elements * schedule::elementBytes(type))});
  }
  for (auto [number, type] : llvm::enumerate(body->getResultTypes()))
    transfers.push_back({true, unsigned(number),
                         uint64_t(results * schedule::elementBytes(type))});
  return transfers;
}

Statistics getLaunchStatistics(schedule::LaunchOp launch,
                               schedule::KernelOp kernel) {
  Statistics cost{1, 1, cast<KernelOp>(kernel.getBlock().front()).getFlops()};
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
