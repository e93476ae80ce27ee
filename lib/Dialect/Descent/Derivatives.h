// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the files of vector-Jacobian products share: the shape of a definition,
// and arithmetic on values.

#ifndef DESCENT_LIB_DIALECT_DESCENT_DERIVATIVES_H
#define DESCENT_LIB_DIALECT_DESCENT_DERIVATIVES_H

#include "descent/Dialect/Descent/Math.h"

/// Defines the VJP of an operation with one result and one operand that can
/// have a cotangent: `body` computes it from `ct`.
#define DESCENT_VJP(Op, body)                                                  \
  void Op::buildVJP(OpBuilder &b, ValueRange cotangents, ArrayRef<bool>,       \
                    MutableArrayRef<Value> operandCotangents) {                \
    Location loc = getLoc();                                                   \
    (void)loc;                                                                 \
    Value ct = cotangents[0];                                                  \
    operandCotangents[0] = body;                                               \
  }

/// The same for two operands.
#define DESCENT_VJP2(Op, left, right)                                          \
  void Op::buildVJP(OpBuilder &b, ValueRange cotangents,                       \
                    ArrayRef<bool> wanted,                                     \
                    MutableArrayRef<Value> operandCotangents) {                \
    Location loc = getLoc();                                                   \
    (void)loc;                                                                 \
    Value ct = cotangents[0];                                                  \
    if (wanted[0])                                                             \
      operandCotangents[0] = left;                                             \
    if (wanted[1])                                                             \
      operandCotangents[1] = right;                                            \
  }

namespace descent {

/// Arithmetic on values of one type, at one place.
struct Arith {
  mlir::OpBuilder &b;
  mlir::Location loc;

  mlir::Value constant(mlir::Value like, double value) {
    return constantLike(b, loc, like.getType(), value);
  }
  mlir::Value neg(mlir::Value x) { return b.create<NegOp>(loc, x); }
  mlir::Value add(mlir::Value x, mlir::Value y) {
    return b.create<AddOp>(loc, x.getType(), mlir::ValueRange{x, y});
  }
  mlir::Value sub(mlir::Value x, mlir::Value y) {
    return b.create<SubOp>(loc, x, y);
  }
  mlir::Value mul(mlir::Value x, mlir::Value y) {
    return b.create<MulOp>(loc, x, y);
  }
  mlir::Value div(mlir::Value x, mlir::Value y) {
    return b.create<DivOp>(loc, x, y);
  }
  mlir::Value compare(Predicate predicate, mlir::Value x, mlir::Value y) {
    return b.create<CompareOp>(loc, predicate, x, y);
  }
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y) {
    return b.create<SelectOp>(loc, condition, x, y);
  }
  mlir::Value plusOne(mlir::Value x) { return add(x, constant(x, 1)); }
  mlir::Value oneMinus(mlir::Value x) { return sub(constant(x, 1), x); }
};

} // namespace descent

#endif // DESCENT_LIB_DIALECT_DESCENT_DERIVATIVES_H
