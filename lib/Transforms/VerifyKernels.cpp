// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The boundary between the tensor and the kernel level; see Passes.td.

#include "KernelBlocks.h"
#include "descent/Transforms/Passes.h"

namespace descent {
#define GEN_PASS_DEF_VERIFYKERNELSPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace descent;

namespace {
struct VerifyKernelsPass
    : descent::impl::VerifyKernelsPassBase<VerifyKernelsPass> {
  void runOnOperation() override {
    for (mlir::Block *block : getKernelBlocks(getOperation())) {
      bool isLoop = llvm::isa<ScanOp>(block->getParentOp());
      for (mlir::Operation &op : *block) {
        if (isLoop ? llvm::isa<ControlOp, ConstantOp, KernelOp, RowGroupOp,
                               ReshapeOp, ReturnOp>(op)
                   : llvm::isa<ReadOp, ControlOp, ConstantOp, KernelOp,
                               RowGroupOp, ReshapeOp, PackOp, UnpackOp, ScanOp,
                               WriteOp, OutputOp>(op))
          continue;
        op.emitOpError("is not an operation of the kernel level")
            << (isLoop ? " in the body of a scan" : "");
        return signalPassFailure();
      }
    }
  }
};
} // namespace
