// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Brings kernels into the normal form of IterationSpace.h: linearizes accesses,
// then splits and collapses dimensions.

#include "descent/Codegen/IterationSpace.h"

using namespace mlir;

namespace descent::codegen {

namespace {

class Normalizer {
public:
  explicit Normalizer(IterationSpace &space)
      : space(space), context(space.kernel.getContext()) {}

  void run() {
    dropUnitDims();
    while (splitOneDim()) {
    }
    for (unsigned dim = 0; dim + 1 < space.extents.size();)
      if (dim + 1 == space.numParallel || !collapseWithNext(dim))
        ++dim;
  }

private:
  IterationSpace &space;
  MLIRContext *context;

  /// Calls `visit` with every expression of the space.
  void forEachExpr(function_ref<void(AffineExpr &)> visit) {
    auto visitGuard = [&](Guard &guard) {
      for (AffineExpr &expr : guard.constraints)
        visit(expr);
    };
    for (auto *reads : {&space.mapReads, &space.finishReads})
      for (ElementRead &read : *reads) {
        visit(read.index);
        visitGuard(read.guard);
      }
    visit(space.resultIndex);
    visit(space.reductionIndex);
    // The order of a map does not matter: every expression is treated alike.
    for (auto &entry : space.bodyExprs)
      visitGuard(entry.second);
  }

  /// Replaces the dimensions by expressions over the dimensions of `extents`.
  void substitute(ArrayRef<AffineExpr> dims, ArrayRef<int64_t> extents) {
    forEachExpr([&](AffineExpr &expr) {
      expr = simplifyExpr(expr.replaceDims(dims), extents);
    });
    space.extents.assign(extents.begin(), extents.end());
  }

  void dropUnitDims() {
    SmallVector<AffineExpr> dims;
    SmallVector<int64_t> extents;
    unsigned numParallel = 0;
    for (auto [i, extent] : llvm::enumerate(space.extents)) {
      if (extent == 1) {
        dims.push_back(getAffineConstantExpr(0, context));
        continue;
      }
      dims.push_back(getAffineDimExpr(extents.size(), context));
      extents.push_back(extent);
      numParallel += i < space.numParallel;
    }
    substitute(dims, extents);
    space.numParallel = numParallel;
  }

  /// Splits a dimension of which some expression takes a digit.
  bool splitOneDim() {
    std::optional<std::pair<unsigned, int64_t>> found;
    forEachExpr([&](AffineExpr &expr) {
      expr.walk([&](AffineExpr part) {
        if (part.getKind() != AffineExprKind::FloorDiv &&
            part.getKind() != AffineExprKind::Mod)
          return;
        auto binary = cast<AffineBinaryOpExpr>(part);
        auto dim = dyn_cast<AffineDimExpr>(binary.getLHS());
        int64_t divisor = cast<AffineConstantExpr>(binary.getRHS()).getValue();
        if (!dim || space.extents[dim.getPosition()] % divisor != 0)
          return;
        // The choice must not depend on the order of visits.
        std::pair<unsigned, int64_t> candidate(dim.getPosition(), divisor);
        if (!found || candidate < *found)
          found = candidate;
      });
    });
    if (!found)
      return false;
    auto [position, divisor] = *found;
    SmallVector<AffineExpr> dims;
    for (unsigned i = 0; i < space.extents.size(); ++i)
      dims.push_back(getAffineDimExpr(i + (i > position), context));
    dims[position] =
        dims[position] * divisor + getAffineDimExpr(position + 1, context);
    SmallVector<int64_t> extents = space.extents;
    extents[position] /= divisor;
    extents.insert(extents.begin() + position + 1, divisor);
    space.numParallel += position < space.numParallel;
    substitute(dims, extents);
    return true;
  }

  /// Makes dimensions `dim` and `dim + 1` one if every expression is a function
  /// of their row-major index.
  bool collapseWithNext(unsigned dim) {
    int64_t inner = space.extents[dim + 1];
    SmallVector<int64_t> extents = space.extents;
    extents[dim] *= inner;
    extents.erase(extents.begin() + dim + 1);
    SmallVector<AffineExpr> digits, whole;
    for (unsigned i = 0; i < space.extents.size(); ++i)
      digits.push_back(getAffineDimExpr(i - (i > dim), context));
    whole = digits;
    AffineExpr joined = digits[dim];
    digits[dim] = joined.floorDiv(inner);
    digits[dim + 1] = joined % inner;
    whole[dim] = getAffineConstantExpr(0, context);
    whole[dim + 1] = joined;

    bool possible = true;
    forEachExpr([&](AffineExpr &expr) {
      possible = possible && simplifyExpr(expr.replaceDims(digits), extents) ==
                                 simplifyExpr(expr.replaceDims(whole), extents);
    });
    if (!possible)
      return false;
    space.numParallel -= dim < space.numParallel;
    substitute(whole, extents);
    return true;
  }
};

} // namespace

/// The guard of an integer set, which may be null.
static Guard guardOf(IntegerSet set) {
  Guard guard;
  if (set) {
    llvm::append_range(guard.constraints, set.getConstraints());
    llvm::append_range(guard.equalities, set.getEqFlags());
  }
  return guard;
}

const ElementRead &IterationSpace::getWhole(LoadOp load) const {
  auto argument = cast<BlockArgument>(load.getTensor());
  if (argument.getOwner() == &kernel.getMapBlock())
    return mapReads[argument.getArgNumber()];
  return finishReads[argument.getArgNumber() - kernel.getNumCombined()];
}

IterationSpace buildIterationSpace(schedule::KernelOp op, unsigned part) {
  IterationSpace space;
  KernelOp kernel = op.getParts()[part];
  unsigned firstResult = op.getFirstResult(part);
  MLIRContext *context = op.getContext();
  space.kernel = kernel;
  space.extents = kernel.getDomain();
  space.numParallel = kernel.getParallel().size();
  space.bindingLengths = op.getBindingLengths();

  auto reference = [](schedule::OperandAttr operand, Type type) {
    auto tensor = cast<RankedTensorType>(type);
    return TensorRef{unsigned(operand.getBinding()),
                     operand.getOffset(),
                     tensor.getNumElements(),
                     tensor.getElementType(),
                     operand.getStride(),
                     operand.getAlternating()};
  };
  auto read = [&](Value tensor, AccessAttr access) {
    auto type = cast<RankedTensorType>(tensor.getType());
    auto argument = cast<BlockArgument>(tensor);
    TensorRef place = reference(op.getRead(argument.getArgNumber()), type);
    if (isWhole(access))
      return ElementRead{place,
                         llvm::to_vector(type.getShape()),
                         getAffineConstantExpr(0, context),
                         {},
                         {}};
    return ElementRead{
        place, std::nullopt,
        joinIndices(access.getMap().getResults(), type.getShape(), context),
        guardOf(access.getGuard()), access.getFill()};
  };
  for (auto [i, input] : llvm::enumerate(kernel.getInputs()))
    space.mapReads.push_back(read(input, kernel.getInputAccess(i)));
  for (auto [i, input] : llvm::enumerate(kernel.getFinishInputs()))
    space.finishReads.push_back(read(input, kernel.getFinishAccess(i)));
  for (auto [i, result] : llvm::enumerate(kernel.getResults()))
    space.results.push_back(
        reference(op.getWrite(firstResult + i), result.getType()));

  SmallVector<AffineExpr> dims;
  for (unsigned i = 0; i < space.extents.size(); ++i)
    dims.push_back(getAffineDimExpr(i, context));
  space.resultIndex = joinIndices(ArrayRef(dims).take_front(space.numParallel),
                                  kernel.getParallel(), context);
  space.reductionIndex =
      joinIndices(ArrayRef(dims).drop_front(space.numParallel),
                  kernel.getReduction(), context);
  for (Block *block : {&kernel.getMapBlock(), &kernel.getFinishBlock()})
    for (Operation &inner : *block) {
      if (auto index = dyn_cast<IndexOp>(inner))
        space.bodyExprs[&inner].constraints =
            llvm::to_vector(index.getMap().getResults());
      if (auto inBounds = dyn_cast<InBoundsOp>(inner))
        space.bodyExprs[&inner] = guardOf(inBounds.getSet());
    }

  Normalizer(space).run();
  return space;
}

} // namespace descent::codegen
