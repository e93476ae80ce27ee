// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See ScatteredSum.h.

#include "descent/Codegen/ScatteredSum.h"
#include "descent/Dialect/Descent/ScatteredSums.h"

using namespace mlir;

namespace descent::codegen {

/// With fewer places the comparisons are as cheap as memory.
static constexpr int64_t kFewPlaces = 16;

namespace {

class Finder {
public:
  explicit Finder(const IterationSpace &space) : space(space) {}

  std::optional<ScatteredSum> run() {
    if (space.writesInLoops || space.results.size() != 1)
      return std::nullopt;
    std::optional<ScatteredUpdate> update = findScatteredUpdate(space.kernel);
    if (!update)
      return std::nullopt;
    auto dim = dyn_cast<AffineDimExpr>(
        space.bodyExprs.at(update->place).constraints.front());
    if (!dim || space.extents[dim.getPosition()] <= kFewPlaces)
      return std::nullopt;
    ScatteredSum sum;
    sum.dim = dim.getPosition();
    sum.at = update->at;
    sum.update = update->update;
    sum.conditions = update->conditions;
    const TensorRef &result = space.results.front();
    if (!isWord(result.elementType) || !findInitial(sum.initial) ||
        !findStride(sum))
      return std::nullopt;
    sum.continues = sum.initial == result;
    return sum;
  }

private:
  const IterationSpace &space;

  static bool isWord(Type type) { return type.isF32() || type.isInteger(32); }

  /// Whether the finish is the sum, or that plus an element of the tensor that
  /// `initial` is set to, read where the sum is written.
  bool findInitial(std::optional<TensorRef> &initial) {
    Block &finish = space.kernel.getFinishBlock();
    Operation *yield = finish.getTerminator();
    Value sum = finish.getArgument(0), value = yield->getOperand(0);
    if (yield->getNumOperands() != 1)
      return false;
    if (value == sum)
      return true;
    auto add = value.getDefiningOp<AddOp>();
    if (!add || add.getNumOperands() != 2 ||
        !llvm::is_contained(add.getOperands(), sum))
      return false;
    auto other = dyn_cast<BlockArgument>(
        add.getOperand(add.getOperand(0) == sum ? 1 : 0));
    if (!other || other == sum)
      return false;
    const ElementRead &read = space.finishReads[other.getArgNumber() - 1];
    if (read.whole || read.rowValue || !read.guard.empty() ||
        read.index != space.resultIndex)
      return false;
    initial = read.tensor;
    return true;
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
