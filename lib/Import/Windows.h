// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sliding windows over some dimensions of a tensor, and their adjoint.

#ifndef DESCENT_LIB_IMPORT_WINDOWS_H
#define DESCENT_LIB_IMPORT_WINDOWS_H

#include "descent/Dialect/Descent/Math.h"

namespace descent::import {

/// Windows over dimensions of a tensor (`dims`, increasing), with the size, the
/// stride and the dilation along each of them.
struct WindowSpec {
  llvm::SmallVector<int64_t> dims, size, stride, dilation;

  /// How many elements the window at one position reaches over, along the
  /// dimension number `i`.
  int64_t reach(size_t i) const { return dilation[i] * (size[i] - 1) + 1; }
  /// How many positions there are in an extent.
  int64_t positions(size_t i, int64_t extent) const {
    return (extent - reach(i)) / stride[i] + 1;
  }
};

/// The windows of `value`: the dimensions become positions, the elements of the
/// windows follow last, in the order of the dimensions. Windows that do not
/// overlap are made by reshape and transpose, whose adjoint is a view too.
mlir::Value slidingWindows(mlir::OpBuilder &b, mlir::Location loc,
                           mlir::Value value, const WindowSpec &spec);

/// The adjoint: adds the elements of windows, the last dimensions of `value`,
/// to where they come from. Along dimension number `i` the result is what lies
/// from `low[i]` on, of the extent `extents[i]`; there is nothing where no
/// window reaches.
mlir::Value sumOfWindows(mlir::OpBuilder &b, mlir::Location loc,
                         mlir::Value value, const WindowSpec &spec,
                         llvm::ArrayRef<int64_t> low,
                         llvm::ArrayRef<int64_t> extents);

} // namespace descent::import

#endif // DESCENT_LIB_IMPORT_WINDOWS_H
