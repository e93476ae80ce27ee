// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers of slabs, places, launches and outputs: every range lies in its
// slab and has the size of what is there.

#include "descent/Dialect/Descent/Descent.h"
#include "descent/Dialect/Schedule/Schedule.h"

using namespace mlir;
using namespace descent::schedule;

/// The slab of `place`, after checking that the place lies in it.
static FailureOr<SlabOp> lookupSlab(Operation *op, PlaceAttr place,
                                    SymbolTableCollection &symbols) {
  auto slab = symbols.lookupNearestSymbolFrom<SlabOp>(op, place.getSlab());
  if (!slab)
    return op->emitOpError()
           << "names the slab " << place.getSlab() << ", which does not exist";
  if (place.getEnd() > int64_t(slab.getSize()))
    return op->emitOpError() << "place " << place << " ends behind its slab of "
                             << slab.getSize() << " bytes";
  return slab;
}

static LogicalResult checkAligned(Operation *op, PlaceAttr place) {
  if (place.getOffset() % kPlaceAlignment != 0)
    return op->emitOpError()
           << "place " << place << " does not start at a multiple of "
           << kPlaceAlignment;
  return success();
}

static LogicalResult checkSize(Operation *op, PlaceAttr place, Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return op->emitOpError()
           << "expected a tensor of static shape, got " << type;
  if (place.getSize() != placeSize(tensor))
    return op->emitOpError() << "place " << place << " is not of the "
                             << placeSize(tensor) << " bytes of " << type;
  return success();
}

LogicalResult SlabOp::verify() {
  if (getSize() % kWordBytes != 0)
    return emitOpError() << "expected a size that is a multiple of 4, got "
                         << int64_t(getSize());
  return success();
}

LogicalResult SlabOp::verifySymbolUses(SymbolTableCollection &symbols) {
  SmallVector<PlaceOp> places;
  for (auto place : (*this)->getParentRegion()->getOps<PlaceOp>())
    if (place.getPlace().getSlab().getValue() == getSymName())
      places.push_back(place);
  llvm::stable_sort(places, [](PlaceOp a, PlaceOp b) {
    return a.getPlace().getOffset() < b.getPlace().getOffset();
  });
  for (unsigned i = 1; i < places.size(); ++i)
    if (places[i - 1].getPlace().overlaps(places[i].getPlace()))
      return places[i].emitOpError()
             << "overlaps the place of " << places[i - 1].getSymbolAttr();
  return success();
}

LogicalResult PlaceOp::verifySymbolUses(SymbolTableCollection &symbols) {
  FailureOr<SlabOp> slab = lookupSlab(*this, getPlace(), symbols);
  if (failed(slab) || failed(checkAligned(*this, getPlace())))
    return failure();
  Operation *target = symbols.lookupNearestSymbolFrom(*this, getSymbolAttr());
  if (auto state = dyn_cast_or_null<descent::StateOp>(target)) {
    if (slab->getKind() != SlabKind::state)
      return emitOpError() << "puts the state " << getSymbolAttr()
                           << " into a transient slab";
    return checkSize(*this, getPlace(), state.getType());
  }
  if (auto input = dyn_cast_or_null<descent::InputOp>(target)) {
    if (slab->getKind() != SlabKind::transient)
      return emitOpError() << "puts the input " << getSymbolAttr()
                           << " into a state slab";
    return checkSize(*this, getPlace(), input.getType());
  }
  return emitOpError() << getSymbolAttr() << " is neither an input nor a state";
}

LogicalResult ControlOp::verifySymbolUses(SymbolTableCollection &symbols) {
  FailureOr<SlabOp> slab = lookupSlab(*this, getPlace(), symbols);
  if (failed(slab) || failed(checkAligned(*this, getPlace())))
    return failure();
  if (slab->getKind() != SlabKind::transient)
    return emitOpError() << "puts the control words into a state slab";
  if (getPlace().getSize() != kControlBytes)
    return emitOpError() << "expected a place of " << kControlBytes
                         << " bytes, got " << getPlace().getSize();
  return success();
}

LogicalResult EntryOp::verifySymbolUses(SymbolTableCollection &symbols) {
  for (auto input : getInputs().getAsRange<FlatSymbolRefAttr>())
    if (!symbols.lookupNearestSymbolFrom<descent::InputOp>(*this, input))
      return emitOpError() << "names the input " << input
                           << ", which does not exist";
  return success();
}

LogicalResult LoopOp::verifyRegions() {
  for (Operation &op : getBody().front())
    if (!isa<LaunchOp, BarrierOp>(op))
      return emitOpError() << "holds launches and barriers only, not "
                           << op.getName();
  return success();
}

int64_t LaunchOp::countRuns() {
  auto loop = dyn_cast<LoopOp>((*this)->getParentOp());
  return loop ? loop.getCount() : 1;
}

PlaceAttr LaunchOp::getOperandPlace(OperandAttr operand, Type tensor,
                                    int64_t iteration) {
  PlaceAttr binding = getBinding(operand.getBinding());
  return PlaceAttr::get(binding.getSlab(),
                        binding.getOffset() + operand.getOffsetAt(iteration) *
                                                  elementBytes(tensor),
                        byteSize(tensor));
}

PlaceAttr LaunchOp::getOperandRange(KernelOp kernel, OperandAttr operand,
                                    Type tensor) {
  PlaceAttr range;
  for (int64_t iteration : kernel.getExtremes(operand)) {
    PlaceAttr place = getOperandPlace(operand, tensor, iteration);
    int64_t begin = place.getOffset(), end = place.getEnd();
    if (range) {
      begin = std::min(begin, range.getOffset());
      end = std::max(end, range.getEnd());
    }
    range = PlaceAttr::get(place.getSlab(), begin, end - begin);
  }
  return range;
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<KernelOp>(
      (*this)->getParentOp(), getKernelAttr());
  if (!kernel)
    return emitOpError() << "names the kernel " << getKernelAttr()
                         << ", which does not exist";
  if (kernel.getBindings().size() != getBindings().size())
    return emitOpError() << "gives " << getBindings().size()
                         << " bindings to a kernel of "
                         << kernel.getBindings().size();
  auto loop = dyn_cast<LoopOp>((*this)->getParentOp());
  if (kernel.getIterations() &&
      (!loop || loop.getCount() != *kernel.getIterations()))
    return emitOpError() << "launches a kernel for loops of "
                         << kernel.countIterations() << " iterations "
                         << (loop ? "in one of " +
                                        std::to_string(loop.getCount())
                                  : std::string("outside of a loop"));
  SmallVector<int64_t> lengths = kernel.getBindingLengths();
  for (unsigned i = 0; i < lengths.size(); ++i) {
    PlaceAttr place = getBinding(i);
    if (failed(lookupSlab(*this, place, symbols)) ||
        failed(checkAligned(*this, place)))
      return failure();
    if (place.getSize() != lengths[i] * kWordBytes)
      return emitOpError() << "binding " << i << " has " << place.getSize()
                           << " bytes, but the kernel's has "
                           << lengths[i] * kWordBytes;
    for (unsigned j = 0; j < i; ++j)
      if (place.overlaps(getBinding(j)) &&
          !(kernel.getBindingAccess(i) == BindingAccess::read &&
            kernel.getBindingAccess(j) == BindingAccess::read))
        return emitOpError() << "bindings " << j << " and " << i
                             << " overlap, and one of them is written";
  }
  return success();
}

LogicalResult OutputOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (failed(lookupSlab(*this, getPlace(), symbols)))
    return failure();
  if (getPlace().getOffset() % kWordBytes != 0)
    return emitOpError() << "place " << getPlace()
                         << " does not start at a multiple of " << kWordBytes;
  return checkSize(*this, getPlace(), getType());
}
