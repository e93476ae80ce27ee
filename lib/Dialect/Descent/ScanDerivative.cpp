// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The derivative of a scan: a scan in the other direction.

#include "descent/Dialect/Descent/Descent.h"

using namespace mlir;
using namespace descent;

void ScanOp::buildVJP(OpBuilder &, ValueRange, ArrayRef<bool>,
                      MutableArrayRef<Value>) {}
