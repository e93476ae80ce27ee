// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Long reductions with few results in two kernels; see Passes.td.

#include "KernelBlocks.h"
#include "KernelBuilder.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "descent/Transforms/Passes.h"

namespace descent {
#define GEN_PASS_DEF_SPLITREDUCTIONSPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;
using namespace descent;

namespace {

struct SplitReductionsPass
    : descent::impl::SplitReductionsPassBase<SplitReductionsPass> {
  using SplitReductionsPassBase::SplitReductionsPassBase;

  void runOnOperation() override {
    SmallVector<KernelOp> kernels;
    for (Block *block : getKernelBlocks(getOperation()))
      llvm::append_range(kernels, block->getOps<KernelOp>());
    for (KernelOp kernel : kernels)
      if (auto chunks = chooseChunks(kernel); !chunks.empty())
        split(kernel, chunks);
  }

  /// Into how many chunks each reduction dimension is cut, outermost first;
  /// empty if the kernel stays whole.
  SmallVector<int64_t> chooseChunks(KernelOp kernel) {
    int64_t points = ShapedType::getNumElements(kernel.getParallel()),
            length = ShapedType::getNumElements(kernel.getReduction());
    if (kernel.isElementwise() || (points >= minPoints && length <= maxLength))
      return {};
    bool inOrder = llvm::any_of(combinationsOf(kernel), isMaxIndex);
    // The chunks of a point are combined by one loop, and lie in memory.
    int64_t most = std::min<int64_t>(maxLength, maxTensorBytes / 8 / points);
    SmallVector<int64_t> chunks;
    int64_t total = 1;
    for (auto [i, extent] : llvm::enumerate(kernel.getReduction())) {
      int64_t wanted =
          std::min((minPoints + points * total - 1) / (points * total),
                   length / (total * minLength));
      int64_t count = 1;
      // Chunks of what is not cut up would not be in row-major order.
      bool cuttable =
          !inOrder || i == 0 || chunks.back() == kernel.getReduction()[i - 1];
      for (int64_t divisor = 2; cuttable && divisor <= extent; ++divisor)
        if (extent % divisor == 0 &&
            (divisor <= wanted ||
             (length / (total * count) > maxLength && total * divisor <= most)))
          count = divisor;
        else if (divisor > std::max(wanted, most))
          break;
      // Where no divisor serves, the last chunk is shorter.
      if (int64_t least = llvm::divideCeil(length, total * int64_t(maxLength));
          cuttable && least > count && least <= std::min(extent, most / total))
        count = llvm::divideCeil(extent, llvm::divideCeil(extent, least));
      chunks.push_back(count);
      total *= count;
    }
    return total > 1 ? chunks : SmallVector<int64_t>();
  }

  static TypedAttr zeroOf(Type type) {
    return Builder(type.getContext()).getZeroAttr(type);
  }

  /// What changes nothing that it is combined with.
  static TypedAttr neutralOf(const Combination &each) {
    Builder b(each.type.getContext());
    auto type = dyn_cast<FloatType>(each.type);
    switch (each.combiner) {
    case Combiner::sum:
      return zeroOf(each.type);
    case Combiner::product:
      return type ? TypedAttr(b.getFloatAttr(type, 1))
                  : b.getIntegerAttr(each.type, 1);
    case Combiner::max:
    case Combiner::max_index:
      break;
    }
    if (type)
      return b.getFloatAttr(
          type, APFloat::getInf(type.getFloatSemantics(), /*Negative=*/true));
    unsigned width = each.type.getIntOrFloatBitWidth();
    return b.getIntegerAttr(each.type, each.type.isUnsignedInteger()
                                           ? APInt::getMinValue(width)
                                           : APInt::getSignedMinValue(width));
  }

  static bool isMaxIndex(const Combination &each) {
    return each.combiner == Combiner::max_index;
  }

  void split(KernelOp kernel, ArrayRef<int64_t> chunks) {
    MLIRContext *context = kernel.getContext();
    Location loc = kernel.getLoc();
    SmallVector<Combination> combinations = combinationsOf(kernel);
    unsigned numParallel = kernel.getParallel().size(),
             numCut = llvm::count_if(chunks,
                                     [](int64_t count) { return count > 1; });

    // The chunks: parallel dimensions are the chunk numbers, then the kernel's
    // own; the reduction is over what is left in a chunk. What the last chunk
    // lacks is neither read nor counts.
    SmallVector<int64_t> parallel, rest;
    SmallVector<AffineExpr> inside;
    SmallVector<AffineExpr> dims = dimExprs(numCut + numParallel, context);
    dims.erase(dims.begin(), dims.begin() + numCut);
    for (auto [i, extent, count] :
         llvm::enumerate(kernel.getReduction(), chunks)) {
      rest.push_back(llvm::divideCeil(extent, count));
      AffineExpr inChunk = getAffineDimExpr(numCut + numParallel + i, context);
      dims.push_back(
          count > 1
              ? getAffineDimExpr(parallel.size(), context) * rest[i] + inChunk
              : inChunk);
      if (count > 1)
        parallel.push_back(count);
      if (rest[i] * count > extent)
        inside.push_back(-dims.back() + (extent - 1));
    }
    SmallVector<int64_t> cut(parallel);
    llvm::append_range(parallel, kernel.getParallel());

    KernelBuilder partial(loc, parallel, rest, combinations);
    IRMapping mapping;
    unsigned numDims = dims.size() + numCut;
    IntegerSet guard;
    if (!inside.empty())
      guard = IntegerSet::get(numDims, 0, inside,
                              SmallVector<bool>(inside.size(), false));
    for (auto [i, input] : llvm::enumerate(kernel.getInputs())) {
      AccessAttr inner = kernel.getInputAccess(i);
      TypedAttr fill;
      if (guard)
        fill = isWhole(inner) || inner.isUnguarded()
                   ? zeroOf(getElementTypeOrSelf(input.getType()))
                   : inner.getFill();
      auto outer = AccessAttr::get(
          context, AffineMap::get(numDims, 0, dims, context), guard, fill);
      AccessAttr access = *composeAccess(outer, inner, partial.domain(true));
      mapping.map(kernel.getMapBlock().getArgument(i),
                  partial.read(input, access, true));
    }
    OpBuilder &inMap = partial.mapBuilder();
    SmallVector<Value> values = cloneScalars(
        kernel.getMapBlock(), inMap, mapping, dims, partial.domain(true));
    if (guard) {
      Value counts = inMap.create<InBoundsOp>(loc, inMap.getI1Type(),
                                              IntegerSetAttr::get(guard));
      for (auto [value, each] : llvm::zip_equal(values, combinations)) {
        Value neutral = inMap.create<ConstantOp>(loc, neutralOf(each));
        value = inMap.create<SelectOp>(loc, counts, value, neutral);
      }
    }
    auto sums = partial.combine(values, combiningLocation(kernel));
    OpBuilder builder(kernel);
    SmallVector<Type> types;
    SmallVector<int64_t> chunkShape{ShapedType::getNumElements(cut)};
    llvm::append_range(chunkShape, kernel.getParallel());
    for (const Combination &each : combinations) {
      types.push_back(tensorType(parallel, each.type));
      // The indices are looked up, by the number of the chunk.
      if (isMaxIndex(each))
        types.push_back(tensorType(chunkShape, builder.getI32Type()));
    }
    KernelOp parts = partial.build(builder, sums, types);

    // Their combination, in order, and the finish.
    KernelBuilder final(loc, kernel.getParallel(), cut, combinations);
    SmallVector<AffineExpr> inParts;
    for (unsigned i = 0; i < numCut; ++i)
      inParts.push_back(getAffineDimExpr(numParallel + i, context));
    for (unsigned i = 0; i < numParallel; ++i)
      inParts.push_back(getAffineDimExpr(i, context));
    auto access = simplifyAccess(
        AccessAttr::get(AffineMap::get(inParts.size(), 0, inParts, context)),
        final.domain(true));
    SmallVector<Value> chunkValues, chunkIndices;
    unsigned part = 0;
    for (const Combination &each : combinations) {
      chunkValues.push_back(final.read(parts->getResult(part++), access, true));
      chunkIndices.push_back(isMaxIndex(each) ? parts->getResult(part++)
                                              : Value());
    }
    SmallVector<Value> combinedValues =
        final.combine(chunkValues, combiningLocation(kernel));
    IRMapping finishing;
    unsigned place = 0;
    for (Value indices : chunkIndices) {
      auto argument = [&] {
        return kernel.getFinishBlock().getArgument(place);
      };
      finishing.map(argument(), combinedValues[place]);
      ++place;
      if (!indices)
        continue;
      if (!argument().use_empty())
        finishing.map(argument(),
                      findIndex(final, indices, combinedValues[place],
                                ShapedType::getNumElements(rest), numParallel));
      ++place;
    }
    for (auto [i, input] : llvm::enumerate(kernel.getFinishInputs()))
      finishing.map(
          kernel.getFinishBlock().getArgument(kernel.getNumCombined() + i),
          final.read(input, kernel.getFinishAccess(i), false));
    SmallVector<AffineExpr> same;
    for (unsigned i = 0; i < numParallel; ++i)
      same.push_back(getAffineDimExpr(i, context));
    auto results = cloneScalars(kernel.getFinishBlock(), final.finishBuilder(),
                                finishing, same, final.domain(false));
    KernelOp combined = final.build(builder, results,
                                    llvm::to_vector(kernel->getResultTypes()));
    kernel->replaceAllUsesWith(combined);
    kernel.erase();
  }

  /// The index of the first maximum among all that is reduced: the one that
  /// `indices` has for its chunk, behind the chunks before.
  static Value findIndex(KernelBuilder &final, Value indices, Value chunk,
                         int64_t chunkLength, unsigned numParallel) {
    OpBuilder &b = final.finishBuilder();
    Location loc = indices.getLoc();
    Type i32 = b.getI32Type();
    SmallVector<Value> at{chunk};
    for (unsigned i = 0; i < numParallel; ++i)
      at.push_back(b.create<IndexOp>(
          loc, i32, AffineMap::get(numParallel, 0, b.getAffineDimExpr(i))));
    Value whole =
        final.read(indices, wholeAccess(b.getContext()), /*map=*/false);
    Value inChunk = b.create<LoadOp>(loc, i32, whole, at);
    Value length = b.create<ConstantOp>(loc, b.getI32IntegerAttr(chunkLength));
    Value before = b.create<MulOp>(loc, chunk, length);
    return b.create<AddOp>(loc, i32, ValueRange{before, inChunk});
  }
};

} // namespace
