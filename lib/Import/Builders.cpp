// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of builders, and the means that losses and metrics are made of.

#include "Builders.h"

using namespace mlir;

namespace descent::import {

const BuilderTable &BuilderTable::get() {
  static const BuilderTable table = [] {
    BuilderTable result;
    addElementwiseBuilders(result);
    addShapeBuilders(result);
    addProductBuilders(result);
    addPoolingBuilders(result);
    addLossBuilders(result);
    addMetricBuilders(result);
    addOptimizerBuilders(result);
    return result;
  }();
  return table;
}

Value Use::parameter(StringRef role) const {
  for (auto [parameter, value] : llvm::zip_equal(node.parameters, parameters))
    if (parameter.role == role)
      return value;
  return {};
}

ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

int batchAxisOf(const Use &use) {
  for (const model::TensorType *type : use.operandTypes)
    if (type->batchAxis >= 0)
      return type->batchAxis;
  return -1;
}

Value Mean::value(OpBuilder &b, Location loc) const {
  return b.create<DivOp>(loc, total, count);
}

/// `values` with zeros in the rows that do not count.
static Value maskRows(OpBuilder &b, Location loc, Value values, Value valid,
                      int batchAxis) {
  ArrayRef<int64_t> shape = shapeOf(values);
  auto indices = tensorType(shape, b.getI32Type());
  Value row = b.create<IotaOp>(loc, indices, b.getI64IntegerAttr(batchAxis));
  Value counts = b.create<CompareOp>(loc, Predicate::lt, row,
                                     broadcastScalar(b, loc, valid, shape));
  Value zero = constantLike(b, loc, values.getType(), 0);
  return b.create<SelectOp>(loc, counts, values, zero);
}

Mean meanOf(OpBuilder &b, Location loc, Value values, int batchAxis) {
  ArrayRef<int64_t> shape = shapeOf(values);
  auto scalar = tensorType({}, b.getF32Type());
  int64_t rowSize = countElements(values.getType());
  Value count;
  if (batchAxis >= 0) {
    rowSize /= shape[batchAxis];
    Value valid = b.create<ControlOp>(loc, tensorType({}, b.getI32Type()),
                                      ControlWord::valid);
    values = maskRows(b, loc, values, valid, batchAxis);
    count = b.create<CastOp>(loc, scalar, valid);
  } else {
    count = constantLike(b, loc, scalar, 1);
  }
  Value total = values;
  if (!shape.empty())
    total = b.create<ReduceSumOp>(
        loc, values, dimsExcept(shape.size(), ArrayRef<int64_t>()));
  if (rowSize > 1)
    total = b.create<MulOp>(loc, total,
                            constantLike(b, loc, scalar, 1.0 / rowSize));
  return {total, count};
}

} // namespace descent::import
