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

/// Checks what a part reads of other parts.
static LogicalResult verifyPart(RowGroupOp group, KernelOp part) {
  if (!fitsRows(part, group.getRows()))
    return part.emitOpError("is no part of a group over rows [")
           << group.getRows()
           << "]: expected these as its leading parallel dimensions, and no "
              "others if it reduces";
  for (OpOperand &operand : part->getOpOperands()) {
    Value source = lookThroughReshapes(operand.get());
    if (isa<BlockArgument>(source))
      continue;
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
  if (getParts().empty())
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
