// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Several launches as one.

#ifndef DESCENT_LIB_CODEGEN_MERGEDKERNEL_H
#define DESCENT_LIB_CODEGEN_MERGEDKERNEL_H

#include "LaunchPhases.h"
#include "descent/Dialect/Schedule/Bindings.h"

namespace descent::codegen {

/// The bindings of a kernel that does what these launches do; nothing if they
/// would be too many or too large.
std::optional<llvm::SmallVector<schedule::Binding>>
bindTogether(llvm::ArrayRef<LaunchAndKernel> launches, int64_t maxBindings,
             int64_t maxRange);

/// Builds, with the builder, a kernel whose parts are those of the launches,
/// under the name `name`.
schedule::KernelOp buildMerged(mlir::OpBuilder &builder, llvm::StringRef name,
                               llvm::ArrayRef<LaunchAndKernel> launches,
                               llvm::ArrayRef<schedule::Binding> bindings);

} // namespace descent::codegen

#endif // DESCENT_LIB_CODEGEN_MERGEDKERNEL_H
