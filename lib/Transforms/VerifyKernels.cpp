// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The boundary between the tensor and the kernel level; see Passes.td.

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
    for (mlir::Operation &op : getOperation().getBody().front())
      if (!llvm::isa<ReadOp, ControlOp, ConstantOp, KernelOp, ReshapeOp, PackOp,
                     UnpackOp, WriteOp, OutputOp>(op)) {
        op.emitOpError("is not an operation of the kernel level");
        return signalPassFailure();
      }
  }
};
} // namespace
