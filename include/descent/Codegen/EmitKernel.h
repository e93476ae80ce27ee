// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a kernel and a strategy to a function of loops, loads, scalar arithmetic
// and stores, for any target.

#ifndef DESCENT_CODEGEN_EMITKERNEL_H
#define DESCENT_CODEGEN_EMITKERNEL_H

#include "descent/Codegen/Codegen.h"
#include "descent/Codegen/IterationSpace.h"
#include "descent/Target/Profile.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <array>

namespace descent::codegen {

/// A kernel as a `gpu.func` @main, alone in a `gpu.module` in `module`. Its
/// arguments are rank-1 memrefs of f32 or i32 or of vectors of four of them;
/// several may be views of one binding. The number of the iteration, in a
/// kernel that runs in a loop, is the workgroup's third coordinate: a target
/// may hand it over in another way.
struct EmittedKernel {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::gpu::GPUFuncOp function;
  /// The binding that each argument is a view of.
  llvm::SmallVector<unsigned> argumentBindings;
  std::array<int64_t, 3> localSize, groups;
};

/// One of the kernels that a launch runs side by side, and how.
struct KernelPart {
  /// That of a kernel, or those of the parts of a row group.
  llvm::SmallVector<IterationSpace, 0> spaces;
  StrategyAttr strategy;
};

/// Emits the parts of a kernel as their strategies say: every lane evaluates
/// the body for its register tile and `unroll` reduction steps at a time; an
/// element is loaded once however many points of these need it, and four
/// neighbouring ones at a time where their alignment is known. A strategy has
/// to fit its space (checkStrategy). Each part has workgroups of its own.
EmittedKernel emitKernel(llvm::ArrayRef<KernelPart> parts,
                         const Profile &profile);

/// Whether the strategy speaks of as many dimensions as the space has, its runs
/// divide their extents and its unrolling divides the reduction; if not, says
/// what is wrong.
mlir::LogicalResult
checkStrategy(llvm::ArrayRef<IterationSpace> parts, StrategyAttr strategy,
              llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

/// Whether unrolling visits reduction steps in row-major order, where that
/// matters (max_index).
bool keepsOrder(const IterationSpace &space, llvm::ArrayRef<int64_t> unroll);

/// The number of workgroups along every parallel dimension.
llvm::SmallVector<int64_t> countGroups(const IterationSpace &space,
                                       StrategyAttr strategy);

} // namespace descent::codegen

#endif // DESCENT_CODEGEN_EMITKERNEL_H
