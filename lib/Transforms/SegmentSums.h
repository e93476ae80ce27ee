// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums of ranges of rows whose ends are computed.

#ifndef DESCENT_LIB_TRANSFORMS_SEGMENTSUMS_H
#define DESCENT_LIB_TRANSFORMS_SEGMENTSUMS_H

#include "TensorMath.h"

namespace descent {

/// The sums of rows [begins[i], ends[i]) of `rows` [N, F], as [E, F]. A row
/// that is in no range is in no sum, not even as zero.
mlir::Value sumSegments(TensorMath &math, mlir::Value rows, mlir::Value begins,
                        mlir::Value ends, int64_t fanBits);

/// Operations that this takes, about.
double segmentCost(int64_t rows, int64_t segments, int64_t features,
                   int64_t fanBits);

} // namespace descent

#endif // DESCENT_LIB_TRANSFORMS_SEGMENTSUMS_H
