// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The records of a block in phases: what runs between two barriers.

#ifndef DESCENT_LIB_CODEGEN_LAUNCHPHASES_H
#define DESCENT_LIB_CODEGEN_LAUNCHPHASES_H

#include "descent/Dialect/Schedule/Schedule.h"

namespace descent::codegen {

using LaunchAndKernel = std::pair<schedule::LaunchOp, schedule::KernelOp>;

/// A record of a block, with the launches that it consists of: itself, or those
/// of a loop.
struct Step {
  mlir::Operation *op;
  llvm::SmallVector<LaunchAndKernel> launches;
  unsigned phase = 0;
  /// The steps before and after it that must not run beside it.
  llvm::SmallVector<unsigned> before, after;
};

/// True if bound ranges of the two steps share a byte that one of them writes.
bool conflict(const Step &first, const Step &second);

/// The launches and loops of a block in as few phases as can be, each step in
/// the first phase that it can run in.
std::vector<Step> findPhases(mlir::Block &block,
                             const mlir::SymbolTable &symbols);

/// Puts a block's records in the order of their phases.
void orderByPhases(mlir::Block &block, llvm::ArrayRef<Step> steps);

} // namespace descent::codegen

#endif // DESCENT_LIB_CODEGEN_LAUNCHPHASES_H
