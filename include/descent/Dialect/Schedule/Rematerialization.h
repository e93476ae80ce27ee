// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a memory budget has cost.

#ifndef DESCENT_DIALECT_SCHEDULE_REMATERIALIZATION_H
#define DESCENT_DIALECT_SCHEDULE_REMATERIALIZATION_H

#include "mlir/IR/BuiltinOps.h"
#include <optional>
#include <string>
#include <vector>

namespace descent::schedule {

/// What is computed again so that all memory stays within a budget.
struct Rematerialization {
  struct Entry {
    std::string name;
    /// Launches that repeat one before, their operations, and the bytes that
    /// they move.
    int64_t launches = 0, flop = 0, bytes = 0;
    /// Operations and bytes of everything else in the entry.
    int64_t baseFlop = 0, baseBytes = 0;
  };
  int64_t budget = 0;
  /// The peak in bytes of the plan that keeps everything.
  int64_t unrestricted = 0;
  std::vector<Entry> entries;
};

/// Attaches it to the module, which says it at the schedule level too.
void setRematerialization(mlir::ModuleOp module, const Rematerialization &what);

/// Nothing if the module was within its budget, or had none.
std::optional<Rematerialization> getRematerialization(mlir::ModuleOp module);

} // namespace descent::schedule

#endif // DESCENT_DIALECT_SCHEDULE_REMATERIALIZATION_H
