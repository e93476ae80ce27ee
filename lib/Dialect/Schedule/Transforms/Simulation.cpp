// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Symbolic execution of entries before and after memory planning.

#include "Simulation.h"
#include "Ties.h"

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

static Content contentOfSymbol(Values &values, StringRef symbol,
                               int64_t elements) {
  return Content(values.number(("@" + symbol).str()), elements);
}

static Content contentOfControl(Values &values) {
  return Content(values.number("control"), kControlBytes / kElementBytes);
}

//===----------------------------------------------------------------------===//
// The kernel level
//===----------------------------------------------------------------------===//

/// The pieces one behind the other at their offsets, zeros between them.
static Content packContents(ArrayRef<Content> pieces, TypeRange types) {
  SmallVector<int64_t> offsets = PackOp::getOffsets(types);
  Content arena;
  for (unsigned i = 0; i < pieces.size(); ++i) {
    arena.append(pieces[i]);
    arena.append(Content(Values::Zero, offsets[i + 1] - offsets[i] -
                                           countElements(types[i])));
  }
  return arena;
}

EntryResult schedule::simulate(descent::EntryOp entry, Values &values,
                               llvm::DenseMap<Value, Content> &contents) {
  EntryResult result;
  auto module = entry->getParentOfType<ModuleOp>();
  for (auto state : module.getOps<StateOp>())
    result.states[state.getSymName().str()] = contentOfSymbol(
        values, state.getSymName(), countElements(state.getType()));
  for (Operation &op : *entry.getBody().begin()) {
    auto operands = llvm::map_to_vector(
        op.getOperands(), [&](Value value) { return contents.lookup(value); });
    if (auto read = dyn_cast<ReadOp>(op)) {
      contents[read.getResult()] = contentOfSymbol(
          values, read.getSymbol(), countElements(read.getType()));
    } else if (auto control = dyn_cast<descent::ControlOp>(op)) {
      contents[control.getResult()] =
          contentOfControl(values).slice(int64_t(control.getWord()), 1);
    } else if (isa<ReshapeOp>(op)) {
      contents[op.getResult(0)] = operands[0];
    } else if (isa<PackOp>(op)) {
      contents[op.getResult(0)] = packContents(operands, op.getOperandTypes());
    } else if (auto unpack = dyn_cast<UnpackOp>(op)) {
      SmallVector<int64_t> offsets =
          PackOp::getOffsets(unpack.getResultTypes());
      for (OpResult piece : unpack->getResults())
        contents[piece] = operands[0].slice(offsets[piece.getResultNumber()],
                                            countElements(piece.getType()));
    } else if (auto constant = dyn_cast<ConstantOp>(op)) {
      // As the kernel that will fill it.
      auto splat = dyn_cast<SplatElementsAttr>(constant.getValue());
      if (!splat)
        continue;
      OpBuilder builder(&op);
      auto fill = buildCopy(builder, constant.getResult(),
                            splat.getSplatValue<TypedAttr>());
      contents[constant.getResult()] = values.evaluate(fill, {}).front();
      fill.erase();
    } else if (auto kernel = dyn_cast<descent::KernelOp>(op)) {
      for (auto [value, content] :
           llvm::zip(kernel->getResults(), values.evaluate(kernel, operands)))
        contents[value] = content;
    } else if (auto write = dyn_cast<WriteOp>(op)) {
      result.states[write.getSymbol().str()] = operands[0];
    } else if (auto output = dyn_cast<descent::OutputOp>(op)) {
      result.outputs[output.getName().str()] = operands[0];
    }
  }
  return result;
}

//===----------------------------------------------------------------------===//
// The schedule level
//===----------------------------------------------------------------------===//

ScheduleSimulation::ScheduleSimulation(ModuleOp module, Values &values)
    : module(module), symbols(module), values(values) {
  for (auto slab : module.getOps<SlabOp>())
    gaps.try_emplace(
        slab.getSymName().str(), int64_t(slab.getSize()) / kElementBytes,
        slab.getKind() == SlabKind::state ? Values::Zero : Values::Undefined);
}

Content ScheduleSimulation::read(const Memory &memory, PlaceAttr place) const {
  return memory.find(place.getSlab().getValue())
      ->second.read(place.getOffset() / kElementBytes,
                    place.getSize() / kElementBytes);
}

static void write(std::map<std::string, SlabContent, std::less<>> &memory,
                  PlaceAttr place, const Content &content) {
  memory.find(place.getSlab().getValue())
      ->second.write(place.getOffset() / kElementBytes, content);
}

ScheduleSimulation::Memory ScheduleSimulation::makeMemory() {
  Memory memory = gaps;
  for (auto place : module.getOps<PlaceOp>())
    write(memory, place.getPlace(),
          contentOfSymbol(values, place.getSymbol(),
                          place.getPlace().getSize() / kElementBytes));
  for (auto control : module.getOps<schedule::ControlOp>())
    write(memory, control.getPlace(), contentOfControl(values));
  return memory;
}

/// The place of an operand of `launch` that has `type`.
static PlaceAttr getOperandPlace(LaunchOp launch, OperandAttr operand,
                                 Type type) {
  PlaceAttr binding = launch.getBinding(operand.getBinding());
  return PlaceAttr::get(binding.getSlab(),
                        binding.getOffset() +
                            operand.getOffset() * kElementBytes,
                        byteSize(type));
}

LogicalResult ScheduleSimulation::run(LaunchOp launch, Memory &memory) {
  auto kernel = symbols.lookup<schedule::KernelOp>(launch.getKernel());
  auto body = cast<descent::KernelOp>(kernel.getBlock().front());
  SmallVector<Content> operands;
  for (OpOperand &operand : body->getOpOperands()) {
    unsigned number = cast<BlockArgument>(operand.get()).getArgNumber();
    PlaceAttr place = getOperandPlace(launch, kernel.getRead(number),
                                      operand.get().getType());
    operands.push_back(read(memory, place));
    if (operands.back().contains(Values::Undefined))
      return launch.emitOpError()
             << "reads " << place << ", where nothing was written";
    for (OpResult result : body->getResults()) {
      PlaceAttr written = getOperandPlace(
          launch, kernel.getWrite(result.getResultNumber()), result.getType());
      Slice from = {nullptr, place.getOffset() / kElementBytes, 0},
            to = {nullptr, written.getOffset() / kElementBytes, 0};
      if (place.overlaps(written) &&
          !readsOwnElement(body, operand.getOperandNumber(), from, to))
        return launch.emitOpError()
               << "reads " << place
               << " while another iteration may overwrite it";
    }
  }
  for (auto [i, content] : llvm::enumerate(values.evaluate(body, operands)))
    write(memory,
          getOperandPlace(launch, kernel.getWrite(i),
                          body->getResult(i).getType()),
          content);
  return success();
}

FailureOr<ScheduleSimulation::Memory>
ScheduleSimulation::run(schedule::EntryOp entry) {
  Memory memory = makeMemory();
  for (auto launch : entry.getBody().getOps<LaunchOp>())
    if (failed(run(launch, memory)))
      return failure();
  EntryResult &result = results[entry.getSymName().str()] = {};
  for (auto place : module.getOps<PlaceOp>())
    if (symbols.lookup<StateOp>(place.getSymbol()))
      result.states[place.getSymbol().str()] = read(memory, place.getPlace());
  for (auto output : entry.getBody().getOps<schedule::OutputOp>()) {
    result.outputs[output.getName().str()] = read(memory, output.getPlace());
    if (read(memory, output.getPlace()).contains(Values::Undefined)) {
      output.emitOpError() << "lies where nothing was written";
      return failure();
    }
  }
  return memory;
}

/// Gives up bytes outside of the states that are not zero in `memory`, the end
/// of a run. True if there were any.
bool ScheduleSimulation::updateGaps(const Memory &memory) {
  bool changed = false;
  for (auto slab : module.getOps<SlabOp>()) {
    if (slab.getKind() != SlabKind::state)
      continue;
    int64_t elements = slab.getSize() / kElementBytes, position = 0;
    SlabContent end = memory.find(slab.getSymName())->second;
    for (auto place : module.getOps<PlaceOp>())
      if (place.getPlace().getSlab().getValue() == slab.getSymName())
        end.write(
            place.getPlace().getOffset() / kElementBytes,
            Content(Values::Zero, place.getPlace().getSize() / kElementBytes));
    SlabContent &gap = gaps.find(slab.getSymName())->second;
    Content left = end.read(0, elements);
    for (const Segment &segment : left.getSegments()) {
      Content unknown(Values::Undefined, segment.length);
      if (segment.value != Values::Zero &&
          !(gap.read(position, segment.length) == unknown)) {
        gap.write(position, unknown);
        changed = true;
      }
      position += segment.length;
    }
  }
  return changed;
}

LogicalResult ScheduleSimulation::run() {
  // The greatest fixed point: all gaps are zero to begin with, as the slabs
  // are.
  for (bool changed = true; changed;) {
    changed = false;
    for (auto entry : module.getOps<schedule::EntryOp>()) {
      FailureOr<Memory> memory = run(entry);
      if (failed(memory))
        return failure();
      changed |= updateGaps(*memory);
    }
  }
  return success();
}
