// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Unroll and jam: a kernel's body evaluated as scalars for every point of a
// register tile, with all loads, indices and repeated subexpressions shared.

#include "descent/Codegen/EmitKernel.h"
#include "descent/Codegen/ScalarOps.h"
#include "descent/Codegen/TensorAccess.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/Allocator.h"

using namespace mlir;

namespace descent::codegen {

static int64_t product(ArrayRef<int64_t> numbers) {
  int64_t result = 1;
  for (int64_t number : numbers)
    result *= number;
  return result;
}

/// Calls `visit` with every position of a grid in row-major order.
static void forEachPosition(ArrayRef<int64_t> shape,
                            function_ref<void(ArrayRef<int64_t>)> visit) {
  SmallVector<int64_t> position(shape.size(), 0);
  while (true) {
    visit(position);
    unsigned dim = shape.size();
    while (dim > 0 && ++position[dim - 1] == shape[dim - 1])
      position[--dim] = 0;
    if (dim == 0)
      return;
  }
}

SmallVector<int64_t> countGroups(const IterationSpace &space,
                                 StrategyAttr strategy) {
  SmallVector<int64_t> groups;
  for (auto [extent, lanes, tile] :
       llvm::zip(space.parallel(), strategy.getLanes(), strategy.getTile()))
    groups.push_back(llvm::divideCeil(extent, lanes * tile));
  return groups;
}

bool keepsOrder(const IterationSpace &space, ArrayRef<int64_t> unroll) {
  KernelOp kernel = space.kernel;
  bool matters =
      llvm::any_of(kernel.getCombiners().getAsRange<CombinerAttr>(),
                   [](CombinerAttr combiner) {
                     return combiner.getValue() == Combiner::max_index;
                   });
  bool unrolled = false;
  for (auto [size, extent] : llvm::zip(unroll, space.reduction())) {
    // Inside an unrolled dimension no loop may be left.
    if (matters && unrolled && size != extent)
      return false;
    unrolled |= size > 1;
  }
  return true;
}

LogicalResult checkStrategy(const IterationSpace &space, StrategyAttr strategy,
                            function_ref<InFlightDiagnostic()> emitError) {
  if (strategy.getLanes().size() != space.numParallel ||
      strategy.getUnroll().size() != space.numReduction())
    return emitError() << "the strategy is for " << strategy.getLanes().size()
                       << " parallel and " << strategy.getUnroll().size()
                       << " reduction dimensions; the kernel's normal form has "
                       << space.numParallel << " and " << space.numReduction();
  for (auto [extent, run] : llvm::zip(space.parallel(), strategy.getRun()))
    if (extent % run != 0)
      return emitError() << "a run of " << run << " does not divide the extent "
                         << extent;
  for (auto [extent, unroll] :
       llvm::zip(space.reduction(), strategy.getUnroll()))
    if (extent % unroll != 0)
      return emitError() << "unrolling by " << unroll
                         << " does not divide the extent " << extent;
  if (!keepsOrder(space, strategy.getUnroll()))
    return emitError()
           << "max_index needs its reduction in row-major order: inside a "
              "dimension that is unrolled, all have to be unrolled whole";
  return success();
}

namespace {

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

class KernelEmitter {
public:
  KernelEmitter(const IterationSpace &space, StrategyAttr strategy,
                int64_t maxGroups, EmittedKernel &result)
      : space(space), strategy(strategy), context(space.kernel.getContext()),
        result(result), nest(start(maxGroups)), indices(nest),
        views(result.function, space.bindingLengths),
        reader(nest, indices, views) {}

  void run() {
    placeParallelDims();
    SmallVector<Value> combined;
    // Also where every reduction dimension has one element and is gone.
    if (!space.kernel.isElementwise())
      combined = reduce();
    finish(combined);
    views.finish();
    llvm::append_range(result.argumentBindings, views.argumentBindings());
  }

private:
  const IterationSpace &space;
  StrategyAttr strategy;
  MLIRContext *context;
  EmittedKernel &result;
  /// The linear ids, before anything else is built.
  Value groupId, laneId;
  LoopNest nest;
  IndexEmitter indices;
  BindingViews views;
  TensorReader reader;
  /// The expression of every dimension at every position of the tile (parallel)
  /// or of the unrolled steps (reduction).
  SmallVector<SmallVector<AffineExpr>> positions;
  /// Where a run may lie beyond the extent: the i1 that says it does not, by
  /// parallel dimension and position; else null.
  SmallVector<SmallVector<Value>> inRange;
  /// Scalar operations by operation and operands.
  llvm::DenseMap<ArrayRef<const void *>, Value> scalars;
  llvm::BumpPtrAllocator keys;
  /// By index, extent and stride.
  llvm::DenseMap<std::pair<Value, std::pair<int64_t, int64_t>>, Value>
      clampedIndices;

  AffineExpr number(int64_t value) {
    return getAffineConstantExpr(value, context);
  }

  //===--------------------------------------------------------------------===//
  // Set-up
  //===--------------------------------------------------------------------===//

  /// Makes the empty function and returns a builder at the place of its body.
  ImplicitLocOpBuilder start(int64_t maxGroups) {
    Location loc = space.kernel.getLoc();
    result.module = ModuleOp::create(loc);
    auto b = ImplicitLocOpBuilder::atBlockEnd(loc, result.module->getBody());
    auto gpuModule = b.create<gpu::GPUModuleOp>("kernels");
    b.setInsertionPointToStart(gpuModule.getBody());
    result.function =
        b.create<gpu::GPUFuncOp>("main", FunctionType::get(context, {}, {}));
    result.function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(),
                             b.getUnitAttr());
    b.setInsertionPointToEnd(&result.function.getBody().front());

    int64_t count = product(countGroups(space, strategy));
    result.localSize = {strategy.getWorkgroupSize(), 1, 1};
    result.groups = {count, 1, 1};
    laneId = b.create<gpu::ThreadIdOp>(gpu::Dimension::x);
    groupId = b.create<gpu::BlockIdOp>(gpu::Dimension::x);
    if (count > maxGroups) {
      int64_t rows = llvm::divideCeil(count, maxGroups),
              columns = llvm::divideCeil(count, rows);
      result.groups = {columns, rows, 1};
      Value row = b.create<gpu::BlockIdOp>(gpu::Dimension::y);
      Value width = b.create<arith::ConstantIndexOp>(columns);
      Value rowStart = b.create<arith::MulIOp>(row, width);
      groupId = b.create<arith::AddIOp>(rowStart, groupId);
    }
    bool overshoots = result.groups[0] * result.groups[1] > count;
    Value inside;
    if (overshoots) {
      Value limit = b.create<arith::ConstantIndexOp>(count);
      inside =
          b.create<arith::CmpIOp>(arith::CmpIPredicate::ult, groupId, limit);
    }
    b.create<gpu::ReturnOp>();
    b.setInsertionPoint(&result.function.getBody().front().back());
    if (overshoots) {
      auto branch = b.create<scf::IfOp>(inside);
      b.setInsertionPointToStart(branch.thenBlock());
    }
    return b;
  }

  /// Spreads the parallel dimensions over workgroups, lanes and the register
  /// tile.
  void placeParallelDims() {
    SmallVector<int64_t> groups = countGroups(space, strategy);
    AffineExpr group = indices.addVariable(product(groups), groupId);
    AffineExpr lane = indices.addVariable(strategy.getWorkgroupSize(), laneId);
    positions.resize(space.extents.size());
    inRange.resize(space.numParallel);
    for (unsigned dim = space.numParallel; dim-- > 0;) {
      int64_t lanes = strategy.getLanes()[dim], tile = strategy.getTile()[dim],
              run = strategy.getRun()[dim];
      AffineExpr groupDigit = takeDigit(group, groups[dim]),
                 laneDigit = takeDigit(lane, lanes);
      bool exact = groups[dim] * lanes * tile == space.extents[dim];
      for (int64_t i = 0; i < tile / run; ++i) {
        // Which run of the dimension this is.
        AffineExpr which = indices.simplify(groupDigit * (lanes * tile / run) +
                                            laneDigit + i * lanes);
        int64_t numRuns = space.extents[dim] / run;
        Value valid;
        if (!exact && indices.bounds(which).high >= numRuns) {
          Guard guard{{indices.simplify(numRuns - 1 - which)}, {false}};
          valid = indices.emit(guard);
          which =
              indices.addVariable(numRuns, indices.emitClamped(which, numRuns));
        }
        for (int64_t j = 0; j < run; ++j) {
          positions[dim].push_back(indices.simplify(which * run + j));
          inRange[dim].push_back(valid);
        }
      }
    }
  }

  /// The last digit of a number that counts in row-major order; what is left of
  /// the number stays.
  AffineExpr takeDigit(AffineExpr &rest, int64_t extent) {
    AffineExpr digit = indices.simplify(rest % extent);
    rest = indices.simplify(rest.floorDiv(extent));
    if (isa<AffineConstantExpr>(digit) || isa<AffineDimExpr>(digit))
      return digit;
    // A variable of its own, so that what is built from it stays free of
    // divisions.
    return indices.addVariable(extent, indices.emit(digit));
  }

  //===--------------------------------------------------------------------===//
  // Reads
  //===--------------------------------------------------------------------===//

  /// Works out and announces all instances of a read, over dimensions that have
  /// positions.
  TiledRead tileRead(const ElementRead &read) {
    TiledRead tiled;
    tiled.read = &read;
    if (read.whole)
      return tiled;
    for (unsigned dim = 0; dim < space.extents.size(); ++dim) {
      bool used = read.index.isFunctionOfDim(dim);
      for (AffineExpr constraint : read.guard.constraints)
        used |= constraint.isFunctionOfDim(dim);
      if (!used)
        continue;
      tiled.dims.push_back(dim);
      tiled.shape.push_back(positions[dim].size());
    }
    SmallVector<AffineExpr> dims(space.extents.size(), number(0));
    forEachPosition(tiled.shape, [&](ArrayRef<int64_t> position) {
      for (auto [dim, i] : llvm::zip(tiled.dims, position))
        dims[dim] = positions[dim][i];
      TiledRead::Instance instance;
      Guard guard = substitute(read.guard, dims);
      IndexEmitter::Truth truth = indices.simplify(guard);
      if (truth != IndexEmitter::Truth::never) {
        instance.index = indices.simplify(read.index.replaceDims(dims));
        if (truth == IndexEmitter::Truth::sometimes)
          instance.guard = indices.emit(guard);
        reader.announce(read.tensor, instance.index, instance.guard);
      }
      tiled.instances.push_back(instance);
    });
    return tiled;
  }

  /// The elements that a block's arguments have at a point; the tensors that
  /// are read whole have none.
  void bindArguments(ArrayRef<BlockArgument> arguments,
                     ArrayRef<TiledRead> reads, ArrayRef<int64_t> at,
                     llvm::DenseMap<Value, Value> &known) {
    for (auto [argument, read] : llvm::zip_equal(arguments, reads))
      if (!read.read->whole)
        known[argument] = readAt(read, at);
  }

  SmallVector<TiledRead, 0> tileReads(ArrayRef<ElementRead> reads) {
    SmallVector<TiledRead, 0> tiled;
    for (const ElementRead &read : reads)
      tiled.push_back(tileRead(read));
    return tiled;
  }

  static Guard substitute(const Guard &guard, ArrayRef<AffineExpr> dims) {
    Guard replaced = guard;
    for (AffineExpr &constraint : replaced.constraints)
      constraint = constraint.replaceDims(dims);
    return replaced;
  }

  /// The element that a read has at a point; `at` gives the position along
  /// every dimension.
  Value readAt(const TiledRead &tiled, ArrayRef<int64_t> at) {
    int64_t linear = 0;
    for (auto [dim, extent] : llvm::zip(tiled.dims, tiled.shape))
      linear = linear * extent + at[dim];
    const TiledRead::Instance &instance = tiled.instances[linear];
    const ElementRead &read = *tiled.read;
    if (!instance.index)
      return reader.constant(read.fill);
    return reader.read(read.tensor, instance.index, instance.guard, read.fill);
  }

  //===--------------------------------------------------------------------===//
  // Bodies
  //===--------------------------------------------------------------------===//

  /// Evaluates a block at a point and returns the values of its operations by
  /// the block's own values. Operations in `skip` are left out.
  void evaluate(Block &block, ArrayRef<int64_t> at,
                llvm::DenseMap<Value, Value> &known, Operation *skip) {
    SmallVector<AffineExpr> dims;
    for (Operation &op : block.without_terminator()) {
      if (&op == skip)
        continue;
      auto exprs = space.bodyExprs.find(&op);
      auto load = dyn_cast<LoadOp>(op);
      if (dims.empty() && (load || exprs != space.bodyExprs.end()))
        for (auto [dim, i] : llvm::enumerate(at))
          dims.push_back(positions[dim][i]);
      if (load) {
        known[load.getResult()] = this->load(load, dims, known);
        continue;
      }
      if (exprs != space.bodyExprs.end()) {
        known[op.getResult(0)] = affineValue(op, exprs->second, dims);
        continue;
      }
      SmallVector<Value> operands;
      for (Value operand : op.getOperands())
        operands.push_back(known.lookup(operand));
      known[op.getResult(0)] = scalar(op, operands);
    }
  }

  Value affineValue(Operation &op, const Guard &exprs,
                    ArrayRef<AffineExpr> dims) {
    if (isa<IndexOp>(op))
      return asI32(indices.emit(
          indices.simplify(exprs.constraints[0].replaceDims(dims))));
    Guard guard = substitute(exprs, dims);
    IndexEmitter::Truth truth = indices.simplify(guard);
    if (truth == IndexEmitter::Truth::sometimes)
      return indices.emit(guard);
    return reader.constant(IntegerAttr::get(
        IntegerType::get(context, 1), truth == IndexEmitter::Truth::always));
  }

  Value asI32(Value index) {
    unsigned depth = nest.depthOf(index);
    return nest.note(nest.at(depth).create<arith::IndexCastOp>(
                         IntegerType::get(context, 32), index),
                     depth);
  }

  /// The element that a load reads. What is affine of its indices is summed as
  /// such, so that neighbours share the rest.
  Value load(LoadOp op, ArrayRef<AffineExpr> dims,
             const llvm::DenseMap<Value, Value> &known) {
    const ElementRead &read = space.getWhole(op);
    SmallVector<const void *> key = {&read};
    AffineExpr affine = number(0);
    SmallVector<Value> terms;
    int64_t stride = read.tensor.elements;
    for (auto [index, extent] : llvm::zip_equal(op.getIndices(), *read.whole)) {
      stride /= extent;
      if (std::optional<AffineExpr> expr = affineIndex(index, extent, dims)) {
        affine = affine + *expr * stride;
        key.push_back(nullptr);
        continue;
      }
      Value clamped = clampIndex(known.lookup(index), extent, stride);
      terms.push_back(clamped);
      key.push_back(clamped.getAsOpaquePointer());
    }
    affine = indices.simplify(affine);
    key.push_back(affine.getAsOpaquePointer());
    if (Value element = scalars.lookup(key))
      return element;
    if (terms.empty() || affine != number(0))
      terms.push_back(indices.emit(affine));
    Value position = terms.front();
    for (Value term : ArrayRef(terms).drop_front())
      position = note<arith::AddIOp>({position, term});
    Value element = reader.loadAt(read.tensor, position);
    scalars[ArrayRef<const void *>(key).copy(keys)] = element;
    return element;
  }

  /// An index of a load as an affine expression, if it is one that cannot leave
  /// the extent.
  std::optional<AffineExpr> affineIndex(Value index, int64_t extent,
                                        ArrayRef<AffineExpr> dims) {
    AffineExpr expr;
    APInt constant;
    if (auto exprs = space.bodyExprs.find(index.getDefiningOp());
        exprs != space.bodyExprs.end())
      expr = indices.simplify(exprs->second.constraints[0].replaceDims(dims));
    else if (matchPattern(index, m_ConstantInt(&constant)))
      expr =
          number(std::clamp<int64_t>(constant.getSExtValue(), 0, extent - 1));
    else
      return std::nullopt;
    Bounds range = indices.bounds(expr);
    if (range.low < 0 || range.high >= extent)
      return std::nullopt;
    return expr;
  }

  /// What a computed i32 index, clamped to [0, extent), adds to a position.
  Value clampIndex(Value index, int64_t extent, int64_t stride) {
    Value &known = clampedIndices[{index, {extent, stride}}];
    if (known)
      return known;
    Builder b(context);
    auto constant = [&](int64_t value) {
      return reader.constant(b.getIndexAttr(value));
    };
    unsigned depth = nest.depthOf(index);
    Value position = nest.note(
        nest.at(depth).create<arith::IndexCastOp>(b.getIndexType(), index),
        depth);
    // Not by arith.maxsi: spirv-opt takes constants for numbers without a sign
    // when it folds that.
    auto bound = [&](arith::CmpIPredicate beyond, Value limit) {
      Value leaves = nest.note(
          nest.at(depth).create<arith::CmpIOp>(beyond, position, limit), depth);
      position = select(leaves, limit, position);
    };
    bound(arith::CmpIPredicate::slt, constant(0));
    bound(arith::CmpIPredicate::sgt, constant(extent - 1));
    if (stride != 1)
      position = note<arith::MulIOp>({position, constant(stride)});
    return known = position;
  }

  /// The value of a scalar operation, built once for the same operands and
  /// outside of the loops that they do not change in.
  Value scalar(Operation &op, ArrayRef<Value> operands) {
    SmallVector<const void *> key = {&op};
    for (Value operand : operands)
      key.push_back(operand.getAsOpaquePointer());
    if (Value known = scalars.lookup(key))
      return known;
    unsigned depth = nest.depthOf(operands);
    Value value = nest.note(emitScalarOp(nest.at(depth), op, operands), depth);
    scalars[ArrayRef<const void *>(key).copy(keys)] = value;
    return value;
  }

  //===--------------------------------------------------------------------===//
  // Reduction
  //===--------------------------------------------------------------------===//

  /// The neutral values of one combiner of values of `type`.
  void appendInitial(Combiner combiner, Type type,
                     SmallVectorImpl<Value> &values) {
    Builder b(context);
    bool isSum = combiner == Combiner::sum,
         isProduct = combiner == Combiner::product;
    if (isa<FloatType>(type)) {
      double initial = isSum       ? 0
                       : isProduct ? 1
                                   : -std::numeric_limits<double>::infinity();
      values.push_back(reader.constant(b.getFloatAttr(type, initial)));
    } else {
      int32_t initial = isSum                      ? 0
                        : isProduct                ? 1
                        : type.isUnsignedInteger() ? 0
                                                   : INT32_MIN;
      values.push_back(reader.constant(b.getI32IntegerAttr(initial)));
    }
    if (combiner == Combiner::max_index)
      values.push_back(reader.constant(b.getIndexAttr(0)));
  }

  /// Runs the reduction and returns the combined values of all points of the
  /// tile, point after point.
  SmallVector<Value> reduce() {
    KernelOp kernel = space.kernel;
    SmallVector<int64_t> tile(strategy.getTile());
    SmallVector<Value> values;
    for (int64_t point = 0; point < product(tile); ++point)
      for (unsigned i = 0; i < kernel.getCombiners().size(); ++i)
        appendInitial(kernel.getCombiner(i), combinedType(i), values);

    unsigned loops = 0;
    for (auto [i, extent] : llvm::enumerate(space.reduction())) {
      int64_t unroll = strategy.getUnroll()[i], trips = extent / unroll;
      AffineExpr start = number(0);
      if (trips > 1) {
        scf::ForOp loop = nest.enter(trips, values);
        values.assign(loop.getRegionIterArgs().begin(),
                      loop.getRegionIterArgs().end());
        start = indices.addVariable(trips, loop.getInductionVar()) * unroll;
        ++loops;
      }
      for (int64_t step = 0; step < unroll; ++step)
        positions[space.numParallel + i].push_back(
            indices.simplify(start + step));
    }

    SmallVector<TiledRead, 0> reads = tileReads(space.mapReads);
    SmallVector<int64_t> at(space.extents.size(), 0);
    forEachPosition(strategy.getUnroll(), [&](ArrayRef<int64_t> step) {
      llvm::copy(step, at.begin() + space.numParallel);
      MutableArrayRef<Value> rest = values;
      forEachPosition(tile, [&](ArrayRef<int64_t> point) {
        llvm::copy(point, at.begin());
        combineAt(reads, at, rest);
      });
    });

    for (; loops > 0; --loops) {
      Operation *loop = nest.innermost().getInsertionBlock()->getParentOp();
      nest.leave(values);
      values.assign(loop->result_begin(), loop->result_end());
    }
    return values;
  }

  /// Combines the map block's values at one point and step into the first of
  /// `values`, which it drops.
  void combineAt(ArrayRef<TiledRead> reads, ArrayRef<int64_t> at,
                 MutableArrayRef<Value> &values) {
    KernelOp kernel = space.kernel;
    Block &block = kernel.getMapBlock();
    llvm::DenseMap<Value, Value> known;
    bindArguments(block.getArguments(), reads, at, known);
    Operation *yield = block.getTerminator();
    // A product that is summed is one multiply-add with the sum.
    auto factor = yield->getNumOperands() == 1 &&
                          kernel.getCombiner(0) == Combiner::sum &&
                          isa<FloatType>(combinedType(0))
                      ? yield->getOperand(0).getDefiningOp<MulOp>()
                      : MulOp();
    if (factor && factor.getResult().hasOneUse()) {
      evaluate(block, at, known, factor);
      Value lhs = known.lookup(factor.getLhs()),
            rhs = known.lookup(factor.getRhs()), sum = values[0];
      values[0] = note<math::FmaOp>({lhs, rhs, sum});
      values = values.drop_front();
      return;
    }
    evaluate(block, at, known, nullptr);
    for (auto [i, yielded] : llvm::enumerate(yield->getOperands())) {
      Value next = known.lookup(yielded);
      Type type = yielded.getType();
      switch (kernel.getCombiner(i)) {
      case Combiner::sum:
        values[0] = either<arith::AddFOp, arith::AddIOp>({values[0], next});
        break;
      case Combiner::product:
        values[0] = either<arith::MulFOp, arith::MulIOp>({values[0], next});
        break;
      case Combiner::max:
        values[0] = select(takesMax(next, values[0], type, /*first=*/false),
                           next, values[0]);
        break;
      case Combiner::max_index: {
        Value takes = takesMax(next, values[0], type, /*first=*/true);
        values[0] = select(takes, next, values[0]);
        values[1] = select(takes, reductionIndexAt(at), values[1]);
        values = values.drop_front();
        break;
      }
      }
      values = values.drop_front();
    }
  }

  /// The type, at the kernel level, of what combiner i combines.
  Type combinedType(unsigned i) {
    return space.kernel.getMapBlock().getTerminator()->getOperand(i).getType();
  }

  Value reductionIndexAt(ArrayRef<int64_t> at) {
    SmallVector<AffineExpr> dims;
    for (auto [dim, i] : llvm::enumerate(at))
      dims.push_back(positions[dim][i]);
    return indices.emit(
        indices.simplify(space.reductionIndex.replaceDims(dims)));
  }

  /// Whether `next` of `type` replaces the maximum so far: it is larger or NaN.
  /// The `first` of several NaN stays if asked for.
  Value takesMax(Value next, Value best, Type type, bool first) {
    unsigned depth = nest.depthOf({next, best}), nextDepth = nest.depthOf(next);
    if (!isa<FloatType>(type)) {
      auto predicate = type.isUnsignedInteger() ? arith::CmpIPredicate::ugt
                                                : arith::CmpIPredicate::sgt;
      return nest.note(
          nest.at(depth).create<arith::CmpIOp>(predicate, next, best), depth);
    }
    Value larger = nest.note(nest.at(depth).create<arith::CmpFOp>(
                                 arith::CmpFPredicate::OGT, next, best),
                             depth);
    Value isNan = nest.note(emitIsNan(nest.at(nextDepth), next), nextDepth);
    if (first) {
      Value ordered = nest.note(nest.at(depth).create<arith::CmpFOp>(
                                    arith::CmpFPredicate::OEQ, best, best),
                                depth);
      isNan = note<arith::AndIOp>({isNan, ordered});
    }
    return note<arith::OrIOp>({larger, isNan});
  }

  Value select(Value condition, Value a, Value b) {
    return note<arith::SelectOp>({condition, a, b});
  }

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
  // Finish
  //===--------------------------------------------------------------------===//

  /// Evaluates the finish block at every point of the tile and stores its
  /// values.
  void finish(ArrayRef<Value> combined) {
    KernelOp kernel = space.kernel;
    Block &block = kernel.getFinishBlock();
    unsigned numCombined = kernel.getNumCombined();
    SmallVector<TiledRead, 0> reads = tileReads(space.finishReads);
    struct Stores {
      Value condition;
      SmallVector<AffineExpr> indices;
      SmallVector<SmallVector<Value>> values;
    };
    SmallVector<Stores, 0> stores;
    SmallVector<AffineExpr> dims(space.extents.size(), number(0));
    forEachPosition(strategy.getTile(), [&](ArrayRef<int64_t> at) {
      llvm::DenseMap<Value, Value> known;
      for (unsigned i = 0; i < numCombined; ++i) {
        Value value = combined[i];
        known[block.getArgument(i)] =
            value.getType().isIndex() ? asI32(value) : value;
      }
      combined = combined.drop_front(numCombined);
      bindArguments(block.getArguments().drop_front(numCombined), reads, at,
                    known);
      evaluate(block, at, known, nullptr);

      Value condition;
      for (auto [dim, i] : llvm::enumerate(at)) {
        condition = indices.conjunction(condition, inRange[dim][i]);
        dims[dim] = positions[dim][i];
      }
      auto group = llvm::find_if(
          stores, [&](const Stores &s) { return s.condition == condition; });
      if (group == stores.end()) {
        stores.push_back({condition, {}, {}});
        group = &stores.back();
        group->values.resize(space.results.size());
      }
      group->indices.push_back(
          indices.simplify(space.resultIndex.replaceDims(dims)));
      for (auto [values, yielded] :
           llvm::zip(group->values, block.getTerminator()->getOperands()))
        values.push_back(known.lookup(yielded));
    });

    for (Stores &group : stores) {
      ImplicitLocOpBuilder b = nest.at(0);
      // Index arithmetic is built outside of the branch; the branch itself,
      // once there is one, comes behind it.
      if (group.condition) {
        auto branch = b.create<scf::IfOp>(group.condition);
        nest.at(0).setInsertionPoint(branch);
        b.setInsertionPointToStart(branch.thenBlock());
        storeGroup(b, group.indices, group.values);
        nest.at(0).setInsertionPointAfter(branch);
      } else {
        storeGroup(nest.at(0), group.indices, group.values);
      }
    }
  }

  void storeGroup(ImplicitLocOpBuilder &b, ArrayRef<AffineExpr> at,
                  ArrayRef<SmallVector<Value>> values) {
    for (auto [tensor, list] : llvm::zip(space.results, values))
      storeElements(b, indices, views, tensor, at, list);
  }
};

} // namespace

EmittedKernel emitKernel(const IterationSpace &space, StrategyAttr strategy,
                         int64_t maxGroups) {
  MLIRContext *context = space.kernel.getContext();
  context->loadDialect<gpu::GPUDialect, arith::ArithDialect, math::MathDialect,
                       scf::SCFDialect, memref::MemRefDialect,
                       vector::VectorDialect>();
  EmittedKernel result;
  KernelEmitter(space, strategy, maxGroups, result).run();
  return result;
}

} // namespace descent::codegen
