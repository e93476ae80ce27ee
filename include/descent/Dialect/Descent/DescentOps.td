// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every operation of the `descent` dialect.

#ifndef DESCENT_OPS_TD
#define DESCENT_OPS_TD

include "descent/Dialect/Descent/ControlFlowOps.td"
include "descent/Dialect/Descent/KernelOps.td"

#endif // DESCENT_OPS_TD
