// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The buffers of states, inputs and control words, and which states lie side by
// side.

#include "Memory.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

Piece schedule::resolvePiece(Value value) {
  Piece piece{value, 0, countElements(value.getType())};
  while (Operation *op = piece.root.getDefiningOp()) {
    if (auto reshape = dyn_cast<ReshapeOp>(op)) {
      piece.root = reshape.getOperand();
    } else if (auto unpack = dyn_cast<UnpackOp>(op)) {
      piece.offset += PackOp::getOffsets(
          unpack
              .getResultTypes())[cast<OpResult>(piece.root).getResultNumber()];
      piece.root = unpack.getOperand();
    } else {
      break;
    }
  }
  return piece;
}

/// The states that the operands of `pack` are, or nothing if one of them is
/// something else.
static SmallVector<StateOp> getPackedStates(PackOp pack) {
  SmallVector<StateOp> states;
  for (Value operand : pack.getOperands()) {
    Piece piece = resolvePiece(operand);
    auto read = piece.root.getDefiningOp<ReadOp>();
    auto state = read ? SymbolTable::lookupNearestSymbolFrom<StateOp>(
                            pack, read.getSymbolAttr())
                      : StateOp();
    if (!state || piece.elements != countElements(state.getType()))
      return {};
    states.push_back(state);
  }
  return states;
}

/// The states that the pieces of `unpack` are written to, or nothing if one of
/// them is not written to exactly one.
static SmallVector<StateOp> getUnpackedStates(UnpackOp unpack) {
  SmallVector<StateOp> states;
  for (Value result : unpack.getResults()) {
    SmallVector<Value> views = {result};
    StateOp found;
    while (!views.empty())
      for (Operation *user : views.pop_back_val().getUsers()) {
        if (auto reshape = dyn_cast<ReshapeOp>(user))
          views.push_back(reshape.getResult());
        auto write = dyn_cast<WriteOp>(user);
        if (write && found)
          return {};
        if (write)
          found = SymbolTable::lookupNearestSymbolFrom<StateOp>(
              write, write.getSymbolAttr());
      }
    if (!found)
      return {};
    states.push_back(found);
  }
  return states;
}

ProgramMemory::ProgramMemory(ModuleOp module) {
  groupStates(module);
  control = create(Buffer::Kind::Control, kControlBytes / kWordBytes,
                   IntegerType::get(module.getContext(), 32));
  for (auto input : module.getOps<InputOp>()) {
    int64_t elements = countElements(input.getType());
    locations[input.getSymName()] = {
        create(Buffer::Kind::Input, elements, input.getType()), 0, elements};
  }
}

Buffer *ProgramMemory::create(Buffer::Kind kind, int64_t elements, Type type) {
  buffers.push_back({kind, elements, elementBytes(type)});
  return &buffers.back();
}

SmallVector<StateOp> ProgramMemory::getStates(const Buffer *buffer) const {
  SmallVector<StateOp> result;
  for (StateOp state : states)
    if (lookup(state.getSymName()).buffer == buffer)
      result.push_back(state);
  return result;
}

bool ProgramMemory::tryGroup(ArrayRef<StateOp> group,
                             ArrayRef<int64_t> offsets) {
  llvm::SmallPtrSet<Operation *, 8> distinct;
  for (StateOp state : group)
    if (locations.contains(state.getSymName()) ||
        !distinct.insert(state).second)
      return false;
  Buffer *buffer = create(Buffer::Kind::State, offsets.back(),
                          StateOp(group.front()).getType());
  for (unsigned i = 0; i < group.size(); ++i) {
    StateOp state = group[i];
    locations[state.getSymName()] = {buffer, offsets[i],
                                     countElements(state.getType())};
  }
  return true;
}

/// Groups states, the largest packs first, so that a pack of some members of
/// another finds them where they already lie. A pack whose states are taken by
/// another in a different order will be copied together.
void ProgramMemory::groupStates(ModuleOp module) {
  states = llvm::to_vector(module.getOps<StateOp>());
  SmallVector<std::pair<SmallVector<StateOp>, SmallVector<int64_t>>> groups;
  module.walk([&](Operation *op) {
    SmallVector<StateOp> group;
    if (auto pack = dyn_cast<PackOp>(op))
      group = getPackedStates(pack);
    else if (auto unpack = dyn_cast<UnpackOp>(op))
      group = getUnpackedStates(unpack);
    if (group.empty())
      return;
    SmallVector<Type> types = llvm::map_to_vector(
        group, [](StateOp state) { return Type(state.getType()); });
    groups.push_back({group, PackOp::getOffsets(types)});
  });
  llvm::stable_sort(groups, [](const auto &a, const auto &b) {
    return a.first.size() > b.first.size();
  });
  for (auto &[group, offsets] : groups)
    tryGroup(group, offsets);
  for (StateOp state : states) {
    int64_t elements = countElements(state.getType());
    if (!locations.contains(state.getSymName()))
      locations[state.getSymName()] = {
          create(Buffer::Kind::State, elements, state.getType()), 0, elements};
  }
}
