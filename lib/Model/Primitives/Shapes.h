// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rules that many primitive ops share: promotion of dtypes, broadcasting, batch
// axes, windows. What cannot be computed is reported, and then the result is
// none or false.

#ifndef DESCENT_LIB_MODEL_PRIMITIVES_SHAPES_H
#define DESCENT_LIB_MODEL_PRIMITIVES_SHAPES_H

#include "../Inference.h"

namespace descent::model {

/// Adds a result, whose elements may be too many.
bool give(Inference &op, TensorType type);

/// The dtype that stands for both: bool < i32, u32 < f16, bf16 < f32 < f64. F16
/// with BF16 gives F32; I32 with U32 gives none.
std::optional<DType> promote(DType a, DType b);

/// The same over the operands from `first` to the last.
std::optional<DType> promoteOperands(Inference &op, size_t first = 0);

/// Adds the batch axis of operand `i`, which is axis `axis` of the result (-1:
/// the result lacks it), to `result.batchAxis`; `source` is the operand that
/// the one before came from.
bool joinBatchAxis(Inference &op, TensorType &result, size_t &source, size_t i,
                   int axis);

/// The shape and the batch axis of the operands from `first` to the last,
/// broadcast by NumPy's rules. The dtype is theirs, promoted.
std::optional<TensorType> broadcastOperands(Inference &op, size_t first = 0);

/// Reports an op that works along the batch axis of an operand.
bool expectNotBatch(Inference &op, int64_t axis, size_t operand = 0,
                    std::string_view attribute = "axis");

/// Reports axes of operand 0 in `attribute` among which is the batch axis.
bool expectNoneIsBatch(Inference &op, std::string_view attribute);

/// Makes `attribute` count from 0 as an axis of a tensor of this rank that is
/// no operand.
bool normalizeResultAxis(Inference &op, std::string_view attribute,
                         int64_t rank);

/// The type of the shape in `attribute`, in which `batch` may stand once. The
/// attribute then holds the sizes.
std::optional<TensorType>
shapeOfAttribute(Inference &op, std::string_view attribute, DType dtype);

/// The members of a list attribute, one for each of `count` things; a single
/// one stands for all. The attribute then holds them all.
std::optional<std::vector<int64_t>>
expandList(Inference &op, std::string_view attribute, size_t count);

/// A window along one axis.
struct Window {
  int64_t in = 0, kernel = 1, stride = 1, low = 0, high = 0, dilation = 1;

  int64_t extent() const { return dilation * (kernel - 1) + 1; }
};

/// How many positions a window has: (in + low + high - dilation (kernel - 1) -
/// 1) / stride + 1. `side` is what messages call the axis.
std::optional<int64_t> countPositions(Inference &op, const Window &window,
                                      const std::string &side);

/// "height" of two spatial axes, "length" of one, ...
std::string nameOfSide(size_t side, size_t count);

/// The product of sizes that together have fewer than 2^31 elements.
int64_t product(const int64_t *begin, const int64_t *end);

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_PRIMITIVES_SHAPES_H
