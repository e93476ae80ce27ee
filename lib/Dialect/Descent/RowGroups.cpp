// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The row group: its verifier, which states all that later stages rely on, and
// its cost.

#include "descent/Dialect/Descent/RowGroups.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"

using namespace mlir;
using namespace descent;

Value descent::lookThroughReshapes(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getOperand();
  return value;
}

int64_t descent::countRowElements(Type type, ArrayRef<int64_t> rows) {
  int64_t elements = countElements(type),
          count = ShapedType::getNumElements(rows);
  return elements % count == 0 ? elements / count : 0;
}

bool descent::fitsRows(KernelOp kernel, ArrayRef<int64_t> rows) {
  ArrayRef<int64_t> parallel = kernel.getParallel();
  return parallel.size() >= rows.size() &&
         parallel.take_front(rows.size()) == rows &&
         (kernel.isElementwise() ||
          ShapedType::getNumElements(parallel.drop_front(rows.size())) == 1);
}

bool descent::isComputedInPlace(KernelOp part) {
  auto group = dyn_cast<RowGroupOp>(part->getParentOp());
  return group && !part.isElementwise() && part->getNumResults() == 1 &&
         countRowElements(part->getResult(0).getType(), group.getRows()) != 1 &&
         !llvm::is_contained(group.getReturned(), part->getResult(0));
}

SmallVector<KernelOp> descent::getLoopNests(RowGroupOp group) {
  SmallVector<KernelOp> nests;
  for (KernelOp part : group.getParts())
    if (!isComputedInPlace(part))
      nests.push_back(part);
  return nests;
}

unsigned descent::countColumns(KernelOp kernel, ArrayRef<int64_t> rows) {
  ArrayRef<int64_t> columns = kernel.getParallel().drop_front(rows.size());
  return kernel.isElementwise() || ShapedType::getNumElements(columns) == 1
             ? 0
             : columns.size();
}

bool descent::canComputeInPlace(KernelOp kernel) {
  if (kernel.isElementwise() || kernel->getNumResults() != 1 ||
      kernel.getCombiners().size() != 1 ||
      kernel.getCombiner(0) != Combiner::sum ||
      !getElementTypeOrSelf(kernel->getResult(0).getType()).isF32())
    return false;
  auto isPlain = [](Attribute access) {
    return !isWhole(cast<AccessAttr>(access));
  };
  return llvm::all_of(kernel.getInputAccesses(), isPlain) &&
         llvm::all_of(kernel.getFinishAccesses(), isPlain);
}

bool descent::readsOwnRow(KernelOp kernel, unsigned operand,
                          ArrayRef<int64_t> rows) {
  unsigned numInputs = kernel.getInputs().size();
  bool map = operand < numInputs;
  AccessAttr access = map ? kernel.getInputAccess(operand)
                          : kernel.getFinishAccess(operand - numInputs);
  auto type = cast<RankedTensorType>(kernel->getOperand(operand).getType());
  int64_t length = countRowElements(type, rows);
  if (isWhole(access) || !access.isUnguarded() || length == 0)
    return false;
  MLIRContext *context = kernel.getContext();
  SmallVector<int64_t> domain =
      map ? kernel.getDomain() : SmallVector<int64_t>(kernel.getParallel());
  SmallVector<AffineExpr> dims;
  for (size_t i = 0; i < rows.size(); ++i)
    dims.push_back(getAffineDimExpr(i, context));
  AffineExpr row = joinIndices(dims, rows, context),
             index = joinIndices(access.getMap().getResults(), type.getShape(),
                                 context);
  // The index in the row, which has to be one.
  Bounds inRow = boundsOf(simplifyExpr(index - row * length, domain), domain);
  return inRow.low >= 0 && inRow.high < length;
}

int64_t RowGroupOp::countRows() {
  return ShapedType::getNumElements(getRows());
}

LogicalResult RowGroupOp::verify() {
  if (llvm::any_of(getRows(), [](int64_t extent) { return extent < 1; }))
    return emitOpError("expected positive extents");
  return success();
}

/// Checks a kernel that is computed where others read it.
static LogicalResult verifyInPlace(KernelOp part) {
  if (!canComputeInPlace(part))
    return part.emitOpError("cannot be computed where it is read: expected one "
                            "sum of f32, and no tensor that is read whole");
  for (Value operand : part->getOperands())
    if (!isa<BlockArgument>(lookThroughReshapes(operand)))
      return part.emitOpError(
          "is computed where it is read, but reads a result "
          "of another part");
  return success();
}

/// Checks a read of a kernel that is computed in place.
static LogicalResult verifyReadInPlace(KernelOp part, OpOperand &operand,
                                       KernelOp source) {
  unsigned number = operand.getOperandNumber();
  if (isComputedInPlace(part) || part.isElementwise() ||
      number >= part.getInputs().size() ||
      !part.getInputAccess(number).isUnguarded() ||
      isWhole(part.getInputAccess(number)))
    return part.emitOpError("reads what is computed in place, as operand ")
           << number
           << ": only the map of a reduction can, one element without a guard";
  for (OpOperand &other : part->getOpOperands().take_front(number))
    if (lookThroughReshapes(other.get()).getDefiningOp() == source)
      return part.emitOpError("reads what is computed in place at two points, "
                              "as operands ")
             << other.getOperandNumber() << " and " << number;
  return success();
}

/// Checks what a part reads of other parts.
static LogicalResult verifyPart(RowGroupOp group, KernelOp part) {
  if (isComputedInPlace(part))
    return verifyInPlace(part);
  ArrayRef<int64_t> rows = group.getRows(), parallel = part.getParallel();
  if (parallel.size() < rows.size() || parallel.take_front(rows.size()) != rows)
    return part.emitOpError("is no part of a group over rows [")
           << rows << "]: expected these as its leading parallel dimensions";
  for (OpOperand &operand : part->getOpOperands()) {
    Value source = lookThroughReshapes(operand.get());
    if (isa<BlockArgument>(source))
      continue;
    if (auto other = source.getDefiningOp<KernelOp>();
        isComputedInPlace(other)) {
      if (failed(verifyReadInPlace(part, operand, other)))
        return failure();
      continue;
    }
    if (countRowElements(source.getType(), group.getRows()) != 1)
      return part.emitOpError("reads a result of another part that has more "
                              "than one element a row: ")
             << source.getType();
    if (!readsOwnRow(part, operand.getOperandNumber(), group.getRows()))
      return part.emitOpError("reads a result of another part in a row that is "
                              "not its own, as operand ")
             << operand.getOperandNumber();
  }
  return success();
}

LogicalResult RowGroupOp::verifyRegions() {
  Block &block = getBlock();
  if (TypeRange(block.getArgumentTypes()) != TypeRange(getOperandTypes()))
    return emitOpError("expected the body's arguments to have the types of the "
                       "operands");
  auto end = dyn_cast<ReturnOp>(block.back());
  if (!end || TypeRange(end.getOperandTypes()) != TypeRange(getResultTypes()))
    return emitOpError("expected the body to return values of the results' "
                       "types");
  for (Operation &op : block.without_terminator())
    if (auto part = dyn_cast<KernelOp>(op)) {
      if (failed(verifyPart(*this, part)))
        return failure();
    } else if (!isa<ReshapeOp>(op)) {
      return op.emitOpError("cannot be in a row group");
    }
  if (getLoopNests(*this).empty())
    return emitOpError("has no part");
  llvm::SmallPtrSet<Value, 8> returned;
  for (Value value : end.getOperands())
    if (!value.getDefiningOp<KernelOp>() || !returned.insert(value).second)
      return emitOpError("expected the body to return results of its parts, "
                         "each once");
  return success();
}

uint64_t RowGroupOp::getFlops() {
  uint64_t flops = 0;
  for (KernelOp part : getParts())
    flops += part.getFlops();
  return flops;
}
