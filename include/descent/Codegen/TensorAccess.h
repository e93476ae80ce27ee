// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads and stores of tensor elements: each load once, four elements at a time
// where possible, guards as selections.

#ifndef DESCENT_CODEGEN_TENSORACCESS_H
#define DESCENT_CODEGEN_TENSORACCESS_H

#include "descent/Codegen/IndexEmitter.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace descent::codegen {

/// The bindings of a kernel as arguments of its function, one for each type a
/// binding is seen as.
class BindingViews {
public:
  BindingViews(mlir::gpu::GPUFuncOp function, llvm::ArrayRef<int64_t> lengths)
      : function(function), lengths(lengths) {}

  /// The memref of `binding` with `width` elements of `type` as its element.
  mlir::Value get(unsigned binding, mlir::Type type, unsigned width);
  /// The binding of every argument so far.
  llvm::ArrayRef<unsigned> argumentBindings() const { return bindings; }
  /// Gives the function the type of its arguments.
  void finish();

private:
  mlir::gpu::GPUFuncOp function;
  llvm::ArrayRef<int64_t> lengths;
  llvm::SmallVector<unsigned> bindings;
  llvm::DenseMap<std::pair<unsigned, mlir::Type>, mlir::Value> views;
};

/// An element index apart: base + 4 group + lane, with the base a multiple of
/// four if `aligned`.
struct VectorSlot {
  mlir::AffineExpr base;
  int64_t group, lane;
  bool aligned;
};
VectorSlot slotOf(mlir::AffineExpr index, const TensorRef &tensor);

/// How many of four aligned elements have to be wanted for one vector load to
/// be better than scalar loads: its time is about that of two and a half.
inline constexpr unsigned kWorthVector = 3;

/// All reads of a kernel at all points of a tile.
class TensorReader {
public:
  TensorReader(LoopNest &nest, IndexEmitter &indices, BindingViews &views)
      : nest(nest), indices(indices), views(views) {}

  /// Announces that an element will be read; all announcements come before all
  /// reads, so that reads know their neighbours.
  void announce(const TensorRef &tensor, mlir::AffineExpr index,
                mlir::Value guard);

  /// The element as f32, i32 or i1; `guard`, if not null, says where it is read
  /// at all and not `fill`.
  mlir::Value read(const TensorRef &tensor, mlir::AffineExpr index,
                   mlir::Value guard, mlir::TypedAttr fill);

  /// The element at a row-major index that was computed; it must lie in the
  /// tensor.
  mlir::Value loadAt(const TensorRef &tensor, mlir::Value index);

  /// A constant of the outermost depth.
  mlir::Value constant(mlir::TypedAttr value);

private:
  LoopNest &nest;
  IndexEmitter &indices;
  BindingViews &views;
  llvm::SmallVector<TensorRef> tensors;
  using GroupKey = std::pair<unsigned, std::pair<mlir::AffineExpr, int64_t>>;
  /// Which of four aligned elements are wanted, as bits, and the four once
  /// loaded.
  llvm::DenseMap<GroupKey, unsigned> wanted;
  llvm::DenseMap<GroupKey, mlir::Value> vectors;
  /// Elements by tensor, index and, where the index may leave the tensor,
  /// guard.
  using ElementKey = std::tuple<unsigned, mlir::AffineExpr, mlir::Value>;
  llvm::DenseMap<ElementKey, mlir::Value> elements;
  /// The constants that are added to one base under one guard.
  llvm::DenseMap<ElementKey, Bounds> constantsOf;
  llvm::DenseMap<
      std::pair<mlir::Value, std::pair<mlir::Value, mlir::Attribute>>,
      mlir::Value>
      guarded;
  llvm::DenseMap<std::pair<mlir::Value, std::pair<mlir::AffineExpr, int64_t>>,
                 mlir::Value>
      safeBases;
  llvm::DenseMap<mlir::Attribute, mlir::Value> constants;

  unsigned number(const TensorRef &tensor);
  mlir::Value load(const TensorRef &tensor, mlir::AffineExpr index,
                   mlir::Value guard);
  mlir::Value scalarPosition(const TensorRef &tensor, mlir::AffineExpr index,
                             mlir::Value guard);
  bool staysInside(const TensorRef &tensor, mlir::AffineExpr index) const;
  mlir::Value loadVector(const TensorRef &tensor, GroupKey key);
};

/// Stores the elements of a tensor, whole groups of four as vectors. `indices`
/// are simplified; `b` inserts the stores.
void storeElements(mlir::ImplicitLocOpBuilder &b, IndexEmitter &emitter,
                   BindingViews &views, const TensorRef &tensor,
                   llvm::ArrayRef<mlir::AffineExpr> indices,
                   llvm::ArrayRef<mlir::Value> values);

} // namespace descent::codegen

#endif // DESCENT_CODEGEN_TENSORACCESS_H
