// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Padded sliding windows over the two spatial dimensions of convolutions and
// pools.

#ifndef DESCENT_LIB_IMPORT_WINDOWS_H
#define DESCENT_LIB_IMPORT_WINDOWS_H

#include "descent/Dialect/Descent/Math.h"
#include <array>

namespace descent::import {

/// What fills the positions outside a tensor.
enum class Fill { zero, lowest, edge };

/// Windows over (height, width).
struct WindowSpec {
  std::array<int64_t, 2> size, stride, dilation;
  /// Positions before the first element.
  std::array<int64_t, 2> padLow;
  /// How many positions the window takes. Padding after the last element is
  /// what the last position needs.
  std::array<int64_t, 2> positions;
  Fill fill;
};

/// The windows of `value` over its last two dimensions: [..., H, W] gives
/// [..., OH, OW, KH, KW]. Windows that do not overlap are made by reshape and
/// transpose, whose adjoint is a view too.
mlir::Value slidingWindows(mlir::OpBuilder &b, mlir::Location loc,
                           mlir::Value value, const WindowSpec &spec);

} // namespace descent::import

#endif // DESCENT_LIB_IMPORT_WINDOWS_H
