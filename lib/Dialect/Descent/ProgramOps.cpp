// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers of the program operations: inputs, state, entries, arenas.

#include "descent/Dialect/Descent/Descent.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace descent;

static LogicalResult verifyTensorType(Operation *op, Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() ||
      llvm::is_contained(tensor.getShape(), 0))
    return op->emitOpError(
               "expected a tensor of static shape without zero extents, got ")
           << type;
  int64_t elements = 1;
  for (int64_t extent : tensor.getShape())
    if (llvm::MulOverflow(elements, extent, elements) || elements > INT32_MAX)
      return op->emitOpError("expected fewer than 2^31 elements, got ") << type;
  return success();
}

LogicalResult InputOp::verify() {
  if (failed(verifyTensorType(*this, getType())))
    return failure();
  auto type = cast<RankedTensorType>(getType());
  if (auto axis = getBatchAxis();
      axis && *axis >= static_cast<uint64_t>(type.getRank()))
    return emitOpError("expected a batch axis in [0, ")
           << type.getRank() << "), got " << static_cast<int64_t>(*axis);
  if (auto range = getRange()) {
    if (!type.getElementType().isInteger(32))
      return emitOpError("has a range but element type ")
             << type.getElementType();
    if (range->size() != 2 || (*range)[0] >= (*range)[1])
      return emitOpError("expected a range of two increasing numbers");
  }
  return success();
}

LogicalResult StateOp::verify() {
  if (failed(verifyTensorType(*this, getType())))
    return failure();
  if (cast<RankedTensorType>(getType()).getElementType().isInteger(1))
    return emitOpError("expected element type f32 or i32");
  return success();
}

LogicalResult EntryOp::verify() {
  // The name is a file's name in a bundle.
  auto allowed = [](char c) {
    return llvm::isAlnum(c) || c == '_' || c == '-';
  };
  if (getSymName().empty() || !llvm::all_of(getSymName(), allowed))
    return emitOpError("expected a name of letters, digits, '_' and '-'");
  return success();
}

LogicalResult EntryOp::verifyRegions() {
  llvm::SmallDenseMap<StringRef, Operation *> written, given;
  for (Operation &op : getBody().front()) {
    StringRef name;
    auto *known = &written;
    if (auto write = dyn_cast<WriteOp>(op)) {
      name = write.getSymbol();
    } else if (auto output = dyn_cast<OutputOp>(op)) {
      name = output.getName();
      known = &given;
    } else {
      continue;
    }
    auto [first, isNew] = known->insert({name, &op});
    if (isNew)
      continue;
    auto error = op.emitOpError(known == &written ? "writes '" : "gives '")
                 << name << "' a second time";
    error.attachNote(first->second->getLoc()) << "the first one is here";
    return error;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Symbol uses
//===----------------------------------------------------------------------===//

/// The type of the state, or also input, that `symbol` names; null with an
/// error if there is none.
static Type typeOfSymbol(Operation *op, SymbolTableCollection &symbols,
                         FlatSymbolRefAttr symbol, bool inputToo) {
  Operation *target =
      symbols.lookupNearestSymbolFrom(op->getParentOp()->getParentOp(), symbol);
  if (auto state = dyn_cast_or_null<StateOp>(target))
    return state.getType();
  if (auto input = dyn_cast_or_null<InputOp>(target); input && inputToo)
    return input.getType();
  op->emitOpError("'") << symbol.getValue() << "' names no "
                       << (inputToo ? "input or state" : "state");
  return {};
}

static LogicalResult verifyAccessType(Operation *op, Type declared, Type used) {
  if (!declared)
    return failure();
  if (declared != used)
    return op->emitOpError("has type ") << used << ", declared is " << declared;
  return success();
}

LogicalResult ReadOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyAccessType(
      *this, typeOfSymbol(*this, symbols, getSymbolAttr(), true), getType());
}

LogicalResult WriteOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyAccessType(*this,
                          typeOfSymbol(*this, symbols, getSymbolAttr(), false),
                          getValue().getType());
}

LogicalResult OptimizeOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (getParameters().size() != getGradients().size())
    return emitOpError("expected a gradient for each of ")
           << getParameters().size() << " parameters, got "
           << getGradients().size();
  for (auto [parameter, gradient] :
       llvm::zip(getParameters(), getGradients())) {
    auto symbol = cast<FlatSymbolRefAttr>(parameter);
    if (failed(verifyAccessType(*this,
                                typeOfSymbol(*this, symbols, symbol, false),
                                gradient.getType())))
      return failure();
  }
  return success();
}

LogicalResult GradientOp::verify() {
  if (cast<RankedTensorType>(getLoss().getType()).getRank() != 0)
    return emitOpError("expected a scalar loss (rank 0), got ")
           << getLoss().getType();
  if (getWrt().getTypes() != getGradients().getTypes())
    return emitOpError(
        "expected gradients of the types of the values they are taken to");
  return success();
}

//===----------------------------------------------------------------------===//
// Arenas
//===----------------------------------------------------------------------===//

SmallVector<int64_t> PackOp::getOffsets(TypeRange pieces) {
  // In elements: of 256 bytes, the largest storage buffer alignment that Vulkan
  // allows. A bool takes a word.
  unsigned bits = pieces.empty()
                      ? 32
                      : getElementTypeOrSelf(pieces[0]).getIntOrFloatBitWidth();
  int64_t alignment = 256 * 8 / (bits == 1 ? 32 : bits);
  SmallVector<int64_t> offsets{0};
  for (Type piece : pieces)
    offsets.push_back((offsets.back() + countElements(piece) + alignment - 1) /
                      alignment * alignment);
  return offsets;
}

static LogicalResult verifyArena(Operation *op, Type arena, TypeRange pieces) {
  if (pieces.empty())
    return op->emitOpError("expected at least one tensor");
  Type element = cast<RankedTensorType>(pieces.front()).getElementType();
  for (Type piece : pieces)
    if (cast<RankedTensorType>(piece).getElementType() != element)
      return op->emitOpError("expected tensors of one element type");
  auto expected = tensorType({PackOp::getOffsets(pieces).back()}, element);
  if (arena != expected)
    return op->emitOpError("expected an arena of type ")
           << expected << ", got " << arena;
  return success();
}

void PackOp::build(OpBuilder &b, OperationState &state, ValueRange operands) {
  Type element = cast<RankedTensorType>(operands[0].getType()).getElementType();
  build(b, state, tensorType({getOffsets(operands.getTypes()).back()}, element),
        operands);
}

LogicalResult PackOp::verify() {
  return verifyArena(*this, getType(), getOperands().getTypes());
}

LogicalResult UnpackOp::verify() {
  return verifyArena(*this, getOperand().getType(), getResultTypes());
}
