// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads and stores of tensor elements; see TensorAccess.h.

#include "descent/Codegen/TensorAccess.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace descent::codegen {

static constexpr unsigned kWidth = 4;

/// The type that elements have in memory: i1 is kept as i32 0 or 1.
static Type storageType(Type type) {
  return type.isInteger(1) ? IntegerType::get(type.getContext(), 32) : type;
}

Value BindingViews::get(unsigned binding, Type type, unsigned width) {
  Type element = width == 1 ? type : VectorType::get(width, type);
  Value &view = views[{binding, element}];
  if (!view) {
    auto memref = MemRefType::get({lengths[binding] / width}, element);
    view = function.getBody().front().addArgument(memref, function.getLoc());
    bindings.push_back(binding);
  }
  return view;
}

void BindingViews::finish() {
  function.setFunctionType(
      FunctionType::get(function.getContext(),
                        function.getBody().front().getArgumentTypes(), {}));
}

VectorSlot slotOf(AffineExpr index, const TensorRef &tensor) {
  int64_t constant = 0;
  AffineExpr base = index;
  if (auto number = dyn_cast<AffineConstantExpr>(index)) {
    constant = number.getValue();
    base = getAffineConstantExpr(0, index.getContext());
  } else if (index.getKind() == AffineExprKind::Add) {
    auto sum = cast<AffineBinaryOpExpr>(index);
    if (auto number = dyn_cast<AffineConstantExpr>(sum.getRHS())) {
      constant = number.getValue();
      base = sum.getLHS();
    }
  }
  int64_t group = llvm::divideFloorSigned(constant, kWidth);
  bool aligned = base.isMultipleOf(kWidth) && tensor.offset % kWidth == 0 &&
                 tensor.elements % kWidth == 0;
  return {base, group, constant - group * kWidth, aligned};
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

unsigned TensorReader::number(const TensorRef &tensor) {
  auto known = llvm::find(tensors, tensor);
  if (known == tensors.end()) {
    tensors.push_back(tensor);
    return tensors.size() - 1;
  }
  return known - tensors.begin();
}

void TensorReader::announce(const TensorRef &tensor, AffineExpr index) {
  VectorSlot split = slotOf(index, tensor);
  if (split.aligned)
    wanted[{number(tensor), {split.base, split.group}}] |= 1u << split.lane;
}

Value TensorReader::constant(TypedAttr value) {
  Value &known = constants[value];
  if (!known)
    known = nest.at(0).create<arith::ConstantOp>(value);
  return known;
}

Value TensorReader::loadVector(const TensorRef &tensor, GroupKey key) {
  Value &known = vectors[key];
  if (known)
    return known;
  auto [base, group] = key.second;
  AffineExpr index = indices.simplify(base.floorDiv(kWidth) + group);
  Value position = indices.emitClamped(index, tensor.elements / kWidth);
  if (tensor.offset != 0)
    position = indices.addConstant(position, tensor.offset / kWidth);
  unsigned depth = nest.depthOf(position);
  Value view =
      views.get(tensor.binding, storageType(tensor.elementType), kWidth);
  return known = nest.note(
             nest.at(depth).create<memref::LoadOp>(view, position), depth);
}

Value TensorReader::load(const TensorRef &tensor, AffineExpr index) {
  unsigned tensorNumber = number(tensor);
  Value &known = elements[{tensorNumber, index}];
  if (known)
    return known;
  VectorSlot split = slotOf(index, tensor);
  GroupKey key{tensorNumber, {split.base, split.group}};
  Value value;
  unsigned depth;
  if (split.aligned &&
      llvm::popcount(wanted.lookup(key)) >= int(kWorthVector)) {
    Value vector = loadVector(tensor, key);
    depth = nest.depthOf(vector);
    value = nest.at(depth).create<vector::ExtractOp>(vector, split.lane);
  } else {
    Value position = indices.emitClamped(index, tensor.elements);
    if (tensor.offset != 0)
      position = indices.addConstant(position, tensor.offset);
    depth = nest.depthOf(position);
    Value view = views.get(tensor.binding, storageType(tensor.elementType), 1);
    value = nest.at(depth).create<memref::LoadOp>(view, position);
  }
  if (tensor.elementType.isInteger(1)) {
    Value zero =
        nest.at(0).create<arith::ConstantOp>(nest.at(0).getI32IntegerAttr(0));
    value = nest.at(depth).create<arith::CmpIOp>(arith::CmpIPredicate::ne,
                                                 value, zero);
  }
  return known = nest.note(value, depth);
}

Value TensorReader::read(const TensorRef &tensor, AffineExpr index, Value guard,
                         TypedAttr fill) {
  Value element = load(tensor, index);
  if (!guard)
    return element;
  Value &known = guarded[{guard, {element, fill}}];
  if (!known) {
    Value otherwise = constant(fill);
    unsigned depth = nest.depthOf({guard, element});
    known = nest.note(
        nest.at(depth).create<arith::SelectOp>(guard, element, otherwise),
        depth);
  }
  return known;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

void storeElements(ImplicitLocOpBuilder &b, IndexEmitter &emitter,
                   BindingViews &views, const TensorRef &tensor,
                   ArrayRef<AffineExpr> indices, ArrayRef<Value> values) {
  Type type = storageType(tensor.elementType);
  auto storable = [&](Value value) -> Value {
    return value.getType() == type
               ? value
               : b.create<arith::ExtUIOp>(type, value).getResult();
  };
  // The four values of every group, in the order in which the groups first
  // appear.
  llvm::MapVector<std::pair<AffineExpr, int64_t>, std::array<Value, kWidth>>
      groups;
  auto storeOne = [&](AffineExpr index, Value value) {
    Value position = emitter.emit(index);
    if (tensor.offset != 0)
      position = emitter.addConstant(position, tensor.offset);
    b.create<memref::StoreOp>(storable(value),
                              views.get(tensor.binding, type, 1), position);
  };
  for (auto [index, value] : llvm::zip(indices, values)) {
    VectorSlot split = slotOf(index, tensor);
    if (split.aligned)
      groups[{split.base, split.group}][split.lane] = value;
    else
      storeOne(index, value);
  }
  for (auto &[key, lanes] : groups) {
    auto [base, group] = key;
    if (!llvm::is_contained(lanes, Value())) {
      SmallVector<Value> scalars = llvm::map_to_vector(lanes, storable);
      Value vector = b.create<vector::FromElementsOp>(
          VectorType::get(kWidth, type), scalars);
      Value position =
          emitter.emit(emitter.simplify(base.floorDiv(kWidth) + group));
      if (tensor.offset != 0)
        position = emitter.addConstant(position, tensor.offset / kWidth);
      b.create<memref::StoreOp>(vector, views.get(tensor.binding, type, kWidth),
                                position);
      continue;
    }
    for (auto [lane, value] : llvm::enumerate(lanes))
      if (value)
        storeOne(emitter.simplify(base + (group * kWidth + int64_t(lane))),
                 value);
  }
}

} // namespace descent::codegen
