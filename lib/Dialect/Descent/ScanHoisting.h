// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Moves products and reductions out of loops.

#ifndef DESCENT_LIB_DIALECT_DESCENT_SCANHOISTING_H
#define DESCENT_LIB_DIALECT_DESCENT_SCANHOISTING_H

#include "mlir/IR/PatternMatch.h"

namespace descent {

/// Patterns that take out of the body of a scan what no step has to wait for,
/// and do it for the whole sequence at once: before the loop what does not
/// depend on carried values, behind it what no carried value depends on.
///
/// What moves are operations that are not cheap (isCheap), what they are
/// computed from, and stacked values that do not depend on carried ones. Cheap
/// operations stay with their readers, whose kernels compute them in passing.
/// What would be too large for one tensor stays too.
void addScanHoistingPatterns(mlir::RewritePatternSet &patterns);

/// Patterns that compute, in the bodies of scans, a product that is only read
/// in slices as a product a slice.
void addScanSlicePatterns(mlir::RewritePatternSet &patterns);

} // namespace descent

#endif // DESCENT_LIB_DIALECT_DESCENT_SCANHOISTING_H
