// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Quasi-affine expressions, sets and accesses, prepared for evaluation at many
// points.

#ifndef DESCENT_LIB_INTERPRETER_ACCESS_H
#define DESCENT_LIB_INTERPRETER_ACCESS_H

#include "descent/Dialect/Descent/Descent.h"
#include "descent/Interpreter/Tensor.h"
#include <optional>

namespace descent::interpreter {

/// The value of an expression at a point; divisions round down.
int64_t evaluate(mlir::AffineExpr expr, llvm::ArrayRef<int64_t> point);

/// Whether a point lies in a set.
bool contains(mlir::IntegerSet set, llvm::ArrayRef<int64_t> point);

/// An expression as a linear function plus what is not linear.
class PreparedExpr {
public:
  explicit PreparedExpr(mlir::AffineExpr expr);
  int64_t at(llvm::ArrayRef<int64_t> point) const;

private:
  void add(mlir::AffineExpr expr, int64_t scale);
  int64_t constant = 0;
  llvm::SmallVector<std::pair<unsigned, int64_t>> linear;
  llvm::SmallVector<std::pair<mlir::AffineExpr, int64_t>> other;
};

/// Reads one tensor through an access.
class Reader {
public:
  Reader(AccessAttr access, const Tensor &tensor);

  /// The element, or the fill; none if an index is out of bounds. Of a tensor
  /// that is read whole, some number: its elements are loaded by the body.
  std::optional<double> at(llvm::ArrayRef<int64_t> point) const;
  /// What is wrong at a point where at() gives none.
  std::string describeFault(llvm::ArrayRef<int64_t> point) const;

private:
  const Tensor &tensor;
  AccessAttr access;
  std::optional<mlir::IntegerSet> guard;
  double fill = 0;
  llvm::SmallVector<PreparedExpr> indices;
};

/// The number that a scalar constant stands for; i1 is 0 or 1.
double numberOf(mlir::Attribute attribute);

} // namespace descent::interpreter

#endif // DESCENT_LIB_INTERPRETER_ACCESS_H
