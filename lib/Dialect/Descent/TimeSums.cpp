// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums over the iterations of a scan; see TimeSums.h.

#include "TimeSums.h"
#include "descent/Dialect/Descent/Batching.h"
#include "descent/Dialect/Descent/Math.h"

using namespace mlir;

namespace descent {

/// Whether a view gives sums for sums: no element but zero comes from nowhere.
static bool isLinear(ViewOpInterface view) {
  AccessAttr access = view.getAccess();
  if (!access.getGuard())
    return true;
  auto fill = dyn_cast_or_null<FloatAttr>(Attribute(access.getFill()));
  return fill && fill.getValue().isZero();
}

bool TimeSums::changes(Value value) {
  DenseSet<Value> arguments = parts.arguments(), captures;
  for (const ScanParts::Input &capture : parts.captures)
    captures.insert(capture.argument);
  Cone cone(value, arguments);
  return llvm::any_of(cone.values, [&](Value part) {
    return !captures.contains(part) &&
           (isa<BlockArgument>(part) || arguments.contains(part));
  });
}

bool TimeSums::isAddedUp(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || parts.arguments().contains(value) || !changes(value))
    return true;
  if (isa<ContractOp, ReduceSumOp>(op) &&
      !llvm::all_of(op->getOperands(), [&](Value operand) {
        return canStack(operand, parts.count);
      }))
    return true;
  if (auto contract = dyn_cast<ContractOp>(op)) // one factor has no stack
    return !changes(contract.getLhs()) || !changes(contract.getRhs());
  if (auto view = dyn_cast<ViewOpInterface>(op))
    return !isLinear(view);
  return !isa<AddOp, NegOp, ReduceSumOp>(op);
}

TimeSums::Sum TimeSums::sumOfSum(AddOp op) {
  SmallVector<Value> addedUp;
  SmallVector<Sum> terms;
  for (Value operand : op.getOperands())
    if (isAddedUp(operand))
      addedUp.push_back(operand);
    else
      terms.push_back(sumOf(operand));
  if (addedUp.size() == 1)
    terms.push_back(addUp(addedUp[0]));
  else if (!addedUp.empty())
    terms.push_back(
        addUp(inBody.create<AddOp>(op.getLoc(), op.getType(), addedUp)));
  return [=](OpBuilder &b, ScanOp scan) -> Value {
    SmallVector<Value> values;
    for (const Sum &term : terms)
      values.push_back(term(b, scan));
    return values.size() == 1
               ? values[0]
               : b.create<AddOp>(scan.getLoc(), values[0].getType(), values);
  };
}

TimeSums::Sum TimeSums::sumOf(Value value) {
  if (isAddedUp(value))
    return addUp(value);
  Operation *op = value.getDefiningOp();
  if (auto add = dyn_cast<AddOp>(op))
    return sumOfSum(add);
  if (auto contract = dyn_cast<ContractOp>(op))
    return sumOfProduct(contract);
  if (auto reduce = dyn_cast<ReduceSumOp>(op)) {
    Sum stack = stackOf(reduce.getOperand());
    SmallVector<int64_t> dims{0};
    for (int64_t dim : reduce.getDims())
      dims.push_back(dim + 1);
    return [=](OpBuilder &b, ScanOp scan) -> Value {
      return b.create<ReduceSumOp>(scan.getLoc(), stack(b, scan), dims);
    };
  }
  return sumOfRearranged(op);
}

TimeSums::Sum TimeSums::sumOfProduct(ContractOp op) {
  Sum lhs = stackOf(op.getLhs()), rhs = stackOf(op.getRhs());
  int64_t time = 0;
  for (ArrayRef<int64_t> labels : {op.getLhsLabels(), op.getRhsLabels()})
    for (int64_t label : labels)
      time = std::max(time, label + 1);
  auto withTime = [&](ArrayRef<int64_t> labels) {
    SmallVector<int64_t> result{time};
    llvm::append_range(result, labels);
    return result;
  };
  return [lhs, rhs, lhsLabels = withTime(op.getLhsLabels()),
          rhsLabels = withTime(op.getRhsLabels()),
          resultLabels = SmallVector<int64_t>(op.getResultLabels())](
             OpBuilder &b, ScanOp scan) -> Value {
    Value left = lhs(b, scan), right = rhs(b, scan);
    return b.create<ContractOp>(scan.getLoc(), left, lhsLabels, right,
                                rhsLabels, resultLabels);
  };
}

TimeSums::Sum TimeSums::sumOfRearranged(Operation *op) {
  Sum sum = sumOf(op->getOperand(0));
  return [=](OpBuilder &b, ScanOp scan) -> Value {
    Value operand = sum(b, scan);
    Operation *copy = b.clone(*op);
    copy->setOperand(0, operand);
    return copy->getResult(0);
  };
}

TimeSums::Sum TimeSums::addUp(Value value) {
  Location loc = value.getLoc();
  Value sum = parts.source->addArgument(value.getType(), loc);
  Value next =
      inBody.create<AddOp>(loc, value.getType(), ValueRange{sum, value});
  size_t index = parts.carries.size();
  parts.carries.push_back({Value(), sum, next});
  return [=](OpBuilder &, ScanOp scan) { return scan.getFinals()[index]; };
}

TimeSums::Sum TimeSums::stackOf(Value value) {
  auto findSequence = [this](Value value) -> Value {
    for (const ScanParts::Input &input : parts.sequences)
      if (input.argument == value)
        return input.operand;
    return {};
  };
  Operation *op = value.getDefiningOp();
  if (findSequence(value) || willBeSequence(value)) {
    needed.push_back(value);
    return [=](OpBuilder &, ScanOp) { return findSequence(value); };
  }
  if (op && isa<ViewOpInterface>(op) && canBatch(op)) {
    Sum operand = stackOf(op->getOperand(0));
    int64_t count = parts.count;
    return [=](OpBuilder &b, ScanOp scan) {
      return batchOperation(b, op, operand(b, scan), {true}, count)[0];
    };
  }
  auto place = llvm::find(parts.stacked, value);
  size_t index = place - parts.stacked.begin();
  if (place == parts.stacked.end())
    parts.stacked.push_back(value);
  return [=](OpBuilder &, ScanOp scan) { return scan.getStacked()[index]; };
}

} // namespace descent
