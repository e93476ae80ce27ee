// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// When two launches must not overlap in time.

#ifndef DESCENT_DIALECT_SCHEDULE_HAZARDS_H
#define DESCENT_DIALECT_SCHEDULE_HAZARDS_H

#include "descent/Dialect/Schedule/Schedule.h"

namespace descent::schedule {

/// True if bound ranges of the two launches share a byte and one of them is
/// written.
bool conflicts(LaunchOp first, KernelOp firstKernel, LaunchOp second,
               KernelOp secondKernel);

} // namespace descent::schedule

#endif // DESCENT_DIALECT_SCHEDULE_HAZARDS_H
