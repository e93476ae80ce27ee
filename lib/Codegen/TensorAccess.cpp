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

VectorType BindingViews::fourOf(Type type) const {
  if (pairsWords && type.getIntOrFloatBitWidth() == 32)
    return VectorType::get(kWidth / 2, IntegerType::get(type.getContext(), 64));
  return VectorType::get(kWidth, type);
}

Value BindingViews::loadFour(ImplicitLocOpBuilder &b, unsigned binding,
                             Type type, Value position) {
  VectorType stored = fourOf(type);
  Value view = get(binding, stored.getElementType(), stored.getNumElements());
  Value vector = b.create<memref::LoadOp>(view, position);
  auto wanted = VectorType::get(kWidth, type);
  return stored == wanted ? vector
                          : b.create<vector::BitCastOp>(wanted, vector);
}

void BindingViews::storeFour(ImplicitLocOpBuilder &b, unsigned binding,
                             Value vector, Value position) {
  VectorType stored =
      fourOf(cast<VectorType>(vector.getType()).getElementType());
  Value view = get(binding, stored.getElementType(), stored.getNumElements());
  if (stored != vector.getType())
    vector = b.create<vector::BitCastOp>(stored, vector);
  b.create<memref::StoreOp>(vector, view, position);
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
                            Value guard, bool guardVaries) {
  VectorSlot split = slotOf(index, tensor);
  unsigned tensorNumber = number(tensor);
  if (split.aligned) {
    wanted[{tensorNumber, {split.base, split.group}}] |= 1u << split.lane;
    announced[true][{tensorNumber, split.base, Value()}].push_back(split.group);
  }
  if (staysInside(tensor, index))
    guard = Value();
  int64_t constant = split.group * kWidth + split.lane;
  announced[false][{tensorNumber, split.base, guard}].push_back(constant);
  if (!guard)
    return;
  if (guardVaries)
    varyingGuards.insert(guard);
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

//===----------------------------------------------------------------------===//
// Lanes that load for each other
//===----------------------------------------------------------------------===//

/// Numbers that ascend from zero, one a lane.
AffineExpr TensorReader::byLane(ArrayRef<int64_t> numbers) {
  AffineExpr &known = numbersByLane[llvm::to_vector(numbers)];
  if (known)
    return known;
  ImplicitLocOpBuilder &b = nest.at(0);
  auto number = [&](int64_t value) { return constant(b.getIndexAttr(value)); };
  int64_t count = numbers.size(), step = numbers[1];
  bool isEven = true;
  for (auto [i, value] : llvm::enumerate(numbers))
    isEven &= value == step * int64_t(i);
  Value result;
  if (isEven) {
    Value which = lane;
    if (count < numLanes) {
      Value beyond = b.create<arith::CmpIOp>(arith::CmpIPredicate::uge, lane,
                                             number(count));
      which = b.create<arith::SelectOp>(beyond, number(count - 1), lane);
    }
    result = b.create<arith::MulIOp>(which, number(step));
  } else {
    result = number(numbers[0]);
    for (int64_t i = 1; i < count; ++i) {
      Value reached =
          b.create<arith::CmpIOp>(arith::CmpIPredicate::uge, lane, number(i));
      result = b.create<arith::SelectOp>(reached, number(numbers[i]), result);
    }
  }
  return known =
             indices.addVariable(numbers.back() + 1, result, /*varies=*/true);
}

/// The loads that the lanes share for addresses of the key's tensor, base and
/// guard; without constants if there are none to share.
TensorReader::SharedLoads &TensorReader::sharedLoads(const ElementKey &key,
                                                     const TensorRef &tensor,
                                                     bool vectors) {
  auto [entry, isNew] = shared[vectors].try_emplace(key);
  SharedLoads &loads = entry->second;
  auto [tensorNumber, base, guard] = key;
  if (!isNew || !lane || indices.depthOf(base) == 0 || indices.varies(base) ||
      varyingGuards.contains(guard) ||
      storageType(tensor.elementType).getIntOrFloatBitWidth() != 32)
    return loads;
  if (guard) {
    Bounds range = constantsOf.lookup(key);
    if (range.high - range.low >= tensor.elements)
      return loads;
  }
  SmallVector<int64_t> constants = announced[vectors].lookup(key);
  llvm::sort(constants);
  constants.erase(llvm::unique(constants), constants.end());
  llvm::erase_if(constants, [&](int64_t constant) {
    int64_t group =
        vectors ? constant : llvm::divideFloorSigned(constant, kWidth);
    unsigned mask = wanted.lookup({tensorNumber, {base, group}});
    return (llvm::popcount(mask) >= int(kWorthVector)) != vectors;
  });
  if (constants.size() < 2)
    return loads;
  loads.loaded.resize(llvm::divideCeil(constants.size(), numLanes));
  loads.constants = std::move(constants);
  return loads;
}

/// The value that lane `source` has.
Value TensorReader::fromLane(Value value, unsigned depth, int64_t source) {
  if (source < 0)
    return value;
  Builder b(value.getContext());
  return nest.at(depth)
      .create<gpu::ShuffleOp>(value, constant(b.getI32IntegerAttr(source)),
                              constant(b.getI32IntegerAttr(numLanes)),
                              gpu::ShuffleMode::IDX)
      .getShuffleResult();
}

TensorReader::Address TensorReader::share(const ElementKey &key,
                                          const TensorRef &tensor,
                                          int64_t constant, bool vectors) {
  SharedLoads &loads = sharedLoads(key, tensor, vectors);
  AffineExpr none = getAffineConstantExpr(0, std::get<1>(key).getContext());
  if (loads.constants.empty())
    return {nullptr, -1, none, constant};
  int64_t at = llvm::find(loads.constants, constant) - loads.constants.begin(),
          source = at % numLanes;
  auto batch =
      ArrayRef(loads.constants).drop_front(at - source).take_front(numLanes);
  SmallVector<int64_t> offsets;
  for (int64_t member : batch)
    offsets.push_back(member - batch.front());
  return {&loads.loaded[at / numLanes], source,
          offsets.size() > 1 ? byLane(offsets) : none, batch.front()};
}

//===----------------------------------------------------------------------===//
// Loads
//===----------------------------------------------------------------------===//

TensorReader::LaneValue TensorReader::loadVector(const TensorRef &tensor,
                                                 GroupKey key) {
  auto [base, group] = key.second;
  Address from = share({key.first, base, Value()}, tensor, group, true);
  Value &known = from.loaded ? *from.loaded : vectors[key];
  if (known)
    return {known, from.source};
  AffineExpr index =
      indices.simplify(base.floorDiv(kWidth) + from.offset + from.constant);
  Value position = indices.locate(
      indices.emitClamped(index, tensor.elements / kWidth), tensor, kWidth);
  unsigned depth = nest.depthOf(position);
  Value vector = views.loadFour(nest.at(depth), tensor.binding,
                                storageType(tensor.elementType), position);
  vector = vectorFromStorage(nest.at(depth), vector, tensor.elementType);
  known = nest.note(vector, depth);
  return {known, from.source};
}

/// The position of a scalar load. Where the index may leave the tensor because
/// the guard fails, the base that all its neighbours share is replaced by one
/// that keeps them inside: a single selection for all of them.
Value TensorReader::scalarPosition(const TensorRef &tensor, AffineExpr base,
                                   const Address &at, Value guard) {
  Bounds constants = {0, tensor.elements};
  if (guard)
    constants = constantsOf.lookup({number(tensor), base, guard});
  Value position;
  TensorRef from = tensor;
  if (constants.high - constants.low < tensor.elements) {
    Value &safe = safeBases[{guard, {base, constants.low}}];
    if (!safe) {
      Value start = indices.emit(base);
      Value inside = indices.emit(
          getAffineConstantExpr(-constants.low, base.getContext()));
      unsigned depth = nest.depthOf({guard, start});
      safe = nest.note(
          nest.at(depth).create<arith::SelectOp>(guard, start, inside), depth);
    }
    position = safe;
    if (at.offset != getAffineConstantExpr(0, base.getContext())) {
      Value offset = indices.emit(at.offset);
      unsigned depth = nest.depthOf({safe, offset});
      position =
          nest.note(nest.at(depth).create<arith::AddIOp>(safe, offset), depth);
    }
    from.offset += at.constant;
  } else {
    position = indices.emitClamped(
        indices.simplify(base + at.offset + at.constant), tensor.elements);
  }
  return indices.locate(position, from, 1);
}

TensorReader::LaneValue TensorReader::loadScalar(const TensorRef &tensor,
                                                 const VectorSlot &slot,
                                                 Value guard) {
  Address from = share({number(tensor), slot.base, guard}, tensor,
                       slot.group * kWidth + slot.lane, false);
  if (from.loaded && *from.loaded)
    return {*from.loaded, from.source};
  Value position = scalarPosition(tensor, slot.base, from, guard);
  unsigned depth = nest.depthOf(position);
  Value view = views.get(tensor.binding, storageType(tensor.elementType), 1);
  Value value =
      nest.note(nest.at(depth).create<memref::LoadOp>(view, position), depth);
  if (from.loaded)
    *from.loaded = value;
  return {value, from.source};
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
  LaneValue loaded =
      asVector ? loadVector(tensor, key) : loadScalar(tensor, split, guard);
  unsigned depth = nest.depthOf(loaded.value);
  Value value = loaded.value;
  if (asVector)
    value = nest.at(depth).create<vector::ExtractOp>(value, split.lane);
  value = fromLane(value, depth, loaded.source);
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
      views.storeFour(b, tensor.binding, vector, position);
      continue;
    }
    for (auto [lane, value] : llvm::enumerate(lanes))
      if (value)
        storeOne(emitter.simplify(base + (group * kWidth + int64_t(lane))),
                 value);
  }
}

} // namespace descent::codegen
