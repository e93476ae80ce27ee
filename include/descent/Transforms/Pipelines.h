// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler's passes in their order, one function a phase.

#ifndef DESCENT_TRANSFORMS_PIPELINES_H
#define DESCENT_TRANSFORMS_PIPELINES_H

#include "descent/Target/Profile.h"
#include "mlir/Pass/PassManager.h"

namespace descent {

/// Tensor level to tensor level: gradients become operations.
void addDifferentiation(mlir::OpPassManager &passes);

/// Tensor level to kernel level: updates and composites become operations,
/// operations become fused kernels.
void addKernelFormation(mlir::OpPassManager &passes);

/// Kernel level to schedule level, for one kind of device: places, launches,
/// barriers, strategies.
void addScheduling(mlir::OpPassManager &passes, const Profile &profile);

} // namespace descent

#endif // DESCENT_TRANSFORMS_PIPELINES_H
