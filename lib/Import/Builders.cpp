// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of builders, and what builders ask of one use of an op.

#include "Builders.h"

using namespace mlir;

namespace descent::import {

const BuilderTable &BuilderTable::get() {
  static const BuilderTable table = [] {
    BuilderTable result;
    addElementwiseBuilders(result);
    addReductionBuilders(result);
    addProductBuilders(result);
    addConvolutionBuilders(result);
    addViewBuilders(result);
    addPaddingBuilders(result);
    addIndexingBuilders(result);
    addSourceBuilders(result);
    addCompositeBuilders(result);
    addControlFlowBuilders(result);
    addOptimizerBuilders(result);
    return result;
  }();
  return table;
}

SmallVector<int64_t> Use::list(StringRef name) const {
  if (!attributes().has(name))
    return {};
  const model::AttrValue &value = attributes().get(name);
  if (auto *number = std::get_if<int64_t>(&value))
    return {*number};
  if (auto *numbers = std::get_if<std::vector<int64_t>>(&value))
    return SmallVector<int64_t>(ArrayRef<int64_t>(*numbers));
  return {};
}

SmallVector<int64_t> Use::list(StringRef name, size_t count) const {
  SmallVector<int64_t> result = list(name);
  if (result.size() == 1)
    result.resize(count, result.front());
  assert(result.size() == count && "the model's checker sees to lengths");
  return result;
}

int64_t Use::axis(StringRef name, int64_t rank) const {
  int64_t axis = attributes().integer(name);
  return axis < 0 ? axis + rank : axis;
}

SmallVector<int64_t> Use::axes(StringRef name, int64_t rank) const {
  SmallVector<int64_t> result = list(name);
  for (int64_t &axis : result)
    axis = axis < 0 ? axis + rank : axis;
  llvm::sort(result);
  return result;
}

Value Use::maskRows(Value value, int batchAxis, double fill) const {
  if (batchAxis < 0)
    return value;
  ArrayRef<int64_t> shape = shapeOf(value);
  Value row = b.create<IotaOp>(loc, tensorType(shape, b.getI32Type()),
                               b.getI64IntegerAttr(batchAxis));
  Value valid = scope.control(loc, ControlWord::valid);
  Value counts = b.create<CompareOp>(loc, Predicate::lt, row,
                                     broadcastScalar(b, loc, valid, shape));
  return b.create<SelectOp>(loc, counts, value,
                            constant(value.getType(), fill));
}

InFlightDiagnostic Use::error() const {
  scope.fail();
  return emitError(loc);
}

} // namespace descent::import
