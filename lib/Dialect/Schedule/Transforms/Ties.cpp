// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which buffer every value of an entry lies in: ties of written values to
// states and of packed values to arenas, and the copies where a tie is not
// legal.

#include "Ties.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

LogicalResult EntryMemory::tie() {
  SmallVector<Block *> blocks = {&entry.getBody().front()};
  for (auto loop : entry.getBody().getOps<ScanOp>())
    blocks.push_back(&loop.getBody().front());
  for (Block *block : blocks)
    if (failed(replaceConstants(*block)))
      return failure();
  dropIdentityWrites();
  for (auto write : entry.getBody().getOps<WriteOp>())
    writes[write.getSymbolAttr()] = write;
  copyOutputs();
  copyWrites();
  for (auto pack : llvm::make_early_inc_range(entry.getBody().getOps<PackOp>()))
    placePack(pack);
  for (auto loop : entry.getBody().getOps<ScanOp>())
    placeLoop(loop);
  for (Operation *step : getSteps())
    collectOldReads(step);
  for (auto write :
       llvm::make_early_inc_range(entry.getBody().getOps<WriteOp>()))
    placeWrite(write);
  for (Operation *kernel : getKernels())
    for (Value result : kernel->getResults())
      if (int64_t elements = countElements(result.getType());
          !places.contains(result))
        places[result] = {
            program.create(Buffer::Kind::Transient, elements, result.getType()),
            0, elements};
  return success();
}

SmallVector<Operation *> EntryMemory::getKernels() {
  SmallVector<Operation *> kernels;
  entry.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (!isLaunched(op))
      return WalkResult::advance();
    kernels.push_back(op);
    return WalkResult::skip(); // its parts
  });
  return kernels;
}

SmallVector<Operation *> EntryMemory::getSteps() {
  SmallVector<Operation *> steps;
  for (Operation &op : entry.getBody().front())
    if (isStep(&op))
      steps.push_back(&op);
  return steps;
}

Slice EntryMemory::locate(Value value) const {
  Piece piece = resolvePiece(value);
  Slice base = places.lookup(piece.root);
  if (auto read = piece.root.getDefiningOp<ReadOp>())
    base = program.lookup(read.getSymbol());
  else if (auto control = piece.root.getDefiningOp<descent::ControlOp>())
    base = {program.getControl(), int64_t(control.getWord()), 1};
  else if (auto argument = dyn_cast<BlockArgument>(piece.root))
    base = locateArgument(argument);
  while (base.buffer && base.buffer->replacement)
    base.buffer = base.buffer->replacement;
  base.offset += piece.offset;
  base.elements = piece.elements;
  return base;
}

//===----------------------------------------------------------------------===//
// Values that need a kernel to be anywhere
//===----------------------------------------------------------------------===//

Value EntryMemory::copyBefore(Operation *user, Value value) {
  OpBuilder builder(user);
  return buildCopy(builder, value).getResult(0);
}

LogicalResult EntryMemory::replaceConstants(Block &block) {
  for (auto constant : llvm::make_early_inc_range(block.getOps<ConstantOp>())) {
    if (constant->use_empty()) {
      constant.erase();
      continue;
    }
    auto splat = dyn_cast<SplatElementsAttr>(constant.getValue());
    if (!splat)
      return constant.emitOpError()
             << "of type " << constant.getType()
             << " is not a splat; memory planning expects tensors of many "
                "values to be states or inputs";
    // One fill a use: values tied to different places cannot be one.
    for (OpOperand &use : llvm::make_early_inc_range(constant->getUses())) {
      OpBuilder builder(constant);
      use.set(buildCopy(builder, constant.getResult(),
                        splat.getSplatValue<TypedAttr>())
                  .getResult(0));
    }
    constant.erase();
  }
  return success();
}

void EntryMemory::dropIdentityWrites() {
  for (auto write :
       llvm::make_early_inc_range(entry.getBody().getOps<WriteOp>())) {
    auto read = resolvePiece(write.getValue()).root.getDefiningOp<ReadOp>();
    if (read && read.getSymbolAttr() == write.getSymbolAttr())
      write.erase();
  }
}

/// The host overwrites inputs and control words, and a written state no longer
/// holds the value that was read: outputs of those are copied.
void EntryMemory::copyOutputs() {
  for (auto output : entry.getBody().getOps<descent::OutputOp>()) {
    Operation *source = resolvePiece(output.getValue()).root.getDefiningOp();
    if (isStep(source))
      continue;
    auto read = dyn_cast<ReadOp>(source);
    if (read &&
        program.lookup(read.getSymbol()).buffer->kind == Buffer::Kind::State &&
        !writes.contains(read.getSymbolAttr()))
      continue;
    output.getValueMutable().assign(copyBefore(output, output.getValue()));
  }
}

/// What is written without being computed is copied by a kernel, which is then
/// placed like any other.
void EntryMemory::copyWrites() {
  for (auto write : entry.getBody().getOps<WriteOp>())
    if (!isLaunched(resolvePiece(write.getValue()).root.getDefiningOp()))
      write.getValueMutable().assign(copyBefore(write, write.getValue()));
}

//===----------------------------------------------------------------------===//
// Arenas
//===----------------------------------------------------------------------===//

/// Places a pack of states that already lie as it wants them.
bool EntryMemory::placePackedStates(PackOp pack) {
  SmallVector<int64_t> offsets = PackOp::getOffsets(pack.getOperandTypes());
  Slice base = locate(pack.getOperand(0));
  if (!base.buffer || base.buffer->kind != Buffer::Kind::State ||
      base.offset + offsets.back() > base.buffer->elements)
    return false;
  for (auto [operand, offset] : llvm::zip(pack.getOperands(), offsets)) {
    Slice location = locate(operand);
    if (!resolvePiece(operand).root.getDefiningOp<ReadOp>() ||
        location.buffer != base.buffer ||
        location.offset != base.offset + offset)
      return false;
  }
  places[pack.getResult()] = {base.buffer, base.offset, offsets.back()};
  return true;
}

void EntryMemory::placePack(PackOp pack) {
  if (placePackedStates(pack))
    return;
  SmallVector<int64_t> offsets = PackOp::getOffsets(pack.getOperandTypes());
  Buffer *arena = program.create(Buffer::Kind::Arena, offsets.back(),
                                 pack.getResult().getType());
  for (OpOperand &operand : pack->getOpOperands()) {
    Piece piece = resolvePiece(operand.get());
    bool whole = piece.elements == countElements(piece.root.getType());
    if (!whole || !isLaunched(piece.root.getDefiningOp()) ||
        places.contains(piece.root)) {
      operand.set(copyBefore(pack, operand.get()));
      piece = resolvePiece(operand.get());
    }
    places[piece.root] = {arena, offsets[operand.getOperandNumber()],
                          piece.elements};
  }
  places[pack.getResult()] = {arena, 0, offsets.back()};
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

void EntryMemory::collectOldReads(Operation *step) {
  for (OpOperand &operand : step->getOpOperands()) {
    Slice location = locate(operand.get());
    if (location.buffer && location.buffer->kind == Buffer::Kind::State &&
        !isLaunched(resolvePiece(operand.get()).root.getDefiningOp()))
      oldReads.push_back({step, operand.getOperandNumber(), location});
  }
}

/// The steps that read `value`, also through views.
static void collectReaders(Value value, SmallVectorImpl<Operation *> &readers) {
  for (Operation *user : value.getUsers()) {
    if (isStep(user))
      readers.push_back(user);
    else
      for (Value view : user->getResults())
        collectReaders(view, readers);
  }
}

bool EntryMemory::reaches(Operation *from, Operation *to) const {
  SmallVector<Operation *> pending = {from};
  llvm::SmallPtrSet<Operation *, 32> seen;
  while (!pending.empty()) {
    Operation *op = pending.pop_back_val();
    if (op == to)
      return true;
    if (!seen.insert(op).second)
      continue;
    for (Value result : op->getResults())
      collectReaders(result, pending);
    llvm::append_range(pending, later.lookup(op));
  }
  return false;
}

/// Whether `result`, put at `place`, is zero wherever no state lies: other
/// packs rely on the zeros between states.
bool EntryMemory::keepsGapsZero(OpResult result, const Slice &place) const {
  // Tells states from gaps.
  int64_t bytes = place.buffer->elementBytes;
  SlabContent map(place.buffer->getBytes(), Values::Zero);
  for (StateOp state : program.getStates(place.buffer)) {
    Slice slice = program.lookup(state.getSymName());
    map.write(slice.offset * bytes,
              Content(Values::Undefined, slice.elements * bytes));
  }
  Content content = contents.lookup(result),
          covered = map.read(place.offset * bytes, place.elements * bytes);
  int64_t position = 0;
  for (const Segment &segment : covered.getSegments()) {
    bool isGap = segment.value == Values::Zero;
    if (isGap && !(content.slice(position, segment.length) ==
                   Content(Values::Zero, segment.length)))
      return false;
    position += segment.length;
  }
  return true;
}

/// Whether the new value of all states at `place` can be computed there, as
/// `result`: it is all of them and zero between them, its kernel reads the old
/// ones only where it writes, and the other readers of the old ones can run
/// before.
bool EntryMemory::canComputeInPlace(OpResult result, const Slice &place) {
  if (place.offset < 0 ||
      place.offset + place.elements > place.buffer->elements)
    return false;
  for (StateOp state : program.getStates(place.buffer)) {
    Slice location = program.lookup(state.getSymName());
    if (!location.overlaps(place))
      continue;
    auto write = writes.lookup(FlatSymbolRefAttr::get(state));
    if (!write)
      return false;
    Piece piece = resolvePiece(write.getValue());
    if (piece.root != result || location.offset - piece.offset != place.offset)
      return false;
  }
  if (!keepsGapsZero(result, place))
    return false;
  Operation *kernel = result.getOwner();
  for (OldRead &read : oldReads) {
    if (!read.location.overlaps(place))
      continue;
    if (read.step == kernel
            ? !readsOwnElement(result, read.operand, read.location, place)
            : reaches(kernel, read.step))
      return false;
  }
  return true;
}

/// Orders the readers of the old states at `place` before `step`, which
/// overwrites them.
void EntryMemory::overwrite(Operation *step, const Slice &place) {
  for (OldRead &read : oldReads) {
    if (read.step == step || !read.location.overlaps(place) ||
        llvm::is_contained(earlier[step], read.step))
      continue;
    earlier[step].push_back(read.step);
    later[read.step].push_back(step);
  }
}

void EntryMemory::placeWrite(WriteOp write) {
  Slice target = program.lookup(write.getSymbol());
  Piece piece = resolvePiece(write.getValue());
  Operation *kernel = piece.root.getDefiningOp();
  Slice whole = {target.buffer, target.offset - piece.offset,
                 countElements(piece.root.getType())};
  if (places.lookup(piece.root) == whole)
    return; // With another piece of the same arena.
  if (places.contains(piece.root) ||
      !canComputeInPlace(cast<OpResult>(piece.root), whole)) {
    Value copy = copyBefore(write, write.getValue());
    write.getValueMutable().assign(copy);
    kernel = copy.getDefiningOp();
    piece = resolvePiece(copy);
    whole = target;
  }
  places[piece.root] = whole;
  overwrite(kernel, whole);
}

SmallVector<Operation *> EntryMemory::getPredecessors(Operation *step) const {
  SmallVector<Operation *> predecessors = earlier.lookup(step);
  SmallVector<Value> pending(step->getOperands());
  while (!pending.empty()) {
    Operation *op = pending.pop_back_val().getDefiningOp();
    if (isStep(op))
      predecessors.push_back(op);
    else if (op)
      llvm::append_range(pending, op->getOperands());
  }
  return predecessors;
}
