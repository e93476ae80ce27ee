// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Unroll and jam: a kernel's body evaluated as scalars for every point of a
// register tile, with all loads, indices and repeated subexpressions shared.
// Placement, reduction and results are in EmitKernel.cpp, what happens at one
// point of the tile in EmitBody.cpp.

#ifndef DESCENT_LIB_CODEGEN_KERNELEMITTER_H
#define DESCENT_LIB_CODEGEN_KERNELEMITTER_H

#include "KernelFrame.h"
#include "OnlineSoftmax.h"
#include "descent/Codegen/ScatteredSum.h"
#include "descent/Codegen/TensorAccess.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/Allocator.h"

namespace descent::codegen {

using namespace mlir;

/// Calls `visit` with every position of a grid in row-major order.
void forEachPosition(ArrayRef<int64_t> shape,
                     function_ref<void(ArrayRef<int64_t>)> visit);

/// An element read at every point of a tile and every unrolled step that make a
/// difference to it.
struct TiledRead {
  const ElementRead *read;
  /// The dimensions that the read depends on, and how many positions it has
  /// along each.
  SmallVector<unsigned> dims;
  SmallVector<int64_t> shape;
  struct Instance {
    /// Null where the guard never holds.
    AffineExpr index;
    /// Null where the guard always holds.
    Value guard;
  };
  SmallVector<Instance, 0> instances;
};

/// A part of a kernel in the function: how its points are spread over
/// workgroups, lanes and the register tile, all that is loaded and computed so
/// far, and what the loop nests of a row group hand to later ones.
class PartEmitter {
public:
  /// Emits into `frame`, as its part of that number.
  PartEmitter(const KernelPart &part, KernelFrame &frame, unsigned number,
              const Profile &profile)
      : spaces(part.spaces), space(spaces.front()), strategy(part.strategy),
        views(frame.views), nest(frame.enter(number, groupId, laneId)),
        indices(nest), reader(nest, indices, views) {
    if (profile.sharesLoads &&
        strategy.getWorkgroupSize() % profile.subgroupSize == 0)
      subgroupSize = profile.subgroupSize;
    if (spaces.size() == 1)
      scattered = ScatteredSum::find(space, strategy.getTile());
    placeParallelDims();
  }

  /// Emits one loop nest after the other.
  void run();

private:
  friend class KernelEmitter;

  ArrayRef<IterationSpace> spaces;
  /// The first, of which only the parallel dimensions matter here.
  const IterationSpace &space;
  StrategyAttr strategy;
  /// What the part is, if its sums are kept in memory: the dimension of the
  /// places has a single position then, the first.
  std::optional<ScatteredSum> scattered;
  BindingViews &views;
  /// Zero if lanes do not load for each other.
  int64_t subgroupSize = 0;
  /// The part's linear ids, before anything else is built.
  Value groupId, laneId;
  LoopNest nest;
  IndexEmitter indices;
  TensorReader reader;
  /// The expression of every parallel dimension at every position of the tile.
  SmallVector<SmallVector<AffineExpr>> positions;
  /// Where a run may lie beyond the extent: the i1 that says it does not, by
  /// parallel dimension and position; else null.
  SmallVector<SmallVector<Value>> inRange;
  /// What loop nests give with one element a row, by number and point of the
  /// tile.
  SmallVector<SmallVector<Value>> rowValues;

  /// Spreads the parallel dimensions over workgroups, lanes and the register
  /// tile.
  void placeParallelDims();

  /// The last digit of a number that counts in row-major order; what is left of
  /// the number stays.
  AffineExpr takeDigit(AffineExpr &rest, int64_t extent);
};

/// The products that a kernel's map yields to be summed, if they are needed for
/// nothing else: each is one multiply-add with its sum.
struct SummedProducts {
  explicit SummedProducts(KernelOp kernel);

  /// By combiner; null where there is none.
  SmallVector<MulOp> factors;
  llvm::SmallPtrSet<Operation *, 4> operations;
};

/// One loop nest in a part: a kernel, or one of a row group.
class KernelEmitter {
public:
  /// `unroll` is what the strategy says of this loop nest.
  KernelEmitter(const IterationSpace &space, StrategyAttr strategy,
                ArrayRef<int64_t> unroll, PartEmitter &part)
      : space(space), strategy(strategy), unroll(unroll),
        context(space.kernel.getContext()), part(part), nest(part.nest),
        indices(part.indices), views(part.views), reader(part.reader),
        positions(part.positions), inRange(part.inRange) {
    positions.resize(space.extents.size());
    for (unsigned dim = space.firstUnrolled(); dim < positions.size(); ++dim)
      for (int64_t i = 0; i < space.extents[dim]; ++i)
        positions[dim].push_back(number(i));
  }

  void run();
  /// Emits the weighted sums of an online softmax together with its maximum and
  /// its sum.
  void runOnline(const OnlineSoftmax &online, KernelEmitter &maximum,
                 KernelEmitter &sum);

private:
  const IterationSpace &space;
  StrategyAttr strategy;
  ArrayRef<int64_t> unroll;
  MLIRContext *context;
  PartEmitter &part;
  LoopNest &nest;
  IndexEmitter &indices;
  BindingViews &views;
  TensorReader &reader;
  /// The expression of every dimension at every position of the tile (parallel)
  /// or of the unrolled steps (reduction, or what is written in a row).
  SmallVector<SmallVector<AffineExpr>> positions;
  ArrayRef<SmallVector<Value>> inRange;
  /// Scalar operations by operation and operands.
  llvm::DenseMap<ArrayRef<const void *>, Value> scalars;
  llvm::BumpPtrAllocator keys;
  /// By index, extent and stride.
  llvm::DenseMap<std::pair<Value, std::pair<int64_t, int64_t>>, Value>
      clampedIndices;

  AffineExpr number(int64_t value);

  //===--------------------------------------------------------------------===//
  // Loops
  //===--------------------------------------------------------------------===//

  /// Enters the loops behind the parallel dimensions, which carry `values`;
  /// returns how many there are.
  unsigned enterLoops(SmallVector<Value> &values);
  void leaveLoops(unsigned loops, SmallVector<Value> &values);

  //===--------------------------------------------------------------------===//
  // Reads
  //===--------------------------------------------------------------------===//

  /// Works out and announces all instances of a read, over dimensions that have
  /// positions.
  TiledRead tileRead(const ElementRead &read);

  /// The elements that a block's arguments have at a point; the tensors that
  /// are read whole have none.
  void bindArguments(ArrayRef<BlockArgument> arguments,
                     ArrayRef<TiledRead> reads, ArrayRef<int64_t> at,
                     llvm::DenseMap<Value, Value> &known);

  /// Loads what a read has at all its positions.
  void loadAll(const TiledRead &tiled);

  SmallVector<TiledRead, 0> tileReads(ArrayRef<ElementRead> reads);

  static Guard substitute(const Guard &guard, ArrayRef<AffineExpr> dims);

  /// The element that a read has at a point; `at` gives the position along
  /// every dimension.
  Value readAt(const TiledRead &tiled, const TiledRead::Instance &instance);
  Value readAt(const TiledRead &tiled, ArrayRef<int64_t> at);

  //===--------------------------------------------------------------------===//
  // Bodies
  //===--------------------------------------------------------------------===//

  /// Evaluates a block at a point and returns the values of its operations by
  /// the block's own values. Operations in `skip` are left out; of a division
  /// there, the dividend stands for it.
  void evaluate(Block &block, ArrayRef<int64_t> at,
                llvm::DenseMap<Value, Value> &known,
                const llvm::SmallPtrSet<Operation *, 4> &skip = {});

  Value affineValue(Operation &op, const Guard &exprs,
                    ArrayRef<AffineExpr> dims);

  Value asI32(Value index);

  /// The element that a load reads. What is affine of its indices is summed as
  /// such, so that neighbours share the rest.
  Value load(LoadOp op, ArrayRef<AffineExpr> dims,
             const llvm::DenseMap<Value, Value> &known);

  /// An index of a load as an affine expression, if it is one that cannot leave
  /// the extent.
  std::optional<AffineExpr> affineIndex(Value index, int64_t extent,
                                        ArrayRef<AffineExpr> dims);

  /// The reads of an inner sum, and its values by their position along the
  /// dimensions that they depend on.
  struct Inner {
    SmallVector<unsigned> dims;
    SmallVector<TiledRead, 0> mapReads, finishReads;
    std::map<SmallVector<int64_t>, Value> values;
  };
  SmallVector<Inner, 0> inner;

  /// Announces what inner sums read.
  void prepareInner();
  /// Loads all of some reads and of what inner sums read.
  void loadAhead(ArrayRef<TiledRead> reads);
  /// The value of an inner sum at a point, computed there once.
  Value innerAt(unsigned i, ArrayRef<int64_t> at);

  /// What a computed i32 index, clamped to [0, extent), adds to a position.
  Value clampIndex(Value index, int64_t extent, int64_t stride);

  /// The value of a scalar operation, built once for the same operands and
  /// outside of the loops that they do not change in.
  Value scalar(Operation &op, ArrayRef<Value> operands);

  //===--------------------------------------------------------------------===//
  // Reduction
  //===--------------------------------------------------------------------===//

  /// The neutral values of one combiner of values of `type`.
  void appendInitial(Combiner combiner, Type type,
                     SmallVectorImpl<Value> &values);

  /// Runs the reduction and returns the combined values of all points of the
  /// tile, point after point.
  SmallVector<Value> reduce();

  /// Combines the map block's values at one point and step into the first of
  /// `values`, which it drops.
  void combineAt(ArrayRef<TiledRead> reads, ArrayRef<int64_t> at,
                 MutableArrayRef<Value> &values);

  /// Combines what the map yields, once it is evaluated.
  void combine(const SummedProducts &products,
               const llvm::DenseMap<Value, Value> &known, ArrayRef<int64_t> at,
               MutableArrayRef<Value> &values);

  Value multiplyAdd(MulOp product, const llvm::DenseMap<Value, Value> &known,
                    Value sum);

  /// The type, at the kernel level, of what combiner i combines.
  Type combinedType(unsigned i);

  Value reductionIndexAt(ArrayRef<int64_t> at);

  /// Whether `next` of `type` replaces the maximum so far: it is larger or NaN.
  /// The `first` of several NaN stays if asked for.
  Value takesMax(Value next, Value best, Type type, bool first);

  Value select(Value condition, Value a, Value b);

  /// One operation of floats or of integers.
  template <typename FloatOp, typename IntegerOp>
  Value either(ArrayRef<Value> operands) {
    return isa<FloatType>(operands.front().getType())
               ? note<FloatOp>(operands)
               : note<IntegerOp>(operands);
  }

  template <typename OpTy> Value note(ArrayRef<Value> operands) {
    unsigned depth = nest.depthOf(operands);
    return nest.note(nest.at(depth).template create<OpTy>(operands), depth);
  }

  //===--------------------------------------------------------------------===//
  // Online softmax
  //===--------------------------------------------------------------------===//

  /// exp(value - maximum), as `like` computes it.
  Value exponential(ExpOp like, Value value, Value maximum);

  /// Adds what one step gives to the weighted sums at a point.
  void addWeighted(const OnlineSoftmax &online, ArrayRef<TiledRead> reads,
                   ArrayRef<int64_t> at, Value base, Value weight,
                   MutableArrayRef<Value> &sums);

  //===--------------------------------------------------------------------===//
  // Sums in memory
  //===--------------------------------------------------------------------===//

  /// The results of a lane at one point of its tile: the index of the first
  /// place, and where that may lie beyond an extent, the i1 that says it does
  /// not.
  struct PlaceRow {
    AffineExpr first;
    Value condition;
  };
  /// An update at one point and step: which place it belongs to, as an offset,
  /// and what it adds there.
  struct Update {
    Value offset, addend;
  };

  /// Sets all places to what the sums start from, then adds every update to one
  /// of them.
  void sumInMemory(const ScatteredSum &sum);
  void clearPlaces(const ScatteredSum &sum, ArrayRef<PlaceRow> rows);
  void clearPlace(const ScatteredSum &sum, AffineExpr offset,
                  ArrayRef<PlaceRow> rows);
  Update updateAt(const ScatteredSum &sum, ArrayRef<TiledRead> reads,
                  ArrayRef<int64_t> at);
  void addToPlace(const PlaceRow &row, const Update &update);
  /// Calls `build` with a builder at the innermost place, in a branch if there
  /// is a condition.
  void where(Value condition, function_ref<void(ImplicitLocOpBuilder &)> build);

  //===--------------------------------------------------------------------===//
  // Finish
  //===--------------------------------------------------------------------===//

  /// Evaluates the finish block at every point of the tile, and every unrolled
  /// step where it is one of loops, stores its values and keeps those that
  /// later parts may read.
  void finish(ArrayRef<Value> combined);

  void storeGroup(ImplicitLocOpBuilder &b, ArrayRef<AffineExpr> at,
                  ArrayRef<SmallVector<Value>> values);
};

} // namespace descent::codegen

#endif // DESCENT_LIB_CODEGEN_KERNELEMITTER_H
