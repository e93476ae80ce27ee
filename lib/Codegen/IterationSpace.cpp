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
      for (unsigned dim = space.numParallel; dim + 1 < space.firstUnrolled();)
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
    auto visitReads = [&](SmallVector<ElementRead, 0> &reads) {
      for (ElementRead &read : reads) {
        visit(read.index);
        visitGuard(read.guard);
      }
    };
    visitReads(space.mapReads);
    visitReads(space.finishReads);
    for (InnerSum &sum : space.inner) {
      visitReads(sum.mapReads);
      visitReads(sum.finishReads);
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
      if (extent == 1 && i < space.firstUnrolled()) {
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
        if (!dim || dim.getPosition() >= space.firstUnrolled() ||
            space.extents[dim.getPosition()] % divisor != 0)
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

bool IterationSpace::dependsOn(const InnerSum &sum, unsigned dim) const {
  unsigned own = firstDimOf(sum);
  if (dim >= own && dim < own + sum.count)
    return false;
  auto uses = [&](const Guard &guard) {
    return llvm::any_of(guard.constraints, [&](AffineExpr expr) {
      return expr.isFunctionOfDim(dim);
    });
  };
  auto reads = [&](const ElementRead &read) {
    return read.index.isFunctionOfDim(dim) || uses(read.guard);
  };
  if (llvm::any_of(sum.mapReads, reads) || llvm::any_of(sum.finishReads, reads))
    return true;
  for (Block *block : {&sum.kernel.getMapBlock(), &sum.kernel.getFinishBlock()})
    for (Operation &op : *block)
      if (auto exprs = bodyExprs.find(&op);
          exprs != bodyExprs.end() && uses(exprs->second))
        return true;
  return false;
}

int64_t IterationSpace::unrolledSteps() const {
  int64_t steps = ShapedType::getNumElements(columns());
  for (const InnerSum &sum : inner)
    steps += ShapedType::getNumElements(extentsOf(sum));
  return steps;
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

namespace {

/// Builds the space of a kernel, not yet normalized.
class SpaceBuilder {
public:
  SpaceBuilder(schedule::KernelOp op, const GroupValues &group)
      : op(op), context(op.getContext()), group(group) {}

  /// `rows` are the leading dimensions that are the rows of its group, or all
  /// parallel ones.
  IterationSpace build(KernelOp kernel, ArrayRef<int64_t> rows) {
    space.kernel = kernel;
    space.extents = kernel.getDomain();
    space.numParallel = rows.size();
    space.writesInLoops =
        kernel.isElementwise() && rows.size() != kernel.getParallel().size();
    space.bindingLengths = op.getBindingLengths();
    unsigned numParallel = kernel.getParallel().size();
    space.numColumns = space.numUnrolled = countColumns(kernel, rows);
    // Columns stand behind the reduction.
    for (unsigned i = 0; i < space.extents.size(); ++i)
      dims.push_back(getAffineDimExpr(i, context));
    if (space.numColumns != 0) {
      std::rotate(dims.begin() + rows.size(), dims.end() - space.numColumns,
                  dims.end());
      std::rotate(space.extents.begin() + rows.size(),
                  space.extents.begin() + numParallel, space.extents.end());
    }

    ArrayRef<AffineExpr> all = dims;
    for (auto [i, input] : llvm::enumerate(kernel.getInputs()))
      space.mapReads.push_back(read(input, kernel.getInputAccess(i), all));
    for (auto [i, input] : llvm::enumerate(kernel.getFinishInputs()))
      space.finishReads.push_back(
          read(input, kernel.getFinishAccess(i), all.take_front(numParallel)));
    for (OpResult result : kernel->getResults())
      if (auto place = group.written.find(result);
          place != group.written.end()) {
        space.stored.push_back(result.getResultNumber());
        space.results.push_back(reference(place->second, result.getType()));
      }
    space.resultIndex =
        joinIndices(all.take_front(numParallel), kernel.getParallel(), context);
    space.reductionIndex = joinIndices(all.drop_front(numParallel),
                                       kernel.getReduction(), context);
    addBodyExprs(kernel, all);
    return std::move(space);
  }

private:
  schedule::KernelOp op;
  MLIRContext *context;
  const GroupValues &group;
  IterationSpace space;
  /// The kernel's dimensions in the space.
  SmallVector<AffineExpr> dims;

  /// A read by an access over dimensions that are `dims` in the space.
  ElementRead read(Value tensor, AccessAttr access, ArrayRef<AffineExpr> dims) {
    auto type = cast<RankedTensorType>(tensor.getType());
    ElementRead read;
    read.tensor = {};
    read.index = getAffineConstantExpr(0, context);
    Value source = lookThroughReshapes(tensor);
    if (auto argument = dyn_cast<BlockArgument>(source)) {
      // The body of a group takes what the group does.
      if (auto parent =
              dyn_cast<RowGroupOp>(argument.getOwner()->getParentOp()))
        argument =
            cast<BlockArgument>(parent->getOperand(argument.getArgNumber()));
      read.tensor = reference(op.getRead(argument.getArgNumber()), type);
    } else if (auto kernel = source.getDefiningOp<KernelOp>();
               isComputedInPlace(kernel)) {
      addInner(kernel, access, type.getShape(), dims);
      read.inner = space.inner.size() - 1;
      return read;
    } else {
      read.rowValue = group.rowValues.at(source);
    }
    if (isWhole(access)) {
      read.whole = llvm::to_vector(type.getShape());
      return read;
    }
    read.index =
        joinIndices(access.getMap().getResults(), type.getShape(), context)
            .replaceDims(dims);
    read.guard = guardOf(access.getGuard());
    for (AffineExpr &constraint : read.guard.constraints)
      constraint = constraint.replaceDims(dims);
    read.fill = access.getFill();
    return read;
  }

  /// Adds a sum that is read by `access` to a tensor of that shape.
  void addInner(KernelOp kernel, AccessAttr access, ArrayRef<int64_t> shape,
                ArrayRef<AffineExpr> dims) {
    InnerSum sum;
    sum.kernel = kernel;
    sum.firstUnrolled = space.numUnrolled;
    sum.count = kernel.getReduction().size();
    // The element's index is that of the sum's point.
    AffineExpr index = joinIndices(access.getMap().getResults(), shape, context)
                           .replaceDims(dims);
    SmallVector<AffineExpr> point = splitIndex(index, kernel.getParallel());
    unsigned numParallel = point.size();
    for (unsigned i = 0; i < sum.count; ++i)
      point.push_back(getAffineDimExpr(space.extents.size() + i, context));
    llvm::append_range(space.extents, kernel.getReduction());
    space.numUnrolled += sum.count;
    for (auto [i, input] : llvm::enumerate(kernel.getInputs()))
      sum.mapReads.push_back(read(input, kernel.getInputAccess(i), point));
    for (auto [i, input] : llvm::enumerate(kernel.getFinishInputs()))
      sum.finishReads.push_back(read(input, kernel.getFinishAccess(i),
                                     ArrayRef(point).take_front(numParallel)));
    addBodyExprs(kernel, point);
    space.inner.push_back(std::move(sum));
  }

  /// The affine operations of a kernel's blocks, whose dimensions are `dims` in
  /// the space.
  void addBodyExprs(KernelOp kernel, ArrayRef<AffineExpr> dims) {
    for (Block *block : {&kernel.getMapBlock(), &kernel.getFinishBlock()})
      for (Operation &inner : *block) {
        Guard exprs;
        if (auto index = dyn_cast<IndexOp>(inner))
          exprs.constraints = llvm::to_vector(index.getMap().getResults());
        else if (auto inBounds = dyn_cast<InBoundsOp>(inner))
          exprs = guardOf(inBounds.getSet());
        else
          continue;
        for (AffineExpr &expr : exprs.constraints)
          expr = expr.replaceDims(dims);
        space.bodyExprs[&inner] = exprs;
      }
  }
};

} // namespace

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
        SpaceBuilder(op, values).build(kernel, kernel.getParallel()));
  } else {
    auto group = cast<RowGroupOp>(body);
    for (auto [i, value] : llvm::enumerate(group.getReturned()))
      values.written[value] = op.getWrite(firstResult + i);
    for (KernelOp part : getLoopNests(group)) {
      parts.push_back(SpaceBuilder(op, values).build(part, group.getRows()));
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
