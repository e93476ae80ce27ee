// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a kernel's points go, its loops and its results; see KernelEmitter.h.

#include "KernelEmitter.h"
#include "descent/Codegen/ScalarOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace descent::codegen {

void forEachPosition(ArrayRef<int64_t> shape,
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

LogicalResult checkStrategy(ArrayRef<IterationSpace> parts,
                            StrategyAttr strategy,
                            function_ref<InFlightDiagnostic()> emitError) {
  const IterationSpace &first = parts.front();
  unsigned numReduction = 0;
  for (const IterationSpace &space : parts)
    numReduction += space.numReduction();
  if (strategy.getLanes().size() != first.numParallel ||
      strategy.getUnroll().size() != numReduction)
    return emitError() << "the strategy is for " << strategy.getLanes().size()
                       << " parallel and " << strategy.getUnroll().size()
                       << " reduction dimensions; the kernel's normal form has "
                       << first.numParallel << " and " << numReduction;
  if (parts.size() == 1)
    if (auto sum = ScatteredSum::find(first, strategy.getTile());
        sum && strategy.getLanes()[sum->dim] != 1)
      return emitError() << "a lane keeps all " << first.extents[sum->dim]
                         << " places of its sums; they are not for several";
  for (auto [extent, run] : llvm::zip(first.parallel(), strategy.getRun()))
    if (extent % run != 0)
      return emitError() << "a run of " << run << " does not divide the extent "
                         << extent;
  ArrayRef<int64_t> rest = strategy.getUnroll();
  for (const IterationSpace &space : parts) {
    ArrayRef<int64_t> own = rest.take_front(space.numReduction());
    rest = rest.drop_front(own.size());
    for (auto [extent, unroll] : llvm::zip(space.reduction(), own))
      if (extent % unroll != 0)
        return emitError() << "unrolling by " << unroll
                           << " does not divide the extent " << extent;
    if (!keepsOrder(space, own))
      return emitError()
             << "max_index needs its reduction in row-major order: inside a "
                "dimension that is unrolled, all have to be unrolled whole";
  }
  return success();
}

void KernelEmitter::run() {
  SmallVector<Value> combined;
  if (part.scattered)
    return sumInMemory(*part.scattered);
  if (space.writesInLoops) {
    unsigned loops = enterLoops(combined);
    finish({});
    leaveLoops(loops, combined);
    return;
  }
  // Also where every reduction dimension has one element and is gone.
  if (!space.kernel.isElementwise())
    combined = reduce();
  finish(combined);
}

void PartEmitter::run() {
  ArrayRef<int64_t> rest = strategy.getUnroll();
  auto emitter = [&](const IterationSpace &space) {
    ArrayRef<int64_t> unroll = rest.take_front(space.numReduction());
    rest = rest.drop_front(unroll.size());
    return KernelEmitter(space, strategy, unroll, *this);
  };
  for (unsigned i = 0; i < spaces.size(); ++i) {
    std::optional<OnlineSoftmax> online = OnlineSoftmax::find(spaces, i);
    KernelEmitter first = emitter(spaces[i]);
    if (!online) {
      first.run();
      continue;
    }
    KernelEmitter sum = emitter(*online->sum),
                  weighted = emitter(*online->weighted);
    weighted.runOnline(*online, first, sum);
    i += OnlineSoftmax::count - 1;
  }
}

AffineExpr KernelEmitter::number(int64_t value) {
  return getAffineConstantExpr(value, context);
}

//===----------------------------------------------------------------------===//
// Set-up
//===----------------------------------------------------------------------===//

void PartEmitter::placeParallelDims() {
  SmallVector<int64_t> groups = countGroups(space, strategy);
  AffineExpr group =
      indices.addVariable(ShapedType::getNumElements(groups), groupId);
  AffineExpr lane = indices.addVariable(strategy.getWorkgroupSize(), laneId,
                                        /*varies=*/true);
  if (subgroupSize != 0)
    reader.shareLoads(indices.emit(indices.simplify(lane % subgroupSize)),
                      subgroupSize);
  positions.resize(space.numParallel);
  inRange.resize(space.numParallel);
  for (unsigned dim = space.numParallel; dim-- > 0;) {
    int64_t lanes = strategy.getLanes()[dim], tile = strategy.getTile()[dim],
            run = strategy.getRun()[dim];
    if (scattered && scattered->dim == dim) {
      positions[dim].push_back(getAffineConstantExpr(0, groupId.getContext()));
      inRange[dim].push_back(Value());
      continue;
    }
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
            indices.addVariable(numRuns, indices.emitClamped(which, numRuns),
                                indices.varies(which));
      }
      for (int64_t j = 0; j < run; ++j) {
        positions[dim].push_back(indices.simplify(which * run + j));
        inRange[dim].push_back(valid);
      }
    }
  }
}

AffineExpr PartEmitter::takeDigit(AffineExpr &rest, int64_t extent) {
  AffineExpr digit = indices.simplify(rest % extent);
  rest = indices.simplify(rest.floorDiv(extent));
  if (isa<AffineConstantExpr>(digit) || isa<AffineDimExpr>(digit))
    return digit;
  // A variable of its own, so that what is built from it stays free of
  // divisions.
  return indices.addVariable(extent, indices.emit(digit),
                             indices.varies(digit));
}

//===----------------------------------------------------------------------===//
// Reduction
//===----------------------------------------------------------------------===//

void KernelEmitter::appendInitial(Combiner combiner, Type type,
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

unsigned KernelEmitter::enterLoops(SmallVector<Value> &values) {
  unsigned loops = 0;
  for (auto [i, extent] : llvm::enumerate(space.reduction())) {
    int64_t trips = extent / unroll[i];
    AffineExpr start = number(0);
    if (trips > 1) {
      scf::ForOp loop = nest.enter(trips, values);
      values.assign(loop.getRegionIterArgs().begin(),
                    loop.getRegionIterArgs().end());
      start = indices.addVariable(trips, loop.getInductionVar()) * unroll[i];
      ++loops;
    }
    for (int64_t step = 0; step < unroll[i]; ++step)
      positions[space.numParallel + i].push_back(
          indices.simplify(start + step));
  }
  return loops;
}

void KernelEmitter::leaveLoops(unsigned loops, SmallVector<Value> &values) {
  for (; loops > 0; --loops) {
    Operation *loop = nest.innermost().getInsertionBlock()->getParentOp();
    nest.leave(values);
    values.assign(loop->result_begin(), loop->result_end());
  }
}

SmallVector<Value> KernelEmitter::reduce() {
  KernelOp kernel = space.kernel;
  SmallVector<int64_t> tile(strategy.getTile());
  SmallVector<Value> values;
  int64_t numColumns = ShapedType::getNumElements(space.columns());
  for (int64_t point = 0; point < ShapedType::getNumElements(tile) * numColumns;
       ++point)
    for (unsigned i = 0; i < kernel.getCombiners().size(); ++i)
      appendInitial(kernel.getCombiner(i), combinedType(i), values);

  unsigned loops = enterLoops(values);
  SmallVector<TiledRead, 0> reads = tileReads(space.mapReads);
  prepareInner();
  // Loads first: a driver that makes branches of them leaves the rest in one
  // piece.
  loadAhead(reads);

  // Row by row of the tile, all steps of a row before the next: so its values
  // stay in registers meanwhile, however large the tile is.
  SmallVector<int64_t> rows(tile);
  if (!rows.empty())
    rows.back() = 1;
  int64_t perPoint = kernel.getNumCombined(),
          columns = ShapedType::getNumElements(tile) /
                    ShapedType::getNumElements(rows);
  SmallVector<int64_t> at(space.extents.size(), 0);
  MutableArrayRef<Value> rest = values;
  forEachPosition(rows, [&](ArrayRef<int64_t> row) {
    llvm::copy(row, at.begin());
    forEachPosition(unroll, [&](ArrayRef<int64_t> step) {
      llvm::copy(step, at.begin() + space.numParallel);
      MutableArrayRef<Value> ofRow = rest;
      for (int64_t column = 0; column < columns; ++column) {
        if (!rows.empty())
          at[space.numParallel - 1] = column;
        forEachPosition(space.columns(), [&](ArrayRef<int64_t> position) {
          llvm::copy(position, at.begin() + space.firstUnrolled());
          combineAt(reads, at, ofRow);
        });
      }
    });
    rest = rest.drop_front(columns * numColumns * perPoint);
  });

  leaveLoops(loops, values);
  return values;
}

void KernelEmitter::combineAt(ArrayRef<TiledRead> reads, ArrayRef<int64_t> at,
                              MutableArrayRef<Value> &values) {
  KernelOp kernel = space.kernel;
  Block &block = kernel.getMapBlock();
  llvm::DenseMap<Value, Value> known;
  bindArguments(block.getArguments(), reads, at, known);
  SummedProducts products(kernel);
  evaluate(block, at, known, products.operations);
  combine(products, known, at, values);
}

void KernelEmitter::combine(const SummedProducts &products,
                            const llvm::DenseMap<Value, Value> &known,
                            ArrayRef<int64_t> at,
                            MutableArrayRef<Value> &values) {
  KernelOp kernel = space.kernel;
  Operation *yield = kernel.getMapBlock().getTerminator();
  for (auto [i, yielded] : llvm::enumerate(yield->getOperands())) {
    if (MulOp product = products.factors[i]) {
      values[0] = multiplyAdd(product, known, values[0]);
      values = values.drop_front();
      continue;
    }
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
      values[0] = select(takesMax(next, values[0], type, /*first=*/false), next,
                         values[0]);
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

SummedProducts::SummedProducts(KernelOp kernel) {
  Operation *yield = kernel.getMapBlock().getTerminator();
  for (auto [i, yielded] : llvm::enumerate(yield->getOperands())) {
    auto product = yielded.getDefiningOp<MulOp>();
    if (!product || kernel.getCombiner(i) != Combiner::sum ||
        !isa<FloatType>(yielded.getType()) || !yielded.hasOneUse())
      product = {};
    factors.push_back(product);
    if (product)
      operations.insert(product);
  }
}

Value KernelEmitter::multiplyAdd(MulOp product,
                                 const llvm::DenseMap<Value, Value> &known,
                                 Value sum) {
  return note<math::FmaOp>(
      {known.lookup(product.getLhs()), known.lookup(product.getRhs()), sum});
}

void KernelEmitter::prepareInner() {
  for (const InnerSum &sum : space.inner) {
    Inner &one = inner.emplace_back();
    for (unsigned dim = 0; dim < space.extents.size(); ++dim)
      if (space.dependsOn(sum, dim))
        one.dims.push_back(dim);
    one.mapReads = tileReads(sum.mapReads);
    one.finishReads = tileReads(sum.finishReads);
  }
}

void KernelEmitter::loadAhead(ArrayRef<TiledRead> reads) {
  for (const TiledRead &read : reads)
    loadAll(read);
  for (const Inner &sum : inner)
    for (auto *list : {&sum.mapReads, &sum.finishReads})
      for (const TiledRead &read : *list)
        loadAll(read);
}

Value KernelEmitter::innerAt(unsigned i, ArrayRef<int64_t> outer) {
  SmallVector<int64_t> key;
  for (unsigned dim : inner[i].dims)
    key.push_back(outer[dim]);
  auto [entry, isNew] = inner[i].values.try_emplace(key);
  if (!isNew)
    return entry->second;
  const InnerSum &sum = space.inner[i];
  Block &map = sum.kernel.getMapBlock(), &finish = sum.kernel.getFinishBlock();
  SmallVector<int64_t> at(outer);
  SummedProducts products(sum.kernel);
  Value total = reader.constant(Builder(context).getF32FloatAttr(0));
  forEachPosition(space.extentsOf(sum), [&](ArrayRef<int64_t> step) {
    llvm::copy(step, at.begin() + space.firstDimOf(sum));
    llvm::DenseMap<Value, Value> known;
    bindArguments(map.getArguments(), inner[i].mapReads, at, known);
    evaluate(map, at, known, products.operations);
    total =
        products.factors[0]
            ? multiplyAdd(products.factors[0], known, total)
            : note<arith::AddFOp>(
                  {total, known.lookup(map.getTerminator()->getOperand(0))});
  });
  llvm::DenseMap<Value, Value> known;
  known[finish.getArgument(0)] = total;
  bindArguments(finish.getArguments().drop_front(), inner[i].finishReads, at,
                known);
  evaluate(finish, at, known, {});
  return entry->second = known.lookup(finish.getTerminator()->getOperand(0));
}

Type KernelEmitter::combinedType(unsigned i) {
  return space.kernel.getMapBlock().getTerminator()->getOperand(i).getType();
}

Value KernelEmitter::reductionIndexAt(ArrayRef<int64_t> at) {
  SmallVector<AffineExpr> dims;
  for (auto [dim, i] : llvm::enumerate(at))
    dims.push_back(positions[dim][i]);
  return indices.emit(indices.simplify(space.reductionIndex.replaceDims(dims)));
}

Value KernelEmitter::takesMax(Value next, Value best, Type type, bool first) {
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

Value KernelEmitter::select(Value condition, Value a, Value b) {
  return note<arith::SelectOp>({condition, a, b});
}

//===----------------------------------------------------------------------===//
// Finish
//===----------------------------------------------------------------------===//

void KernelEmitter::finish(ArrayRef<Value> combined) {
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
  SmallVector<int64_t> grid(strategy.getTile());
  if (space.writesInLoops)
    llvm::append_range(grid, unroll);
  llvm::append_range(grid, space.columns());
  // Values that have loops around them are no row values.
  unsigned numResults = block.getTerminator()->getNumOperands();
  bool areRowValues = space.numColumns == 0 &&
                      (!space.writesInLoops || space.numReduction() == 0);
  part.rowValues.resize(space.firstRowValue + numResults);
  forEachPosition(grid, [&](ArrayRef<int64_t> position) {
    SmallVector<int64_t> at(position);
    // Between rows and columns there are the dimensions that are gone.
    if (space.numColumns > 0) {
      at.resize(space.extents.size(), 0);
      llvm::copy(position.take_back(space.numColumns),
                 at.begin() + space.firstUnrolled());
      std::fill(at.begin() + space.numParallel,
                at.begin() + space.firstUnrolled(), 0);
    }
    llvm::DenseMap<Value, Value> known;
    for (unsigned i = 0; i < numCombined; ++i) {
      Value value = combined[i];
      known[block.getArgument(i)] =
          value.getType().isIndex() ? asI32(value) : value;
    }
    combined = combined.drop_front(numCombined);
    bindArguments(block.getArguments().drop_front(numCombined), reads, at,
                  known);
    evaluate(block, at, known, {});

    Value condition;
    for (auto [dim, i] : llvm::enumerate(at)) {
      if (dim < space.numParallel)
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
    auto yielded = block.getTerminator()->getOperands();
    for (auto [values, number] : llvm::zip(group->values, space.stored))
      values.push_back(known.lookup(yielded[number]));
    for (unsigned i = 0; areRowValues && i < numResults; ++i)
      part.rowValues[space.firstRowValue + i].push_back(
          known.lookup(yielded[i]));
  });
  if (space.results.empty())
    return;

  for (Stores &group : stores) {
    ImplicitLocOpBuilder b = nest.innermost();
    // Index arithmetic is built outside of the branch; the branch itself,
    // once there is one, comes behind it.
    if (group.condition) {
      auto branch = b.create<scf::IfOp>(group.condition);
      nest.innermost().setInsertionPoint(branch);
      b.setInsertionPointToStart(branch.thenBlock());
      storeGroup(b, group.indices, group.values);
      nest.innermost().setInsertionPointAfter(branch);
    } else {
      storeGroup(nest.innermost(), group.indices, group.values);
    }
  }
}

void KernelEmitter::storeGroup(ImplicitLocOpBuilder &b, ArrayRef<AffineExpr> at,
                               ArrayRef<SmallVector<Value>> values) {
  for (auto [tensor, list] : llvm::zip(space.results, values))
    storeElements(b, indices, views, tensor, at, list);
}

EmittedKernel emitKernel(ArrayRef<KernelPart> parts, const Profile &profile) {
  MLIRContext *context = parts.front().spaces.front().kernel.getContext();
  context->loadDialect<gpu::GPUDialect, arith::ArithDialect, math::MathDialect,
                       scf::SCFDialect, memref::MemRefDialect,
                       vector::VectorDialect>();
  EmittedKernel result;
  KernelFrame frame(parts, profile, result);
  for (unsigned i = 0; i < parts.size(); ++i)
    PartEmitter(parts[i], frame, i, profile).run();
  frame.finish();
  return result;
}

} // namespace descent::codegen
