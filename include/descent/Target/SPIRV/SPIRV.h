// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels as SPIR-V binaries for Vulkan.

#ifndef DESCENT_TARGET_SPIRV_SPIRV_H
#define DESCENT_TARGET_SPIRV_SPIRV_H

#include "descent/Dialect/Schedule/Schedule.h"
#include "descent/Target/Profile.h"
#include <array>

namespace descent {

/// A kernel that a Vulkan 1.1 device with `features` can run: one SPIR-V 1.3
/// module with the entry point `main`; binding i is storage buffer i of set 0.
struct CompiledKernel {
  llvm::SmallVector<uint32_t> words;
  std::array<int64_t, 3> localSize, groups;
  llvm::SmallVector<schedule::BindingAccess> bindings;
  /// Optional features by Vulkan's names: shaderFloat64 and shaderInt64 of f64,
  /// storageBuffer16BitAccess of f16 and bf16.
  llvm::SmallVector<llvm::StringRef> features;
};

/// Compiles a kernel for a device. It has to carry a strategy
/// (descent-select-strategies). Equal kernels give equal words. On failure an
/// error that names the kernel has been reported; that is always a fault of the
/// compiler's. May be called from several threads at once on a context that
/// allows it and has the dialects of `loadCodegenDialects` loaded.
mlir::FailureOr<CompiledKernel> compileKernel(schedule::KernelOp kernel,
                                              const Profile &profile);

/// Loads the dialects that compiling makes use of.
void loadCodegenDialects(mlir::MLIRContext &context);

} // namespace descent

#endif // DESCENT_TARGET_SPIRV_SPIRV_H
