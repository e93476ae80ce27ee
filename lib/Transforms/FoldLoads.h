// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads at computed places, through views.

#ifndef DESCENT_LIB_TRANSFORMS_FOLDLOADS_H
#define DESCENT_LIB_TRANSFORMS_FOLDLOADS_H

#include "descent/Dialect/Descent/Descent.h"

namespace descent {

/// Lets the kernel read, instead of a view that it is given whole, what the
/// view shows: operand `number` becomes the view's operand, and its loads
/// compute where that has the element. False, and nothing is changed, where the
/// view has a fill.
bool foldLoads(KernelOp kernel, unsigned number, ViewOpInterface view);

} // namespace descent

#endif // DESCENT_LIB_TRANSFORMS_FOLDLOADS_H
