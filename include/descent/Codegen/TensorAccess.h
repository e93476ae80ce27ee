// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads and stores of tensor elements: each load once, four elements at a time
// where possible, guards as selections.

#ifndef DESCENT_CODEGEN_TENSORACCESS_H
#define DESCENT_CODEGEN_TENSORACCESS_H

#include "descent/Codegen/IndexEmitter.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include <map>

namespace descent::codegen {

/// The bindings of a kernel as arguments of its function, one for each type a
/// binding is seen as.
class BindingViews {
public:
  /// `pairsWords`: see Profile.
  BindingViews(mlir::gpu::GPUFuncOp function, llvm::ArrayRef<int64_t> lengths,
               bool pairsWords)
      : function(function), lengths(lengths), pairsWords(pairsWords) {}

  /// The memref of `binding` with `width` elements of `type` as its element.
  mlir::Value get(unsigned binding, mlir::Type type, unsigned width);
  /// Four elements of `type` at four times `position`.
  mlir::Value loadFour(mlir::ImplicitLocOpBuilder &b, unsigned binding,
                       mlir::Type type, mlir::Value position);
  void storeFour(mlir::ImplicitLocOpBuilder &b, unsigned binding,
                 mlir::Value vector, mlir::Value position);
  /// The binding of every argument so far.
  llvm::ArrayRef<unsigned> argumentBindings() const { return bindings; }
  /// Gives the function the type of its arguments.
  void finish();

private:
  mlir::gpu::GPUFuncOp function;
  llvm::ArrayRef<int64_t> lengths;
  bool pairsWords;
  llvm::SmallVector<unsigned> bindings;
  llvm::DenseMap<std::pair<unsigned, mlir::Type>, mlir::Value> views;

  /// What four elements of a type are in memory.
  mlir::VectorType fourOf(mlir::Type type) const;
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

  /// Lets lanes load for each other: `lane` is the number of a lane among
  /// `count` that can exchange values.
  void shareLoads(mlir::Value lane, int64_t count) {
    this->lane = lane;
    numLanes = count;
  }

  /// Announces that an element will be read; all announcements come before all
  /// reads, so that reads know their neighbours. `guardVaries` says that the
  /// guard may hold in some lanes only.
  void announce(const TensorRef &tensor, mlir::AffineExpr index,
                mlir::Value guard, bool guardVaries);

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

  /// Lanes that load for each other, if there are any.
  mlir::Value lane;
  int64_t numLanes = 0;
  llvm::DenseSet<mlir::Value> varyingGuards;
  /// The constants of all announced indices by tensor, base and guard, as they
  /// are and in units of a vector.
  llvm::DenseMap<ElementKey, llvm::SmallVector<int64_t>> announced[2];
  /// A value, and where it is.
  struct LaneValue {
    mlir::Value value;
    /// The lane that has it, or -1 for every lane its own.
    int64_t source = -1;
  };
  /// Loads whose addresses are a base that the lanes have in common and a
  /// constant: one for as many constants as there are lanes.
  struct SharedLoads {
    llvm::SmallVector<int64_t> constants;
    /// One for every `numLanes` of the constants; null until it is needed.
    llvm::SmallVector<mlir::Value> loaded;
  };
  llvm::DenseMap<ElementKey, SharedLoads> shared[2];
  /// Numbers that differ by lane, as expressions.
  std::map<llvm::SmallVector<int64_t>, mlir::AffineExpr> numbersByLane;

  /// Where to load a constant from a base: at the base, the offset and what is
  /// the constant then; and, of shared loads, where the value is once loaded.
  struct Address {
    mlir::Value *loaded;
    int64_t source;
    mlir::AffineExpr offset;
    int64_t constant;
  };
  SharedLoads &sharedLoads(const ElementKey &key, const TensorRef &tensor,
                           bool vectors);
  Address share(const ElementKey &key, const TensorRef &tensor,
                int64_t constant, bool vectors);
  mlir::AffineExpr byLane(llvm::ArrayRef<int64_t> numbers);
  mlir::Value fromLane(mlir::Value value, unsigned depth, int64_t source);

  unsigned number(const TensorRef &tensor);
  mlir::Value load(const TensorRef &tensor, mlir::AffineExpr index,
                   mlir::Value guard);
  mlir::Value scalarPosition(const TensorRef &tensor, mlir::AffineExpr base,
                             const Address &at, mlir::Value guard);
  bool staysInside(const TensorRef &tensor, mlir::AffineExpr index) const;
  LaneValue loadVector(const TensorRef &tensor, GroupKey key);
  LaneValue loadScalar(const TensorRef &tensor, const VectorSlot &slot,
                       mlir::Value guard);
};

/// Stores the elements of a tensor, whole groups of four as vectors. `indices`
/// are simplified; `b` inserts the stores.
void storeElements(mlir::ImplicitLocOpBuilder &b, IndexEmitter &emitter,
                   BindingViews &views, const TensorRef &tensor,
                   llvm::ArrayRef<mlir::AffineExpr> indices,
                   llvm::ArrayRef<mlir::Value> values);

} // namespace descent::codegen

#endif // DESCENT_CODEGEN_TENSORACCESS_H
