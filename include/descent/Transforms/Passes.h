// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes from the tensor level to the kernel level; Passes.td documents
// each.

#ifndef DESCENT_TRANSFORMS_PASSES_H
#define DESCENT_TRANSFORMS_PASSES_H

#include "descent/Dialect/Descent/Descent.h"
#include "mlir/Pass/Pass.h"

namespace descent {

#define GEN_PASS_DECL
#include "descent/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "descent/Transforms/Passes.h.inc"

} // namespace descent

#endif // DESCENT_TRANSFORMS_PASSES_H
