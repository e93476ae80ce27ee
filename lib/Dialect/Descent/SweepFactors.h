// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The coefficients of a reverse sweep: what cotangents are multiplied by.

#ifndef DESCENT_LIB_DIALECT_DESCENT_SWEEPFACTORS_H
#define DESCENT_LIB_DIALECT_DESCENT_SWEEPFACTORS_H

#include "descent/Dialect/Descent/Descent.h"

namespace descent {

/// The values of a block that depend on `cotangents`, themselves included;
/// null ones are none.
llvm::DenseSet<mlir::Value> findTangents(mlir::Block &block,
                                         mlir::ValueRange cotangents);

/// Takes the coefficients of a reverse sweep together: a cotangent x that is
/// multiplied by one value after the other, or in several addends, becomes
/// x * c, and c depends on no cotangent. So the forward loop can compute c, and
/// the loop backward, whose steps have to wait for each other, only multiplies.
void factorSweep(mlir::Block &block, mlir::ValueRange cotangents);

} // namespace descent

#endif // DESCENT_LIB_DIALECT_DESCENT_SWEEPFACTORS_H
