// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads and stores of tensor elements; see TensorAccess.h.

#include "descent/Codegen/TensorAccess.h"
#include "descent/Codegen/ElementTypes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace descent::codegen {

static constexpr unsigned kWidth = 4;

Value BindingViews::get(unsigned binding, Type type, unsigned width) {
  Type element = width == 1 ? type : VectorType::get(width, type);
  Value &view = views[{binding, element}];
  if (!view) {
    // The lengths are in words of 32 bits.
    int64_t elements = lengths[binding] * 32 / type.getIntOrFloatBitWidth();
    auto memref = MemRefType::get({elements / width}, element);
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
                 tensor.elements % kWidth == 0 && tensor.stride % kWidth == 0;
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

void TensorReader::announce(const TensorRef &tensor, AffineExpr index,
                            Value guard) {
  VectorSlot split = slotOf(index, tensor);
  unsigned tensorNumber = number(tensor);
  if (split.aligned)
    wanted[{tensorNumber, {split.base, split.group}}] |= 1u << split.lane;
  if (!guard || staysInside(tensor, index))
    return;
  int64_t constant = split.group * kWidth + split.lane;
  auto [entry, isNew] = constantsOf.try_emplace(
      {tensorNumber, split.base, guard}, Bounds{constant, constant});
  entry->second.low = std::min(entry->second.low, constant);
  entry->second.high = std::max(entry->second.high, constant);
}

bool TensorReader::staysInside(const TensorRef &tensor,
                               AffineExpr index) const {
  Bounds range = indices.bounds(index);
  return range.low >= 0 && range.high < tensor.elements;
}

Value TensorReader::constant(TypedAttr value) {
  Value &known = constants[value];
  if (!known)
    known = nest.at(0).create<arith::ConstantOp>(registerConstant(value));
  return known;
}

Value TensorReader::loadVector(const TensorRef &tensor, GroupKey key) {
  Value &known = vectors[key];
  if (known)
    return known;
  auto [base, group] = key.second;
  AffineExpr index = indices.simplify(base.floorDiv(kWidth) + group);
  Value position = indices.locate(
      indices.emitClamped(index, tensor.elements / kWidth), tensor, kWidth);
  unsigned depth = nest.depthOf(position);
  Value view =
      views.get(tensor.binding, storageType(tensor.elementType), kWidth);
  Value vector = nest.at(depth).create<memref::LoadOp>(view, position);
  vector = vectorFromStorage(nest.at(depth), vector, tensor.elementType);
  return known = nest.note(vector, depth);
}

/// The position of a scalar load. Where the index may leave the tensor because
/// the guard fails, the base that all its neighbours share is replaced by one
/// that keeps them inside: a single selection for all of them.
Value TensorReader::scalarPosition(const TensorRef &tensor, AffineExpr index,
                                   Value guard) {
  VectorSlot split = slotOf(index, tensor);
  Bounds constants = {0, tensor.elements};
  if (guard && !staysInside(tensor, index))
    constants = constantsOf.lookup({number(tensor), split.base, guard});
  Value position;
  TensorRef from = tensor;
  if (constants.high - constants.low < tensor.elements) {
    Value &safe = safeBases[{guard, {split.base, constants.low}}];
    if (!safe) {
      Value base = indices.emit(split.base);
      Value inside = indices.emit(
          getAffineConstantExpr(-constants.low, index.getContext()));
      unsigned depth = nest.depthOf({guard, base});
      safe = nest.note(
          nest.at(depth).create<arith::SelectOp>(guard, base, inside), depth);
    }
    position = safe;
    from.offset += split.group * kWidth + split.lane;
  } else {
    position = indices.emitClamped(index, tensor.elements);
  }
  return indices.locate(position, from, 1);
}

Value TensorReader::load(const TensorRef &tensor, AffineExpr index,
                         Value guard) {
  unsigned tensorNumber = number(tensor);
  VectorSlot split = slotOf(index, tensor);
  GroupKey key{tensorNumber, {split.base, split.group}};
  bool asVector =
      split.aligned && llvm::popcount(wanted.lookup(key)) >= int(kWorthVector);
  if (asVector || staysInside(tensor, index))
    guard = Value();
  Value &known = elements[{tensorNumber, index, guard}];
  if (known)
    return known;
  Value value;
  unsigned depth;
  if (asVector) {
    Value vector = loadVector(tensor, key);
    depth = nest.depthOf(vector);
    value = nest.at(depth).create<vector::ExtractOp>(vector, split.lane);
  } else {
    Value position = scalarPosition(tensor, index, guard);
    depth = nest.depthOf(position);
    Value view = views.get(tensor.binding, storageType(tensor.elementType), 1);
    value = nest.at(depth).create<memref::LoadOp>(view, position);
  }
  value = fromStorage(nest.at(depth), value, tensor.elementType);
  return known = nest.note(value, depth);
}

Value TensorReader::read(const TensorRef &tensor, AffineExpr index, Value guard,
                         TypedAttr fill) {
  Value element = load(tensor, index, guard);
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

Value TensorReader::loadAt(const TensorRef &tensor, Value index) {
  Value position = indices.locate(index, tensor, 1);
  unsigned depth = nest.depthOf(position);
  Value view = views.get(tensor.binding, storageType(tensor.elementType), 1);
  Value stored = nest.at(depth).create<memref::LoadOp>(view, position);
  return nest.note(fromStorage(nest.at(depth), stored, tensor.elementType),
                   depth);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

void storeElements(ImplicitLocOpBuilder &b, IndexEmitter &emitter,
                   BindingViews &views, const TensorRef &tensor,
                   ArrayRef<AffineExpr> indices, ArrayRef<Value> values) {
  Type type = storageType(tensor.elementType);
  auto storable = [&](Value value) {
    return toStorage(b, value, tensor.elementType);
  };
  // The four values of every group, in the order in which the groups first
  // appear.
  llvm::MapVector<std::pair<AffineExpr, int64_t>, std::array<Value, kWidth>>
      groups;
  auto storeOne = [&](AffineExpr index, Value value) {
    Value position = emitter.locate(emitter.emit(index), tensor, 1);
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
      Value vector = vectorToStorage(b, lanes, tensor.elementType);
      Value position = emitter.locate(
          emitter.emit(emitter.simplify(base.floorDiv(kWidth) + group)), tensor,
          kWidth);
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
