// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See ScatteredSum.h.

#include "descent/Codegen/ScatteredSum.h"
#include "descent/Codegen/ElementTypes.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace descent::codegen {

/// With fewer places the comparisons are as cheap as memory.
static constexpr int64_t kFewPlaces = 16;

namespace {

class Finder {
public:
  explicit Finder(const IterationSpace &space) : space(space) {}

  std::optional<ScatteredSum> run() {
    KernelOp kernel = space.kernel;
    if (space.writesInLoops || kernel.isElementwise() ||
        kernel.getCombiners().size() != 1 ||
        kernel.getCombiner(0) != Combiner::sum || !storesTheSum())
      return std::nullopt;
    Value value = kernel.getMapBlock().getTerminator()->getOperand(0);
    // One of the conditions says where; the others, that it counts.
    SmallVector<Value> conditions;
    while (auto select = value.getDefiningOp<SelectOp>()) {
      if (!matchPattern(select.getOnFalse(), m_AnyZeroFloat()) &&
          !matchPattern(select.getOnFalse(), m_Zero()))
        break;
      conditions.push_back(select.getCondition());
      value = select.getOnTrue();
    }
    for (Value condition : conditions)
      if (std::optional<ScatteredSum> sum = place(condition)) {
        sum->update = value;
        for (Value other : conditions)
          if (other != condition)
            sum->conditions.push_back(other);
        bool isFree = !depends(sum->at, sum->dim) && !depends(value, sum->dim);
        for (Value other : sum->conditions)
          isFree = isFree && !depends(other, sum->dim);
        if (isFree && findStride(*sum) &&
            space.extents[sum->dim] > kFewPlaces)
          return sum;
      }
    return std::nullopt;
  }

private:
  const IterationSpace &space;

  /// The sum itself is the only result, and words of memory hold it.
  bool storesTheSum() {
    KernelOp kernel = space.kernel;
    Block &finish = kernel.getFinishBlock();
    Operation *yield = finish.getTerminator();
    if (space.results.size() != 1 || yield->getNumOperands() != 1 ||
        yield->getOperand(0) != finish.getArgument(0))
      return false;
    Type type = space.results.front().elementType;
    return (type.isF32() || type.isInteger(32)) &&
           storageType(type) == registerType(type);
  }

  /// The sum with its dimension and place, if a condition compares that.
  std::optional<ScatteredSum> place(Value condition) {
    auto compare = condition.getDefiningOp<CompareOp>();
    if (!compare || compare.getPredicate() != Predicate::eq ||
        !compare.getLhs().getType().isInteger(32))
      return std::nullopt;
    for (bool swap : {false, true}) {
      Value number = swap ? compare.getLhs() : compare.getRhs(),
            at = swap ? compare.getRhs() : compare.getLhs();
      auto exprs = space.bodyExprs.find(number.getDefiningOp());
      if (!number.getDefiningOp<IndexOp>() || exprs == space.bodyExprs.end())
        continue;
      auto dim = dyn_cast<AffineDimExpr>(exprs->second.constraints.front());
      if (!dim || dim.getPosition() >= space.numParallel)
        continue;
      ScatteredSum sum;
      sum.dim = dim.getPosition();
      sum.at = at;
      return sum;
    }
    return std::nullopt;
  }

  static bool depends(const Guard &guard, unsigned dim) {
    return llvm::any_of(guard.constraints, [&](AffineExpr expr) {
      return expr.isFunctionOfDim(dim);
    });
  }

  /// Whether a value of the map block differs along a dimension.
  bool depends(Value value, unsigned dim) const {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      const ElementRead &read = space.mapReads[argument.getArgNumber()];
      return !read.whole && (read.rowValue || read.index.isFunctionOfDim(dim) ||
                             depends(read.guard, dim));
    }
    Operation *op = value.getDefiningOp();
    if (auto exprs = space.bodyExprs.find(op); exprs != space.bodyExprs.end())
      return depends(exprs->second, dim);
    return llvm::any_of(op->getOperands(), [&](Value operand) {
      return depends(operand, dim);
    });
  }

  bool findStride(ScatteredSum &sum) const {
    AffineExpr rest = space.resultIndex;
    sum.stride = 0;
    auto addTerm = [&](AffineExpr term) {
      if (!term.isFunctionOfDim(sum.dim))
        return true;
      int64_t factor = 1;
      if (term.getKind() == AffineExprKind::Mul) {
        auto product = cast<AffineBinaryOpExpr>(term);
        auto constant = dyn_cast<AffineConstantExpr>(product.getRHS());
        if (!constant)
          return false;
        factor = constant.getValue();
        term = product.getLHS();
      }
      sum.stride += factor;
      return isa<AffineDimExpr>(term);
    };
    while (rest.getKind() == AffineExprKind::Add) {
      auto both = cast<AffineBinaryOpExpr>(rest);
      if (!addTerm(both.getRHS()))
        return false;
      rest = both.getLHS();
    }
    return addTerm(rest) && sum.stride > 0;
  }
};

} // namespace

std::optional<ScatteredSum> ScatteredSum::find(const IterationSpace &space) {
  return Finder(space).run();
}

std::optional<ScatteredSum> ScatteredSum::find(const IterationSpace &space,
                                               ArrayRef<int64_t> tile) {
  // Most kernels are told apart by the sizes alone.
  for (auto [extent, size] : llvm::zip(space.parallel(), tile))
    if (extent == size && extent > kFewPlaces)
      if (std::optional<ScatteredSum> sum = find(space))
        if (tile[sum->dim] == space.extents[sum->dim])
          return sum;
  return std::nullopt;
}

} // namespace descent::codegen
