// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The steps from an emitted kernel to words. Apart from what others include:
// the SPIR-V dialect's operations take long to compile.

#ifndef DESCENT_LIB_TARGET_SPIRV_CONVERSION_H
#define DESCENT_LIB_TARGET_SPIRV_CONVERSION_H

#include "descent/Codegen/EmitKernel.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"

namespace descent {

/// Replaces the emitted kernel by a `spirv.module` with one entry point and
/// gives that: a single full conversion. `accesses` says what the kernel does
/// with its bindings. None, after an error, if something does not convert.
mlir::FailureOr<mlir::spirv::ModuleOp>
convertToSPIRV(codegen::EmittedKernel &kernel,
               llvm::ArrayRef<schedule::BindingAccess> accesses);

/// The words of a module, optimized and validated for Vulkan 1.1. On failure
/// `message` says what is wrong.
mlir::LogicalResult serializeOptimized(mlir::spirv::ModuleOp module,
                                       llvm::SmallVectorImpl<uint32_t> &words,
                                       std::string &message);

} // namespace descent

#endif // DESCENT_LIB_TARGET_SPIRV_CONVERSION_H
