// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What descentc prints besides bundles.

#ifndef DESCENT_TOOLS_DESCENTC_EMIT_H
#define DESCENT_TOOLS_DESCENTC_EMIT_H

#include "descent/Bundle/Compile.h"

namespace descent {

/// The assembly of all kernels of a variant, in the order of their names in the
/// schedule.
void printAssembly(const bundle::Variant &variant, llvm::raw_ostream &os);

/// The kernels of the kernel level and the tensors between them as a Graphviz
/// graph, one cluster an entry.
void printDot(mlir::ModuleOp module, llvm::raw_ostream &os);

/// Writes every kernel of every variant to `folder`, as VARIANT.KERNEL.mlir and
/// .spvasm.
llvm::Error dumpKernels(llvm::ArrayRef<bundle::Variant> variants,
                        llvm::StringRef folder);

/// Everything that was built, for people: costs of every launch, and the memory
/// plan, of each variant.
void printReport(const bundle::ModelInfo &model,
                 llvm::ArrayRef<bundle::Variant> variants,
                 llvm::raw_ostream &os);

/// One line: parameters, kernels per step, operations, bytes moved, peak
/// memory; and one for every entry that computes values again for the budget.
void printSummary(const bundle::ModelInfo &model,
                  const bundle::Variant &variant, llvm::raw_ostream &os);

} // namespace descent

#endif // DESCENT_TOOLS_DESCENTC_EMIT_H
