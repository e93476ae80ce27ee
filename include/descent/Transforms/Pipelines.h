// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler's passes in their order, one function a phase.

#ifndef DESCENT_TRANSFORMS_PIPELINES_H
#define DESCENT_TRANSFORMS_PIPELINES_H

#include "descent/Target/Profile.h"
#include "mlir/Pass/PassManager.h"

namespace descent {

/// The longest scan that may stand in the body of another: a loop of kernels
/// holds no loops, so it is unrolled.
inline constexpr int64_t maxInnerIterations = 64;

/// Tensor level to tensor level: gradients become operations.
void addDifferentiation(mlir::OpPassManager &passes);

/// Tensor level to kernel level: updates and composites become operations,
/// operations become kernels, fused ones unless told otherwise.
void addKernelFormation(mlir::OpPassManager &passes, bool fuse = true);

/// Kernel level to kernel level: values are computed again rather than kept,
/// until all memory together is within `budget` bytes.
void addRematerialization(mlir::OpPassManager &passes, int64_t budget);

/// Kernel level to schedule level: places and launches. Of the device
/// only the number of bindings matters, so devices that agree in it can share a
/// plan. With a budget it spares memory rather than barriers.
void addPlanning(mlir::OpPassManager &passes, int64_t maxBindings,
                 int64_t budget = 0);

/// Strategies for one kind of device, and by them which launches become one,
/// unless told otherwise, and where barriers stand.
void addStrategies(mlir::OpPassManager &passes, const Profile &profile,
                   bool merge = true);

/// Both, for one kind of device.
void addScheduling(mlir::OpPassManager &passes, const Profile &profile);

} // namespace descent

#endif // DESCENT_TRANSFORMS_PIPELINES_H
