// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Turns affine expressions over loop counters and ids into operations, each
// once and as far outside of loops as it can be.

#ifndef DESCENT_CODEGEN_INDEXEMITTER_H
#define DESCENT_CODEGEN_INDEXEMITTER_H

#include "descent/Codegen/IterationSpace.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/BitVector.h"

namespace descent::codegen {

/// A nest of loops under construction. Depth 0 is outside of all loops; every
/// value has the depth of the innermost loop it depends on, and operations are
/// inserted at the depth of their deepest operand, so nothing is computed
/// inside a loop that could be outside.
class LoopNest {
public:
  explicit LoopNest(mlir::ImplicitLocOpBuilder builder) {
    builders.push_back(builder);
  }

  unsigned depth() const { return builders.size() - 1; }
  /// A builder that inserts at that depth, before any loop inside it.
  mlir::ImplicitLocOpBuilder &at(unsigned depth) { return builders[depth]; }
  mlir::ImplicitLocOpBuilder &innermost() { return builders.back(); }

  /// Enters a loop of `trips` iterations that carries values, starting from
  /// `initial`.
  mlir::scf::ForOp enter(int64_t trips, mlir::ValueRange initial);
  /// Leaves the innermost loop, yielding values to the next iteration; depth 0
  /// afterwards inserts behind the loop.
  void leave(mlir::ValueRange values);

  unsigned depthOf(mlir::Value value) const { return depths.lookup(value); }
  unsigned depthOf(mlir::ValueRange values) const;
  /// Notes the depth of a new value and returns it.
  mlir::Value note(mlir::Value value, unsigned depth);

private:
  llvm::SmallVector<mlir::ImplicitLocOpBuilder, 4> builders;
  llvm::SmallVector<mlir::scf::ForOp, 4> loops;
  llvm::DenseMap<mlir::Value, unsigned> depths;
};

/// Affine expressions here have variables (ids, loop counters) as their
/// dimensions.
class IndexEmitter {
public:
  explicit IndexEmitter(LoopNest &nest) : nest(nest) {}

  /// A variable of type index with values in [0, extent); the expression that
  /// stands for it. `varies` says that lanes may differ in it.
  mlir::AffineExpr addVariable(int64_t extent, mlir::Value value,
                               bool varies = false);
  /// Whether lanes may differ in an expression.
  bool varies(mlir::AffineExpr expr) const;
  /// The depth of the loops that an expression changes in.
  unsigned depthOf(mlir::AffineExpr expr) const;

  mlir::AffineExpr simplify(mlir::AffineExpr expr) const {
    return simplifyExpr(expr, extents);
  }
  Bounds bounds(mlir::AffineExpr expr) const { return boundsOf(expr, extents); }

  /// The value of a simplified expression, of type index.
  mlir::Value emit(mlir::AffineExpr expr);
  /// The value, clamped to [0, size) where the bounds of the expression leave
  /// that range.
  mlir::Value emitClamped(mlir::AffineExpr expr, int64_t size);

  /// Where `index` of a tensor is in the tensor's binding; both in units of
  /// `width` elements.
  mlir::Value locate(mlir::Value index, const TensorRef &tensor, int64_t width);

  /// What is known of a guard without running anything.
  enum class Truth { always, never, sometimes };
  /// Simplifies a guard in place, dropping what always holds.
  Truth simplify(Guard &guard) const;
  /// An i1 for a guard that holds sometimes.
  mlir::Value emit(const Guard &guard);
  /// The conjunction of two i1, either of which may be null for true.
  mlir::Value conjunction(mlir::Value a, mlir::Value b);

private:
  LoopNest &nest;
  llvm::SmallVector<int64_t> extents;
  llvm::SmallVector<mlir::Value> variables;
  llvm::BitVector varying;
  llvm::DenseMap<mlir::AffineExpr, mlir::Value> values;
  llvm::DenseMap<std::pair<mlir::AffineExpr, int64_t>, mlir::Value> clamped;
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, mlir::Value> offsets;
  /// The number of the loop's iteration; null until it is needed.
  mlir::Value iteration;
  /// Starts of tensors that move, by offset, stride and whether they alternate.
  llvm::DenseMap<std::pair<int64_t, std::pair<int64_t, unsigned>>, mlir::Value>
      starts;
  /// Comparisons by expression, limit and predicate.
  llvm::DenseMap<std::pair<mlir::AffineExpr, std::pair<int64_t, unsigned>>,
                 mlir::Value>
      comparisons;
  llvm::DenseMap<std::pair<mlir::Value, mlir::Value>, mlir::Value> conjunctions;

  mlir::Value emitSum(mlir::AffineExpr expr);
  mlir::Value emitDivision(mlir::AffineBinaryOpExpr expr);
  mlir::Value compare(mlir::AffineExpr expr,
                      mlir::arith::CmpIPredicate predicate, int64_t limit);
  template <typename OpTy> mlir::Value create(mlir::Value lhs, mlir::Value rhs);
  mlir::Value constant(int64_t value);
  mlir::Value emitStart(const TensorRef &tensor, int64_t width);
  /// The value plus a number that is not zero.
  mlir::Value addConstant(mlir::Value value, int64_t number);
};

} // namespace descent::codegen

#endif // DESCENT_CODEGEN_INDEXEMITTER_H
