// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums of sums and siblings; see KernelFusion.h.

#include "KernelBuilder.h"
#include "KernelFusion.h"
#include "descent/Dialect/Descent/ScatteredSums.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"

using namespace mlir;

namespace descent {

//===----------------------------------------------------------------------===//
// Sums of sums
//===----------------------------------------------------------------------===//

/// Whether a block yields its only argument.
static bool isIdentity(Block &block) {
  return block.getNumArguments() == 1 && llvm::hasSingleElement(block) &&
         block.getTerminator()->getOperands() ==
             ValueRange(block.getArguments());
}

static bool isSum(KernelOp kernel) {
  return kernel.getCombiners().size() == 1 &&
         kernel.getCombiner(0) == Combiner::sum;
}

/// Whether a map multiplies its arguments or passes its one on: then it is zero
/// where all it reads is zero.
static bool mapsZeroToZero(Block &block) {
  if (isIdentity(block))
    return true;
  auto mul = dyn_cast<MulOp>(block.front());
  return mul && mul->getNextNode() == block.getTerminator() &&
         llvm::all_of(mul->getOperands(), [](Value operand) {
           return isa<BlockArgument>(operand);
         });
}

bool canMergeSums(KernelOp inner, KernelOp outer) {
  // Partitions of a sum to computed places are there on purpose.
  if (!isSum(inner) || !isSum(outer) || findScatteredUpdate(inner) ||
      inner->getNumResults() != 1 || !isIdentity(inner.getFinishBlock()) ||
      !isIdentity(outer.getMapBlock()) ||
      kernelResult(outer.getInputs()[0]).kernel != inner)
    return false;
  AccessAttr access = outer.getInputAccess(0);
  if (access.isUnguarded())
    return true;
  // Where the outer guard fails all reads are to be zero, and so must be the
  // product.
  auto fill = dyn_cast<FloatAttr>(access.getFill());
  return fill && fill.getValue().isPosZero() &&
         mapsZeroToZero(inner.getMapBlock()) &&
         llvm::all_of(inner.getInputAccesses().getAsRange<AccessAttr>(),
                      [&](AccessAttr read) {
                        return read.isUnguarded() || read.getFill() == fill;
                      });
}

KernelOp mergeSum(KernelOp inner, KernelOp outer) {
  MLIRContext *context = outer.getContext();
  size_t numParallel = outer.getParallel().size(),
         numOuter = outer.getDomain().size();
  SmallVector<int64_t> reduction(outer.getReduction());
  llvm::append_range(reduction, inner.getReduction());
  KernelBuilder merged(outer.getLoc(), outer.getParallel(), reduction,
                       combinationsOf(outer));
  ArrayRef<int64_t> domain = merged.domain(true);

  // The inner kernel's dimensions as functions of the merged ones: where the
  // outer one reads, then the inner reduction.
  auto shape =
      cast<RankedTensorType>(outer.getInputs()[0].getType()).getShape();
  AccessAttr place = *composeAccess(
      outer.getInputAccess(0),
      reshapeAccess(shape, inner.getParallel(), context), outer.getDomain());
  SmallVector<AffineExpr> dims(place.getMap().getResults());
  for (size_t i = 0; i < inner.getReduction().size(); ++i)
    dims.push_back(getAffineDimExpr(numOuter + i, context));
  IntegerSet guard;
  if (!place.isUnguarded())
    guard = IntegerSet::get(domain.size(), 0, place.getGuard().getConstraints(),
                            place.getGuard().getEqFlags());
  auto whole =
      AccessAttr::get(context, AffineMap::get(domain.size(), 0, dims, context),
                      guard, place.getFill());

  IRMapping mapping;
  for (auto [i, input] : llvm::enumerate(inner.getInputs()))
    mapping.map(
        inner.getMapBlock().getArgument(i),
        merged.read(input,
                    *composeAccess(whole, inner.getInputAccess(i), domain),
                    true));
  auto sum =
      merged.combine(cloneScalars(inner.getMapBlock(), merged.mapBuilder(),
                                  mapping, dims, domain),
                     combiningLocation(inner));
  mapping.map(outer.getFinishBlock().getArgument(0), sum[0]);
  for (auto [i, input] : llvm::enumerate(outer.getFinishInputs()))
    mapping.map(outer.getFinishBlock().getArgument(1 + i),
                merged.read(input, outer.getFinishAccess(i), false));
  auto results =
      cloneScalars(outer.getFinishBlock(), merged.finishBuilder(), mapping,
                   dimExprs(numParallel, context), merged.domain(false));
  OpBuilder builder(outer);
  KernelOp op =
      merged.build(builder, results, llvm::to_vector(outer->getResultTypes()));
  Value read = outer.getInputs()[0];
  outer->replaceAllUsesWith(op);
  outer.erase();
  while (auto reshape = read.getDefiningOp<ReshapeOp>()) {
    read = reshape.getOperand();
    reshape.erase();
  }
  inner.erase();
  return op;
}

//===----------------------------------------------------------------------===//
// Siblings
//===----------------------------------------------------------------------===//

static AccessAttr accessTo(KernelOp kernel, Value value) {
  bool map = !kernel.isElementwise();
  for (auto [i, input] :
       llvm::enumerate(map ? kernel.getInputs() : kernel.getFinishInputs()))
    if (input == value)
      return map ? kernel.getInputAccess(i) : kernel.getFinishAccess(i);
  return {};
}

bool canJoin(KernelOp first, KernelOp second, Value shared) {
  AccessAttr access = accessTo(first, shared);
  if (first.getParallel() != second.getParallel() ||
      first.getReduction() != second.getReduction() || !access ||
      isWhole(access))
    return false;
  int64_t points = 1;
  for (int64_t extent : first.getDomain())
    points *= extent;
  return cast<RankedTensorType>(shared.getType()).getNumElements() >= points &&
         access == accessTo(second, shared) && !dependsOn(second, first) &&
         !dependsOn(first, second);
}

bool canJoinSums(KernelOp first, KernelOp second, KernelOp reader) {
  auto sums = [](KernelOp kernel) {
    return !kernel.isElementwise() &&
           llvm::all_of(kernel.getCombiners().getAsRange<CombinerAttr>(),
                        [](CombinerAttr combiner) {
                          return combiner.getValue() == Combiner::sum;
                        });
  };
  return sums(first) && sums(second) &&
         first.getParallel() == second.getParallel() &&
         first.getReduction() == second.getReduction() &&
         canAbsorb(first, reader) && canAbsorb(second, reader) &&
         !dependsOn(second, first) && !dependsOn(first, second);
}

KernelOp joinSiblings(KernelOp first, KernelOp second) {
  SmallVector<Combination> combinations = combinationsOf(first);
  llvm::append_range(combinations, combinationsOf(second));
  KernelBuilder joined(second.getLoc(), first.getParallel(),
                       first.getReduction(), combinations);
  SmallVector<Value> combined;
  if (!first.isElementwise()) {
    SmallVector<Value> mapped;
    for (KernelOp kernel : {first, second}) {
      IRMapping mapping;
      for (auto [i, input] : llvm::enumerate(kernel.getInputs()))
        mapping.map(kernel.getMapBlock().getArgument(i),
                    joined.read(input, kernel.getInputAccess(i), true));
      auto dims = dimExprs(joined.domain(true).size(), first.getContext());
      llvm::append_range(mapped,
                         cloneScalars(kernel.getMapBlock(), joined.mapBuilder(),
                                      mapping, dims, joined.domain(true)));
    }
    combined = joined.combine(mapped);
  }
  SmallVector<Value> values;
  SmallVector<Type> types;
  ArrayRef<Value> rest = combined;
  for (KernelOp kernel : {first, second}) {
    IRMapping mapping;
    unsigned numCombined = kernel.getNumCombined();
    for (unsigned i = 0; i < numCombined; ++i)
      mapping.map(kernel.getFinishBlock().getArgument(i), rest[i]);
    rest = rest.drop_front(numCombined);
    for (auto [i, input] : llvm::enumerate(kernel.getFinishInputs()))
      mapping.map(kernel.getFinishBlock().getArgument(numCombined + i),
                  joined.read(input, kernel.getFinishAccess(i), false));
    auto dims = dimExprs(joined.domain(false).size(), first.getContext());
    llvm::append_range(values, cloneScalars(kernel.getFinishBlock(),
                                            joined.finishBuilder(), mapping,
                                            dims, joined.domain(false)));
    llvm::append_range(types, kernel->getResultTypes());
  }
  OpBuilder builder(second);
  KernelOp op = joined.build(builder, values, types);
  first->replaceAllUsesWith(
      op->getResults().take_front(first->getNumResults()));
  second->replaceAllUsesWith(
      op->getResults().drop_front(first->getNumResults()));
  first.erase();
  second.erase();
  return op;
}

} // namespace descent
