// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Assembles a descent.kernel piece by piece; see KernelBuilder.h.

#include "KernelBuilder.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace descent {

KernelBuilder::KernelBuilder(Location loc, ArrayRef<int64_t> parallel,
                             ArrayRef<int64_t> reduction,
                             ArrayRef<Combination> combinations)
    : loc(loc), extents(parallel), numParallel(parallel.size()),
      combinations(combinations), inMap(loc.getContext()),
      inFinish(loc.getContext()) {
  llvm::append_range(extents, reduction);
  inMap.setInsertionPointToEnd(&map.emplaceBlock());
  inFinish.setInsertionPointToEnd(&finish.emplaceBlock());
  // The combined values are known before the map is: the finish may be built
  // first.
  for (auto [combiner, type] : combinations) {
    finish.front().addArgument(type, loc);
    if (combiner == Combiner::max_index)
      finish.front().addArgument(inFinish.getI32Type(), loc);
  }
}

/// The scalar constant that an access to a splat constant reads, if it is one.
static TypedAttr splatElement(Value value, AccessAttr access) {
  DenseElementsAttr constant;
  if (isWhole(access) || !matchPattern(value, m_Constant(&constant)) ||
      !constant.isSplat() || !access.isUnguarded())
    return {};
  return cast<TypedAttr>(constant.getSplatValue<Attribute>());
}

Value KernelBuilder::read(Value value, AccessAttr access, bool fromMap) {
  if (auto scalar = splatElement(value, access))
    return builder(fromMap).create<ConstantOp>(loc, scalar);
  Reads &reads = fromMap ? mapReads : finishReads;
  for (auto [known, knownAccess, scalar] :
       llvm::zip(reads.values, reads.accesses, reads.scalars))
    if (known == value && knownAccess == access)
      return scalar;
  Block &block = (fromMap ? map : finish).front();
  Value scalar = block.addArgument(
      isWhole(access) ? value.getType() : getElementTypeOrSelf(value.getType()),
      loc);
  reads.values.push_back(value);
  reads.accesses.push_back(access);
  reads.scalars.push_back(scalar);
  return scalar;
}

SmallVector<Value> KernelBuilder::combine(ValueRange values,
                                          std::optional<Location> at) {
  inMap.create<YieldOp>(at.value_or(loc), values);
  combined = true;
  size_t count = combinations.size() +
                 llvm::count_if(combinations, [](const Combination &each) {
                   return each.combiner == Combiner::max_index;
                 });
  return llvm::to_vector_of<Value>(
      finish.front().getArguments().take_front(count));
}

KernelOp KernelBuilder::build(OpBuilder &at, ValueRange results,
                              ArrayRef<Type> types) {
  MLIRContext *context = loc.getContext();
  if (!combined)
    inMap.create<YieldOp>(loc, ValueRange());
  inFinish.create<YieldOp>(loc, results);
  SmallVector<Attribute> combinerAttrs;
  for (const Combination &each : combinations)
    combinerAttrs.push_back(CombinerAttr::get(context, each.combiner));
  auto accessArray = [&](const Reads &reads) {
    return ArrayAttr::get(
        context,
        SmallVector<Attribute>(reads.accesses.begin(), reads.accesses.end()));
  };
  auto op = at.create<KernelOp>(
      loc, types, mapReads.values, finishReads.values, domain(false),
      ArrayRef<int64_t>(extents).drop_front(numParallel),
      ArrayAttr::get(context, combinerAttrs), accessArray(mapReads),
      accessArray(finishReads));
  op.getMap().takeBody(map);
  op.getFinish().takeBody(finish);
  return op;
}

SmallVector<Value> cloneScalars(Block &block, OpBuilder &builder,
                                IRMapping &mapping, ArrayRef<AffineExpr> dims,
                                ArrayRef<int64_t> domain) {
  for (Operation &op : block.without_terminator()) {
    Operation *copy = builder.clone(op, mapping);
    if (auto index = dyn_cast<IndexOp>(copy)) {
      AffineExpr expr =
          simplifyExpr(index.getMap().getResult(0).replaceDims(dims), domain);
      index.setMap(AffineMap::get(domain.size(), 0, expr));
    } else if (auto bounds = dyn_cast<InBoundsOp>(copy)) {
      SmallVector<AffineExpr> constraints;
      for (AffineExpr constraint : bounds.getSet().getConstraints())
        constraints.push_back(
            simplifyExpr(constraint.replaceDims(dims), domain));
      auto set = IntegerSet::get(domain.size(), 0, constraints,
                                 bounds.getSet().getEqFlags());
      bounds.setSetAttr(IntegerSetAttr::get(set));
    }
  }
  return llvm::map_to_vector(
      block.getTerminator()->getOperands(),
      [&](Value value) { return mapping.lookup(value); });
}

SmallVector<AffineExpr> dimExprs(size_t count, MLIRContext *context) {
  SmallVector<AffineExpr> dims;
  for (size_t i = 0; i < count; ++i)
    dims.push_back(getAffineDimExpr(i, context));
  return dims;
}

AccessAttr reshapeAccess(ArrayRef<int64_t> from, ArrayRef<int64_t> to,
                         MLIRContext *context) {
  if (from == to)
    return identityAccess(context, from.size());
  auto index = joinIndices(dimExprs(from.size(), context), from, context);
  auto map = AffineMap::get(from.size(), 0, splitIndex(index, to), context);
  return simplifyAccess(AccessAttr::get(map), from);
}

SmallVector<Combination> combinationsOf(KernelOp kernel) {
  SmallVector<Combination> combinations;
  for (auto [combiner, type] :
       llvm::zip(kernel.getCombiners().getAsRange<CombinerAttr>(),
                 kernel.getMapBlock().getTerminator()->getOperandTypes()))
    combinations.push_back({combiner.getValue(), type});
  return combinations;
}

Location combiningLocation(KernelOp kernel) {
  return kernel.getMapBlock().getTerminator()->getLoc();
}

bool dependsOn(Operation *op, Operation *target) {
  llvm::SmallPtrSet<Operation *, 32> seen;
  SmallVector<Operation *> work{op};
  while (!work.empty())
    for (Value operand : work.pop_back_val()->getOperands()) {
      Operation *source = operand.getDefiningOp();
      if (source == target)
        return true;
      // What stands before the target does not depend on it.
      if (source && source->getBlock() == target->getBlock() &&
          target->isBeforeInBlock(source) && seen.insert(source).second)
        work.push_back(source);
    }
  return false;
}

} // namespace descent
