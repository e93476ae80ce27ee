// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a scan does not need.

#include "descent/Dialect/Descent/Descent.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace descent;

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
