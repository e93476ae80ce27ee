// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See KernelFrame.h.

#include "KernelFrame.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace descent::codegen {

/// Makes an empty kernel function in a module of its own.
static gpu::GPUFuncOp makeFunction(Location loc, EmittedKernel &result) {
  result.module = ModuleOp::create(loc);
  auto b = ImplicitLocOpBuilder::atBlockEnd(loc, result.module->getBody());
  auto gpuModule = b.create<gpu::GPUModuleOp>("kernels");
  b.setInsertionPointToStart(gpuModule.getBody());
  result.function = b.create<gpu::GPUFuncOp>(
      "main", FunctionType::get(loc.getContext(), {}, {}));
  result.function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(),
                           b.getUnitAttr());
  return result.function;
}

KernelFrame::KernelFrame(ArrayRef<KernelPart> parts, const Profile &profile,
                         EmittedKernel &result)
    : result(result), count(0),
      views(makeFunction(parts.front().spaces.front().kernel.getLoc(), result),
            parts.front().spaces.front().bindingLengths, profile.pairsWords) {
  int64_t maxGroups = profile.maxWorkgroupCount;
  int64_t lanes = 1;
  for (const KernelPart &part : parts) {
    int64_t groups = 1, size = part.strategy.getWorkgroupSize();
    for (int64_t along : countGroups(part.spaces.front(), part.strategy))
      groups *= along;
    ranges.push_back({count, groups, size});
    count += groups;
    lanes = std::max(lanes, size);
  }
  result.localSize = {lanes, 1, 1};
  result.groups = {count, 1, 1};

  auto b = ImplicitLocOpBuilder::atBlockEnd(result.function.getLoc(),
                                            &result.function.getBody().front());
  laneId = b.create<gpu::ThreadIdOp>(gpu::Dimension::x);
  groupId = b.create<gpu::BlockIdOp>(gpu::Dimension::x);
  if (count > maxGroups) {
    int64_t rows = llvm::divideCeil(count, maxGroups),
            columns = llvm::divideCeil(count, rows);
    result.groups = {columns, rows, 1};
    Value row = b.create<gpu::BlockIdOp>(gpu::Dimension::y);
    Value width = b.create<arith::ConstantIndexOp>(columns);
    Value rowStart = b.create<arith::MulIOp>(row, width);
    groupId = b.create<arith::AddIOp>(rowStart, groupId);
  }
  launched = result.groups[0] * result.groups[1];
  b.create<gpu::ReturnOp>();
}

ImplicitLocOpBuilder KernelFrame::enter(unsigned part, Value &group,
                                        Value &lane) {
  const Range &range = ranges[part];
  ImplicitLocOpBuilder b(result.function.getLoc(),
                         &result.function.getBody().front().back());
  auto isBelow = [&](Value number, int64_t limit) -> Value {
    return b.create<arith::CmpIOp>(arith::CmpIPredicate::ult, number,
                                   b.create<arith::ConstantIndexOp>(limit));
  };
  group = groupId;
  lane = laneId;
  if (range.firstGroup != 0)
    group = b.create<arith::SubIOp>(
        groupId, b.create<arith::ConstantIndexOp>(range.firstGroup));
  // Numbers below the first wrap around, so one comparison finds all others.
  Value inside;
  if (range.groups != launched)
    inside = isBelow(group, range.groups);
  if (range.lanes != result.localSize[0]) {
    Value hasLane = isBelow(lane, range.lanes);
    inside = inside ? b.create<arith::AndIOp>(inside, hasLane) : hasLane;
  }
  if (inside) {
    auto branch = b.create<scf::IfOp>(inside);
    b.setInsertionPointToStart(branch.thenBlock());
  }
  return b;
}

void KernelFrame::finish() {
  views.finish();
  llvm::append_range(result.argumentBindings, views.argumentBindings());
}

} // namespace descent::codegen
