// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Recognizes loop nests that make an online softmax; see OnlineSoftmax.h.

#include "OnlineSoftmax.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace descent::codegen {

namespace {

/// What a value of a map is as a function of the weight exp(score - maximum).
enum class Degree {
  /// Does not depend on it.
  none,
  /// Proportional to it; or so, and divided by the sum of the weights.
  linear,
  normalized,
  /// Anything else.
  other
};

class Finder {
public:
  Finder(const IterationSpace &maximum, const IterationSpace &sum,
         const IterationSpace &weighted)
      : found{&maximum, &sum, &weighted, 0, {}, {}, {}, {}} {}

  std::optional<OnlineSoftmax> run() {
    if (!isMaximum() || !isSum() || !isWeighted())
      return std::nullopt;
    return found;
  }

private:
  OnlineSoftmax found;
  /// The values of the weighted sums' map by what they are.
  llvm::DenseMap<Value, Degree> degrees;

  static bool isIdentity(Block &block) {
    return block.getNumArguments() == 1 && llvm::hasSingleElement(block) &&
           block.getTerminator()->getOperands() ==
               ValueRange(block.getArguments());
  }

  /// The argument of a map that is the score: a value computed in place, where
  /// the maximum's is.
  std::optional<unsigned> findScore(const IterationSpace &space) const {
    for (auto [i, read] : llvm::enumerate(space.mapReads))
      if (read.inner && pointOf(space, i) == pointOf(*found.maximum, 0) &&
          space.kernel.getInputs()[i] == found.maximum->kernel.getInputs()[0])
        return i;
    return std::nullopt;
  }

  /// Where a map reads, over the rows and the reduction in this order.
  static SmallVector<AffineExpr> pointOf(const IterationSpace &space,
                                         unsigned input) {
    KernelOp kernel = space.kernel;
    MLIRContext *context = kernel.getContext();
    unsigned numParallel = kernel.getParallel().size(),
             numColumns = space.numColumns;
    SmallVector<AffineExpr> dims, point;
    for (unsigned i = 0; i < kernel.getDomain().size(); ++i) {
      unsigned place = i < numParallel - numColumns ? i
                       : i < numParallel ? i + kernel.getReduction().size()
                                         : i - numColumns;
      dims.push_back(getAffineDimExpr(place, context));
    }
    for (AffineExpr expr : kernel.getInputAccess(input).getMap().getResults())
      point.push_back(expr.replaceDims(dims));
    return point;
  }

  /// The argument of a map that is the result of an earlier loop nest.
  static std::optional<unsigned> findRowValue(const IterationSpace &space,
                                              const IterationSpace &source) {
    for (auto [i, read] : llvm::enumerate(space.mapReads))
      if (read.rowValue == source.firstRowValue)
        return i;
    return std::nullopt;
  }

  bool isMaximum() {
    KernelOp kernel = found.maximum->kernel;
    return found.maximum->mapReads.size() == 1 &&
           found.maximum->mapReads[0].inner &&
           kernel.getCombiners().size() == 1 &&
           kernel.getCombiner(0) == Combiner::max &&
           isIdentity(kernel.getMapBlock()) &&
           isIdentity(kernel.getFinishBlock());
  }

  /// Whether an operation is exp(score - maximum) in the map of a loop nest.
  bool isWeight(ExpOp exp, const IterationSpace &space) const {
    auto sub = exp.getOperand().getDefiningOp<SubOp>();
    std::optional<unsigned> score = findScore(space),
                            maximum = findRowValue(space, *found.maximum);
    Block &map = space.kernel.getMapBlock();
    return sub && score && maximum && sub.getLhs() == map.getArgument(*score) &&
           sub.getRhs() == map.getArgument(*maximum);
  }

  bool isSum() {
    KernelOp kernel = found.sum->kernel;
    if (found.sum->mapReads.size() != 2 || kernel.getCombiners().size() != 1 ||
        kernel.getCombiner(0) != Combiner::sum ||
        kernel.getReduction() != found.maximum->kernel.getReduction() ||
        !isIdentity(kernel.getFinishBlock()))
      return false;
    auto exp = kernel.getMapBlock()
                   .getTerminator()
                   ->getOperand(0)
                   .getDefiningOp<ExpOp>();
    found.summedExponential = exp;
    return exp && isWeight(exp, *found.sum);
  }

  bool isWeighted() {
    KernelOp kernel = found.weighted->kernel;
    std::optional<unsigned> score = findScore(*found.weighted);
    if (!score || kernel.isElementwise() ||
        kernel.getReduction() != found.maximum->kernel.getReduction() ||
        found.weighted->reduction() != found.maximum->reduction() ||
        found.sum->reduction() != found.maximum->reduction())
      return false;
    found.score = *score;
    for (auto combiner : kernel.getCombiners().getAsRange<CombinerAttr>())
      if (combiner.getValue() != Combiner::sum)
        return false;
    Block &map = kernel.getMapBlock();
    // Maximum and sum are only allowed where the weight is made of them.
    for (auto [argument, read] :
         llvm::zip_equal(map.getArguments(), found.weighted->mapReads))
      degrees[argument] =
          read.rowValue && (*read.rowValue == found.maximum->firstRowValue ||
                            *read.rowValue == found.sum->firstRowValue)
              ? Degree::other
              : Degree::none;
    for (Operation &op : map.without_terminator())
      for (Value result : op.getResults())
        degrees[result] = degreeOf(op);
    if (!found.exponential)
      return false;
    for (Value yielded : map.getTerminator()->getOperands()) {
      Degree degree = degrees.lookup(yielded);
      if (degree != Degree::linear && degree != Degree::normalized)
        return false;
      found.isDivided.push_back(degree == Degree::normalized);
    }
    return true;
  }

  Degree degreeOf(Operation &op) {
    if (auto exp = dyn_cast<ExpOp>(op);
        exp && !found.exponential && isWeight(exp, *found.weighted)) {
      found.exponential = exp;
      return Degree::linear;
    }
    auto of = [&](Value value) { return degrees.lookup(value); };
    if (llvm::all_of(op.getOperands(),
                     [&](Value value) { return of(value) == Degree::none; }))
      return Degree::none;
    if (auto mul = dyn_cast<MulOp>(op)) {
      if (of(mul.getLhs()) == Degree::none)
        return of(mul.getRhs());
      return of(mul.getRhs()) == Degree::none ? of(mul.getLhs())
                                              : Degree::other;
    }
    if (auto div = dyn_cast<DivOp>(op)) {
      if (of(div.getRhs()) == Degree::none)
        return of(div.getLhs());
      std::optional<unsigned> sum = findRowValue(*found.weighted, *found.sum);
      if (sum && of(div.getLhs()) == Degree::linear &&
          div.getRhs() ==
              found.weighted->kernel.getMapBlock().getArgument(*sum)) {
        found.divisions.insert(div);
        return Degree::normalized;
      }
      return Degree::other;
    }
    if (auto select = dyn_cast<SelectOp>(op)) {
      Degree a = of(select->getOperand(1)), b = of(select->getOperand(2));
      if (of(select->getOperand(0)) != Degree::none)
        return Degree::other;
      if (a == b)
        return a;
      auto isZero = [](Value value) {
        return matchPattern(value, m_AnyZeroFloat());
      };
      if (isZero(select->getOperand(1)))
        return b;
      return isZero(select->getOperand(2)) ? a : Degree::other;
    }
    return Degree::other;
  }
};

} // namespace

std::optional<OnlineSoftmax>
OnlineSoftmax::find(ArrayRef<IterationSpace> spaces, unsigned first) {
  if (first + count > spaces.size())
    return std::nullopt;
  return Finder(spaces[first], spaces[first + 1], spaces[first + 2]).run();
}

} // namespace descent::codegen
