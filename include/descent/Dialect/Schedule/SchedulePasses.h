// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes that make and check the schedule level; see SchedulePasses.td.

#ifndef DESCENT_DIALECT_SCHEDULE_SCHEDULEPASSES_H
#define DESCENT_DIALECT_SCHEDULE_SCHEDULEPASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace descent::schedule {

#define GEN_PASS_DECL
#include "descent/Dialect/Schedule/SchedulePasses.h.inc"

#define GEN_PASS_REGISTRATION
#include "descent/Dialect/Schedule/SchedulePasses.h.inc"

/// Set on a module of which descent-plan-memory has reported that something is
/// too large for the devices: a fault of the model.
inline constexpr llvm::StringLiteral kTooLargeAttrName = "schedule.too_large";

} // namespace descent::schedule

#endif // DESCENT_DIALECT_SCHEDULE_SCHEDULEPASSES_H
