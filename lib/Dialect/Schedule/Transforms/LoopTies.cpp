// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the values of a loop lie: carried ones in slots, stacked ones side by
// side.

#include "Ties.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

/// Whether `value` is `other`, or a view of all of it.
static bool isWhole(Value value, Value other) {
  Piece piece = resolvePiece(value);
  return piece.root == resolvePiece(other).root &&
         piece.elements == countElements(piece.root.getType());
}

/// Whether `value` is used once, also through views.
static bool hasOneUse(Value value) {
  unsigned uses = 0;
  SmallVector<Value> views = {value};
  while (!views.empty())
    for (Operation *user : views.pop_back_val().getUsers()) {
      if (isStep(user) || user->getNumResults() == 0)
        ++uses;
      else
        llvm::append_range(views, user->getResults());
    }
  return uses == 1;
}

static descent::ReturnOp getReturn(ScanOp loop) {
  return cast<descent::ReturnOp>(loop.getBody().front().getTerminator());
}

Slice EntryMemory::locateArgument(BlockArgument argument) const {
  auto loop = cast<ScanOp>(argument.getOwner()->getParentOp());
  unsigned number = argument.getArgNumber(), carried = loop.getInits().size();
  if (number < carried)
    return places.lookup(argument);
  Slice place = locate(loop->getOperand(number));
  if (number < carried + loop.getSequences().size())
    place.stride = countElements(argument.getType());
  return place;
}

bool EntryMemory::isFree(Value value) const {
  Piece piece = resolvePiece(value);
  return isLaunched(piece.root.getDefiningOp()) &&
         piece.elements == countElements(piece.root.getType()) &&
         !places.contains(piece.root);
}

void EntryMemory::placeLoop(ScanOp loop) {
  for (unsigned i = 0; i < loop.getInits().size(); ++i)
    placeCarried(loop, i);
  for (unsigned i = 0; i < loop.getStacked().size(); ++i)
    placeStacked(loop, i);
}

/// Whether the next value of a carried one can be computed in its place: its
/// kernel reads the old one only where it writes, and all other readers come
/// before.
static bool canUpdateInPlace(BlockArgument argument, Value next) {
  auto result = cast<OpResult>(resolvePiece(next).root);
  Operation *kernel = result.getOwner();
  SmallVector<Value> views = {argument};
  while (!views.empty())
    for (OpOperand &use : views.pop_back_val().getUses()) {
      Operation *user = use.getOwner();
      if (isa<ReshapeOp>(user))
        views.push_back(user->getResult(0));
      else if (user == kernel
                   ? !readsOwnElement(result, use.getOperandNumber(), {}, {})
                   : !isLaunched(user) || !user->isBeforeInBlock(kernel))
        return false;
    }
  return true;
}

/// Three ways to keep a carried value. If it is stacked too, every iteration
/// reads a slot of the stack and writes the next one. Otherwise it is updated
/// in place, or, where that cannot be, iterations alternate between two slots.
void EntryMemory::placeCarried(ScanOp loop, unsigned number) {
  descent::ReturnOp end = getReturn(loop);
  BlockArgument argument = loop.getBody().getArgument(number);
  if (!isFree(end.getOperand(number)))
    end.setOperand(number, copyBefore(end, end.getOperand(number)));
  Value next = end.getOperand(number);
  int64_t count = loop.getCount(), size = countElements(argument.getType()),
          bytes = elementBytes(argument.getType()), slots = 2;
  // A value that leaves the loop lies in whole words, wherever its slot is.
  int64_t slot = llvm::alignTo(size * bytes, kWordBytes) / bytes;
  auto stacked = end.getOperands().drop_front(loop.getInits().size());
  bool isStacked = slot == size && llvm::any_of(stacked, [&](Value value) {
                     return isWhole(value, argument) || isWhole(value, next);
                   });
  bool alternating = false;
  if (isStacked)
    slots = count + 1;
  else if (canUpdateInPlace(argument, next))
    slots = 1;
  else
    alternating = true;
  Buffer *buffer =
      program.create(Buffer::Kind::Transient, slots * slot, argument.getType());
  buffer->isOfLoop = true;

  // Iteration i reads slot i and writes slot i + 1, or the other way round from
  // the last to the first.
  bool backwards = isStacked && loop.getReversed();
  int64_t stride = slots > 1 ? slot : 0, first = loop.getReversed() ? count : 0,
          last = loop.getReversed() ? 0 : count;
  Slice old = {buffer, backwards ? stride : 0, size, stride, alternating},
        updated = {buffer, backwards ? 0 : stride, size,
                   alternating ? -stride : stride, alternating};
  if (alternating) {
    // By the parity of the first iteration's number, and of the number behind
    // the last one's.
    first = loop.getReversed() ? (count - 1) % 2 : 0;
    last = loop.getReversed() ? 1 : count % 2;
  }
  places[argument] = old;
  places[resolvePiece(next).root] = updated;
  places[loop.getFinals()[number]] = {buffer, last * stride, size};
  placeInitial(loop, number, {buffer, first * stride, size}, slots > 2);
}

/// Has the initial value of a carried one computed where the loop begins. Only
/// slots of a stack are not overwritten: elsewhere nothing else may read it.
void EntryMemory::placeInitial(ScanOp loop, unsigned number, const Slice &place,
                               bool inStack) {
  OpOperand &initial = loop->getOpOperand(number);
  bool staysThere = inStack || hasOneUse(resolvePiece(initial.get()).root);
  if (!isFree(initial.get()) || !staysThere)
    initial.set(copyBefore(loop, initial.get()));
  places[resolvePiece(initial.get()).root] = place;
}

void EntryMemory::placeStacked(ScanOp loop, unsigned number) {
  descent::ReturnOp end = getReturn(loop);
  OpOperand &operand = end->getOpOperand(loop.getInits().size() + number);
  int64_t size = countElements(operand.get().getType()),
          elements = size * int64_t(loop.getCount());
  Value result = loop.getStacked()[number];
  // It may be stacked already.
  Piece piece = resolvePiece(operand.get());
  Slice known = places.lookup(piece.root);
  if (known.stride == size && !known.alternating &&
      known.elements == piece.elements) {
    places[result] = {known.buffer, known.offset, elements};
    return;
  }
  if (!isFree(operand.get())) {
    operand.set(copyBefore(end, operand.get()));
    piece = resolvePiece(operand.get());
  }
  Buffer *buffer =
      program.create(Buffer::Kind::Transient, elements, result.getType());
  buffer->isOfLoop = true;
  places[piece.root] = {buffer, 0, size, size};
  places[result] = {buffer, 0, elements};
}
