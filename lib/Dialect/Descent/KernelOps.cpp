// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernel operation: its verifier, which states all that later stages rely
// on, and its cost; the verifier of its loads.

#include "descent/Dialect/Descent/ScatteredSums.h"
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
  if (isWhole(access))
    return success();
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

/// The block argument of an input: an element, or the tensor itself.
static Type argumentType(AccessAttr access, RankedTensorType type) {
  return isWhole(access) ? Type(type) : type.getElementType();
}

/// The types of the values that a map yields, as far as combiners allow them.
static FailureOr<SmallVector<Type>> verifyCombined(KernelOp op) {
  SmallVector<Type> types;
  if (op.getMapBlock().empty() || !isa<YieldOp>(op.getMapBlock().back()) ||
      op.getMapBlock().back().getNumOperands() != op.getCombiners().size())
    return op.emitOpError("expected 'map' to yield ")
           << op.getCombiners().size() << " scalars, one a combiner";
  for (Type type : op.getMapBlock().back().getOperandTypes()) {
    if (!type.isF32() && !type.isF64() && !type.isSignlessInteger(32) &&
        !type.isUnsignedInteger(32))
      return op.emitOpError("combines f32, f64, i32 and ui32 only, got ")
             << type;
    types.push_back(type);
  }
  return types;
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
  for (BlockArgument argument : block.getArguments())
    if (isa<RankedTensorType>(argument.getType()))
      for (OpOperand &use : argument.getUses())
        if (!isa<LoadOp>(use.getOwner()))
          return use.getOwner()->emitOpError(
              "uses a tensor that is read whole; only descent.load may");
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
  Type i32 = IntegerType::get(context, 32);
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

  FailureOr<SmallVector<Type>> combined = verifyCombined(*this);
  if (failed(combined))
    return failure();
  SmallVector<Type> mapArguments, finishArguments, finishYields;
  for (auto [i, input] : llvm::enumerate(getInputs())) {
    auto type = cast<RankedTensorType>(input.getType());
    mapArguments.push_back(argumentType(getInputAccess(i), type));
    if (failed(verifyAccess(*this, getInputAccess(i), type, domain)))
      return failure();
  }
  for (auto [combiner, type] :
       llvm::zip(getCombiners().getAsRange<CombinerAttr>(), *combined)) {
    finishArguments.push_back(type);
    if (combiner.getValue() == Combiner::max_index)
      finishArguments.push_back(i32);
  }
  for (auto [i, input] : llvm::enumerate(getFinishInputs())) {
    auto type = cast<RankedTensorType>(input.getType());
    finishArguments.push_back(argumentType(getFinishAccess(i), type));
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
  if (failed(verifyBlock(*this, "map", getMapBlock(), mapArguments, *combined)))
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
  uint64_t results = 1;
  for (int64_t extent : getParallel())
    results *= extent;
  return countMapPoints(*this) * (cost(getMapBlock()) + getCombiners().size()) +
         results * cost(getFinishBlock());
}

LogicalResult LoadOp::verify() {
  auto type = cast<RankedTensorType>(getTensor().getType());
  auto argument = dyn_cast<BlockArgument>(getTensor());
  if (!argument || argument.getOwner() != (*this)->getBlock())
    return emitOpError("expected a tensor that the kernel reads whole");
  if (getIndices().size() != static_cast<size_t>(type.getRank()))
    return emitOpError("expected one index a dimension of ")
           << type << ", got " << getIndices().size();
  if (getType() != type.getElementType())
    return emitOpError("expected a result of type ")
           << type.getElementType() << ", got " << getType();
  return success();
}
