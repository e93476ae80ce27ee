// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Brings kernels into the normal form of IterationSpace.h: linearizes accesses,
// then splits and collapses dimensions.

#include "descent/Codegen/IterationSpace.h"
#include "descent/Dialect/Descent/RowGroups.h"

using namespace mlir;

namespace descent::codegen {

namespace {

/// Normalizes the parts of a kernel together: their parallel dimensions are the
/// same and stay so.
class Normalizer {
public:
  explicit Normalizer(MutableArrayRef<IterationSpace> parts)
      : parts(parts), context(parts.front().kernel.getContext()) {}

  void run() {
    for (IterationSpace &space : parts)
      dropUnitDims(space);
    while (splitOneDim()) {
    }
    for (unsigned dim = 0; dim + 1 < parts.front().numParallel;)
      if (!collapseWithNext(parts, dim))
        ++dim;
    for (IterationSpace &space : parts)
      for (unsigned dim = space.numParallel; dim + 1 < space.extents.size();)
        if (!collapseWithNext(space, dim))
          ++dim;
  }

private:
  MutableArrayRef<IterationSpace> parts;
  MLIRContext *context;

  /// Calls `visit` with every expression of the space.
  static void forEachExpr(IterationSpace &space,
                          function_ref<void(AffineExpr &)> visit) {
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
  static void substitute(IterationSpace &space, ArrayRef<AffineExpr> dims,
                         ArrayRef<int64_t> extents) {
    forEachExpr(space, [&](AffineExpr &expr) {
      expr = simplifyExpr(expr.replaceDims(dims), extents);
    });
    space.extents.assign(extents.begin(), extents.end());
  }

  void dropUnitDims(IterationSpace &space) {
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
    substitute(space, dims, extents);
    space.numParallel = numParallel;
  }

  /// Splits a dimension of which some expression takes a digit; one of the rows
  /// in all parts.
  bool splitOneDim() {
    for (IterationSpace &space : parts) {
      auto found = findDigit(space);
      if (!found)
        continue;
      auto [position, divisor] = *found;
      bool isRow = position < space.numParallel;
      for (IterationSpace &other :
           isRow ? parts : MutableArrayRef<IterationSpace>(space))
        split(other, position, divisor);
      return true;
    }
    return false;
  }

  static std::optional<std::pair<unsigned, int64_t>>
  findDigit(IterationSpace &space) {
    std::optional<std::pair<unsigned, int64_t>> found;
    forEachExpr(space, [&](AffineExpr &expr) {
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
    return found;
  }

  void split(IterationSpace &space, unsigned position, int64_t divisor) {
    SmallVector<AffineExpr> dims;
    for (unsigned i = 0; i < space.extents.size(); ++i)
      dims.push_back(getAffineDimExpr(i + (i > position), context));
    dims[position] =
        dims[position] * divisor + getAffineDimExpr(position + 1, context);
    SmallVector<int64_t> extents = space.extents;
    extents[position] /= divisor;
    extents.insert(extents.begin() + position + 1, divisor);
    space.numParallel += position < space.numParallel;
    substitute(space, dims, extents);
  }

  /// Makes dimensions `dim` and `dim + 1` one in all of `spaces` if every
  /// expression is a function of their row-major index.
  bool collapseWithNext(MutableArrayRef<IterationSpace> spaces, unsigned dim) {
    SmallVector<SmallVector<AffineExpr>> joined;
    SmallVector<SmallVector<int64_t>> joinedExtents;
    for (IterationSpace &space : spaces) {
      int64_t inner = space.extents[dim + 1];
      SmallVector<int64_t> extents = space.extents;
      extents[dim] *= inner;
      extents.erase(extents.begin() + dim + 1);
      SmallVector<AffineExpr> digits, whole;
      for (unsigned i = 0; i < space.extents.size(); ++i)
        digits.push_back(getAffineDimExpr(i - (i > dim), context));
      whole = digits;
      AffineExpr both = digits[dim];
      digits[dim] = both.floorDiv(inner);
      digits[dim + 1] = both % inner;
      whole[dim] = getAffineConstantExpr(0, context);
      whole[dim + 1] = both;
      bool possible = true;
      forEachExpr(space, [&](AffineExpr &expr) {
        possible =
            possible && simplifyExpr(expr.replaceDims(digits), extents) ==
                            simplifyExpr(expr.replaceDims(whole), extents);
      });
      if (!possible)
        return false;
      joined.push_back(whole);
      joinedExtents.push_back(extents);
    }
    for (auto [space, whole, extents] :
         llvm::zip(spaces, joined, joinedExtents)) {
      space.numParallel -= dim < space.numParallel;
      substitute(space, whole, extents);
    }
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

/// Where the values of a row group come from and go to.
namespace {
struct GroupValues {
  /// By result of a part, the binding where it is written.
  llvm::DenseMap<Value, schedule::OperandAttr> written;
  /// By result of a part, its number as a row value.
  llvm::DenseMap<Value, unsigned> rowValues;
};
} // namespace

static TensorRef reference(schedule::OperandAttr operand, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return TensorRef{unsigned(operand.getBinding()),
                   operand.getOffset(),
                   tensor.getNumElements(),
                   tensor.getElementType(),
                   operand.getStride(),
                   operand.getAlternating()};
}

/// The space of a kernel, not yet normalized; `rows` are the leading dimensions
/// that are the rows of its group, or all parallel ones.
static IterationSpace buildSpace(schedule::KernelOp op, KernelOp kernel,
                                 unsigned rows, const GroupValues &group) {
  IterationSpace space;
  MLIRContext *context = op.getContext();
  space.kernel = kernel;
  space.extents = kernel.getDomain();
  space.numParallel = rows;
  space.writesInLoops =
      kernel.isElementwise() && rows != kernel.getParallel().size();
  space.bindingLengths = op.getBindingLengths();

  auto read = [&](Value tensor, AccessAttr access) {
    auto type = cast<RankedTensorType>(tensor.getType());
    ElementRead read;
    Value source = lookThroughReshapes(tensor);
    if (auto argument = dyn_cast<BlockArgument>(source)) {
      // The body of a group takes what the group does.
      if (auto parent =
              dyn_cast<RowGroupOp>(argument.getOwner()->getParentOp()))
        argument =
            cast<BlockArgument>(parent->getOperand(argument.getArgNumber()));
      read.tensor = reference(op.getRead(argument.getArgNumber()), type);
    } else {
      read.tensor = {};
      read.rowValue = group.rowValues.at(source);
    }
    read.index = getAffineConstantExpr(0, context);
    if (isWhole(access)) {
      read.whole = llvm::to_vector(type.getShape());
      return read;
    }
    read.index =
        joinIndices(access.getMap().getResults(), type.getShape(), context);
    read.guard = guardOf(access.getGuard());
    read.fill = access.getFill();
    return read;
  };
  for (auto [i, input] : llvm::enumerate(kernel.getInputs()))
    space.mapReads.push_back(read(input, kernel.getInputAccess(i)));
  for (auto [i, input] : llvm::enumerate(kernel.getFinishInputs()))
    space.finishReads.push_back(read(input, kernel.getFinishAccess(i)));
  for (OpResult result : kernel->getResults())
    if (auto place = group.written.find(result); place != group.written.end()) {
      space.stored.push_back(result.getResultNumber());
      space.results.push_back(reference(place->second, result.getType()));
    }

  SmallVector<AffineExpr> dims;
  for (unsigned i = 0; i < space.extents.size(); ++i)
    dims.push_back(getAffineDimExpr(i, context));
  unsigned numParallel = kernel.getParallel().size();
  space.resultIndex = joinIndices(ArrayRef(dims).take_front(numParallel),
                                  kernel.getParallel(), context);
  space.reductionIndex = joinIndices(ArrayRef(dims).drop_front(numParallel),
                                     kernel.getReduction(), context);
  for (Block *block : {&kernel.getMapBlock(), &kernel.getFinishBlock()})
    for (Operation &inner : *block) {
      if (auto index = dyn_cast<IndexOp>(inner))
        space.bodyExprs[&inner].constraints =
            llvm::to_vector(index.getMap().getResults());
      if (auto inBounds = dyn_cast<InBoundsOp>(inner))
        space.bodyExprs[&inner] = guardOf(inBounds.getSet());
    }
  return space;
}

SmallVector<IterationSpace, 0> buildIterationSpaces(schedule::KernelOp op,
                                                    unsigned part) {
  SmallVector<IterationSpace, 0> parts;
  GroupValues values;
  Operation *body = op.getParts()[part];
  unsigned firstResult = op.getFirstResult(part);
  if (auto kernel = dyn_cast<KernelOp>(body)) {
    for (OpResult result : kernel->getResults())
      values.written[result] =
          op.getWrite(firstResult + result.getResultNumber());
    parts.push_back(
        buildSpace(op, kernel, kernel.getParallel().size(), values));
  } else {
    auto group = cast<RowGroupOp>(body);
    for (auto [i, value] : llvm::enumerate(group.getReturned()))
      values.written[value] = op.getWrite(firstResult + i);
    for (KernelOp part : group.getParts()) {
      parts.push_back(buildSpace(op, part, group.getRows().size(), values));
      // A part that reduces may have dimensions of extent 1 behind its rows.
      parts.back().firstRowValue = values.rowValues.size();
      for (OpResult result : part->getResults())
        values.rowValues.try_emplace(result, values.rowValues.size());
    }
  }
  Normalizer(parts).run();
  return parts;
}

IterationSpace buildIterationSpace(schedule::KernelOp op, unsigned part) {
  return std::move(buildIterationSpaces(op, part).front());
}

} // namespace descent::codegen
