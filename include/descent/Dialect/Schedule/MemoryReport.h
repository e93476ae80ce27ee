// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The memory plan as text for people.

#ifndef DESCENT_DIALECT_SCHEDULE_MEMORYREPORT_H
#define DESCENT_DIALECT_SCHEDULE_MEMORYREPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace descent::schedule {

/// Prints the slabs, every buffer of the schedule level with its offset, its
/// size and the launches it lives between, and for each entry the peak of its
/// transients beside the bytes that are live at once: no plan for this order of
/// launches needs less than those.
void printMemoryPlan(mlir::ModuleOp module, llvm::raw_ostream &os);

} // namespace descent::schedule

#endif // DESCENT_DIALECT_SCHEDULE_MEMORYREPORT_H
