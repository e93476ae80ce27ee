// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic on tensors of integers, at one place in the program.

#ifndef DESCENT_LIB_TRANSFORMS_TENSORMATH_H
#define DESCENT_LIB_TRANSFORMS_TENSORMATH_H

#include "descent/Dialect/Descent/Math.h"

namespace descent {

/// Builds operations between values of one type, or a value and a number.
struct TensorMath {
  mlir::OpBuilder &b;
  mlir::Location loc;

  using Value = mlir::Value;
  using Shape = llvm::ArrayRef<int64_t>;

  static Shape shapeOf(Value value) {
    return llvm::cast<mlir::RankedTensorType>(value.getType()).getShape();
  }
  Value constant(Value like, int64_t value) {
    return constantLike(b, loc, like.getType(), static_cast<double>(value));
  }
  Value constant(Shape shape, int64_t value) {
    return constantLike(b, loc, tensorType(shape, b.getI32Type()),
                        static_cast<double>(value));
  }
  Value iota(Shape shape, int64_t dim) {
    return b.create<IotaOp>(loc, tensorType(shape, b.getI32Type()),
                            b.getI64IntegerAttr(dim));
  }

  Value add(Value x, Value y) {
    return b.create<AddOp>(loc, x.getType(), mlir::ValueRange{x, y});
  }
  Value sub(Value x, Value y) { return b.create<SubOp>(loc, x, y); }
  Value mul(Value x, Value y) { return b.create<MulOp>(loc, x, y); }
  Value maximum(Value x, Value y) { return b.create<MaximumOp>(loc, x, y); }
  Value minimum(Value x, Value y) { return b.create<MinimumOp>(loc, x, y); }
  Value both(Value x, Value y) { return b.create<AndOp>(loc, x, y); }
  Value add(Value x, int64_t y) { return y ? add(x, constant(x, y)) : x; }
  Value mul(Value x, int64_t y) { return mul(x, constant(x, y)); }
  Value div(Value x, int64_t y) {
    return b.create<DivOp>(loc, x, constant(x, y));
  }
  Value shl(Value x, int64_t bits) {
    return bits ? b.create<ShlOp>(loc, x, constant(x, bits)).getResult() : x;
  }
  Value shr(Value x, int64_t bits) {
    return bits ? b.create<ShrOp>(loc, x, constant(x, bits)).getResult() : x;
  }
  /// The lowest `bits` bits.
  Value low(Value x, int64_t bits) {
    return b.create<AndOp>(loc, x, constant(x, (int64_t(1) << bits) - 1));
  }

  Value compare(Predicate predicate, Value x, Value y) {
    return b.create<CompareOp>(loc, predicate, x, y);
  }
  Value lt(Value x, Value y) { return compare(Predicate::lt, x, y); }
  Value le(Value x, Value y) { return compare(Predicate::le, x, y); }
  Value eq(Value x, Value y) { return compare(Predicate::eq, x, y); }
  Value select(Value condition, Value x, Value y) {
    return b.create<SelectOp>(loc, condition, x, y);
  }
  Value zero(Value like) { return constant(like, 0); }

  Value sum(Value x, int64_t dim) { return b.create<ReduceSumOp>(loc, x, dim); }
  /// How many of `x` along `dim` are true.
  Value count(Value x, int64_t dim) {
    Type wide = withElementType(x.getType(), b.getI32Type());
    return sum(b.create<CastOp>(loc, wide, x), dim);
  }
  Value reshape(Value x, Shape shape) { return reshapeTo(b, loc, x, shape); }
  Value broadcast(Value x, Shape shape, Shape dims) {
    return broadcastTo(b, loc, x, shape, dims);
  }
  /// Elements of a one-dimensional tensor, at indices of any shape.
  Value lookup(Value table, Value indices) {
    Value flat = reshape(indices, {countOf(indices)});
    Value found = b.create<GatherOp>(loc, table, flat, 0);
    return reshape(found, shapeOf(indices));
  }
  /// `x` with zeros behind it along dimension 0, up to `extent` of them in all.
  Value extend(Value x, int64_t extent) {
    Shape shape = shapeOf(x);
    if (shape[0] == extent)
      return x;
    llvm::SmallVector<int64_t> low(shape.size(), 0), high(low), wide(shape);
    high[0] = extent - shape[0];
    wide[0] = extent;
    return b.create<PadOp>(loc, withShape(x, wide), x, low, high,
                           PadMode::zero);
  }
  Value slice(Value x, int64_t first, int64_t size) {
    return sliceOf(b, loc, x, {first}, {size});
  }

  static int64_t countOf(Value value) {
    return static_cast<int64_t>(countElements(value.getType()));
  }

private:
  using Type = mlir::Type;
  static Type withShape(Value x, Shape shape) {
    return tensorType(shape, mlir::getElementTypeOrSelf(x.getType()));
  }
};

/// The least n for which n * divisor >= x.
inline int64_t ceilDivide(int64_t x, int64_t divisor) {
  return (x + divisor - 1) / divisor;
}

} // namespace descent

#endif // DESCENT_LIB_TRANSFORMS_TENSORMATH_H
