// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernel operation: its verifier, which states all that later stages rely
// on, and its cost.

#include "descent/Dialect/Descent/ViewAlgebra.h"

using namespace mlir;
using namespace descent;

SmallVector<int64_t> KernelOp::getDomain() {
  SmallVector<int64_t> domain(getParallel());
  llvm::append_range(domain, getReduction());
  return domain;
}

unsigned KernelOp::getNumCombined() {
  unsigned count = 0;
  for (auto combiner : getCombiners().getAsRange<CombinerAttr>())
    count += combiner.getValue() == Combiner::max_index ? 2 : 1;
  return count;
}

/// Checks that an access fits a tensor: where the guard holds, no index may
/// leave it. Guards are not interpreted beyond bounding each index by its own
/// constraints, which is how views make them.
static LogicalResult verifyAccess(KernelOp op, AccessAttr access,
                                  RankedTensorType type,
                                  ArrayRef<int64_t> domain) {
  AffineMap map = access.getMap();
  if (map.getNumDims() != domain.size() ||
      map.getNumResults() != static_cast<unsigned>(type.getRank()))
    return op.emitOpError("access ")
           << access << " does not map " << domain.size()
           << " dimensions to the rank of " << type;
  if (!access.isUnguarded())
    return access.getFill() &&
                   access.getFill().getType() == type.getElementType()
               ? success()
               : LogicalResult(op.emitOpError("expected a fill of type ")
                               << type.getElementType() << " in " << access);
  for (auto [i, expr] : llvm::enumerate(map.getResults())) {
    Bounds bounds = boundsOf(expr, domain);
    if (bounds.low < 0 || bounds.high >= type.getDimSize(i))
      return op.emitOpError("access ")
             << access << " reaches index " << bounds.low << " to "
             << bounds.high << " in dimension " << i << " of " << type;
  }
  return success();
}

static LogicalResult verifyBlock(KernelOp op, StringRef name, Block &block,
                                 ArrayRef<Type> arguments,
                                 ArrayRef<Type> yields) {
  if (TypeRange(block.getArgumentTypes()) != TypeRange(arguments))
    return op.emitOpError("expected ")
           << arguments.size() << " arguments of the read elements' types in '"
           << name << "'";
  auto yield =
      dyn_cast_or_null<YieldOp>(block.empty() ? nullptr : &block.back());
  if (!yield || TypeRange(yield.getOperandTypes()) != TypeRange(yields))
    return op.emitOpError("expected '")
           << name << "' to yield " << yields.size()
           << " scalars of the right types";
  for (Operation &inner : block)
    if (!isa<DescentDialect>(inner.getDialect()) ||
        llvm::any_of(inner.getResultTypes(),
                     [](Type t) { return isa<ShapedType>(t); }))
      return inner.emitOpError(
          "is not a scalar operation of the descent dialect");
  return success();
}

LogicalResult KernelOp::verify() {
  MLIRContext *context = getContext();
  Type f32 = Float32Type::get(context), i32 = IntegerType::get(context, 32);
  auto domain = getDomain();
  if (llvm::any_of(domain, [](int64_t extent) { return extent < 1; }))
    return emitOpError("expected positive extents");
  if (getReduction().empty() != getCombiners().empty())
    return emitOpError(
        "expected combiners if and only if there are reduction dimensions");
  if (getReduction().empty() && !getInputs().empty())
    return emitOpError("expected no map inputs without reduction dimensions");
  if (getInputs().size() != getInputAccesses().size() ||
      getFinishInputs().size() != getFinishAccesses().size())
    return emitOpError("expected one access an input");

  SmallVector<Type> mapArguments, mapYields(getCombiners().size(), f32),
      finishArguments, finishYields;
  for (auto [i, input] : llvm::enumerate(getInputs())) {
    auto type = cast<RankedTensorType>(input.getType());
    mapArguments.push_back(type.getElementType());
    if (failed(verifyAccess(*this, getInputAccess(i), type, domain)))
      return failure();
  }
  for (auto combiner : getCombiners().getAsRange<CombinerAttr>()) {
    finishArguments.push_back(f32);
    if (combiner.getValue() == Combiner::max_index)
      finishArguments.push_back(i32);
  }
  for (auto [i, input] : llvm::enumerate(getFinishInputs())) {
    auto type = cast<RankedTensorType>(input.getType());
    finishArguments.push_back(type.getElementType());
    if (failed(verifyAccess(*this, getFinishAccess(i), type, getParallel())))
      return failure();
  }
  int64_t points = 1;
  for (int64_t extent : getParallel())
    points *= extent;
  for (Type result : getResultTypes()) {
    auto type = cast<RankedTensorType>(result);
    if (type.getNumElements() != points)
      return emitOpError("expected results of ")
             << points << " elements, got " << type;
    finishYields.push_back(type.getElementType());
  }
  if (failed(verifyBlock(*this, "map", getMapBlock(), mapArguments, mapYields)))
    return failure();
  return verifyBlock(*this, "finish", getFinishBlock(), finishArguments,
                     finishYields);
}

uint64_t KernelOp::getFlops() {
  auto cost = [](Block &block) {
    uint64_t flops = 0;
    for (auto op : block.getOps<CostOpInterface>())
      flops += op.getFlops();
    return flops;
  };
  uint64_t points = 1, reduced = 1;
  for (int64_t extent : getParallel())
    points *= extent;
  for (int64_t extent : getReduction())
    reduced *= extent;
  return points * (reduced * (cost(getMapBlock()) + getCombiners().size()) +
                   cost(getFinishBlock()));
}
