// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes of code generation, and the choice of strategies as a function.

#ifndef DESCENT_CODEGEN_PASSES_H
#define DESCENT_CODEGEN_PASSES_H

#include "descent/Codegen/Codegen.h"
#include "descent/Codegen/IterationSpace.h"
#include "descent/Target/Profile.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace descent::codegen {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "descent/Codegen/Passes.h.inc"

/// The strategy with the lowest estimated cost of those that a coordinate
/// search over lanes, tiles and unrolling finds. `iterations` of a loop run the
/// kernel: it is compiled once for all of them.
StrategyAttr selectStrategy(llvm::ArrayRef<IterationSpace> parts,
                            const Profile &profile, int64_t iterations = 1);

} // namespace descent::codegen

#endif // DESCENT_CODEGEN_PASSES_H
