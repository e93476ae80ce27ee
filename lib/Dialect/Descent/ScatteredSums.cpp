// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See ScatteredSums.h.

#include "descent/Dialect/Descent/ScatteredSums.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace descent;

/// Whether a value of the map block differs along a dimension.
static bool depends(KernelOp kernel, Value value, unsigned dim) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    AccessAttr access = kernel.getInputAccess(argument.getArgNumber());
    if (isWhole(access))
      return false;
    if (access.getMap().isFunctionOfDim(dim))
      return true;
    IntegerSet guard = access.getGuard();
    return guard && llvm::any_of(guard.getConstraints(), [&](AffineExpr expr) {
             return expr.isFunctionOfDim(dim);
           });
  }
  Operation *op = value.getDefiningOp();
  if (auto index = dyn_cast<IndexOp>(op))
    return index.getMap().isFunctionOfDim(dim);
  if (auto inBounds = dyn_cast<InBoundsOp>(op))
    return llvm::any_of(
        inBounds.getSet().getConstraints(),
        [&](AffineExpr expr) { return expr.isFunctionOfDim(dim); });
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    return depends(kernel, operand, dim);
  });
}

/// The operation that gives the place, and what a condition compares with it.
static std::optional<ScatteredUpdate> findPlace(KernelOp kernel,
                                                Value condition) {
  auto compare = condition.getDefiningOp<CompareOp>();
  if (!compare || compare.getPredicate() != Predicate::eq)
    return std::nullopt;
  for (auto [number, at] : {std::pair(compare.getLhs(), compare.getRhs()),
                            std::pair(compare.getRhs(), compare.getLhs())}) {
    auto place = number.getDefiningOp<IndexOp>();
    auto dim =
        place ? dyn_cast<AffineDimExpr>(place.getMap().getResult(0)) : nullptr;
    if (dim && dim.getPosition() < kernel.getParallel().size())
      return ScatteredUpdate{dim.getPosition(), place, at, {}, {}};
  }
  return std::nullopt;
}

std::optional<ScatteredUpdate> descent::findScatteredUpdate(KernelOp kernel) {
  if (kernel.getCombiners().size() != 1 ||
      kernel.getCombiner(0) != Combiner::sum)
    return std::nullopt;
  // One of the conditions says where; the others, that it counts.
  Value update = kernel.getMapBlock().getTerminator()->getOperand(0);
  SmallVector<Value, 2> conditions;
  while (auto select = update.getDefiningOp<SelectOp>()) {
    if (!matchPattern(select.getOnFalse(), m_PosZeroFloat()) &&
        !matchPattern(select.getOnFalse(), m_Zero()))
      break;
    conditions.push_back(select.getCondition());
    update = select.getOnTrue();
  }
  for (Value condition : conditions) {
    std::optional<ScatteredUpdate> found = findPlace(kernel, condition);
    if (!found)
      continue;
    found->update = update;
    llvm::copy_if(conditions, std::back_inserter(found->conditions),
                  [&](Value other) { return other != condition; });
    SmallVector<Value, 2> values(found->conditions);
    values.append({found->at, update});
    if (llvm::none_of(values, [&](Value value) {
          return depends(kernel, value, found->dim);
        }))
      return found;
  }
  return std::nullopt;
}

uint64_t descent::countMapPoints(KernelOp kernel) {
  uint64_t points = 1;
  for (int64_t extent : kernel.getDomain())
    points *= extent;
  if (std::optional<ScatteredUpdate> update = findScatteredUpdate(kernel))
    points /= kernel.getParallel()[update->dim];
  return points;
}
