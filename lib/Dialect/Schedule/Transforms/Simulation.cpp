// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Symbolic execution of the schedule level.

#include "Simulation.h"
#include "Ties.h"

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

ScheduleSimulation::ScheduleSimulation(ModuleOp module, Values &values)
    : module(module), symbols(module), values(values) {
  for (auto slab : module.getOps<SlabOp>())
    gaps.try_emplace(slab.getSymName().str(), int64_t(slab.getSize()),
                     slab.getKind() == SlabKind::state ? Values::Zero
                                                       : Values::Undefined);
}

Type ScheduleSimulation::getType(PlaceOp place) const {
  Operation *target = symbols.lookup(place.getSymbol());
  if (auto state = dyn_cast<StateOp>(target))
    return state.getType();
  return cast<InputOp>(target).getType();
}

/// The bytes of a tensor at a place, which is whole words.
static PlaceAttr withoutPadding(PlaceAttr place, Type type) {
  return PlaceAttr::get(place.getSlab(), place.getOffset(), byteSize(type));
}

Content ScheduleSimulation::read(const Memory &memory, PlaceAttr place) const {
  return memory.find(place.getSlab().getValue())
      ->second.read(place.getOffset(), place.getSize());
}

static void write(std::map<std::string, SlabContent, std::less<>> &memory,
                  PlaceAttr place, const Content &content) {
  memory.find(place.getSlab().getValue())
      ->second.write(place.getOffset(), content);
}

ScheduleSimulation::Memory ScheduleSimulation::makeMemory() {
  Memory memory = gaps;
  for (auto place : module.getOps<PlaceOp>())
    write(memory, place.getPlace(),
          contentOfSymbol(values, place.getSymbol(), getType(place)));
  for (auto control : module.getOps<schedule::ControlOp>())
    write(memory, control.getPlace(), contentOfControl(values));
  return memory;
}

LogicalResult ScheduleSimulation::run(LaunchOp launch, Memory &memory,
                                      int64_t iteration) {
  auto kernel = symbols.lookup<schedule::KernelOp>(launch.getKernel());
  // Parts run at the same time: all read before any writes.
  SmallVector<std::pair<PlaceAttr, Content>> written;
  SmallVector<PlaceAttr> read;
  for (Operation *part : kernel.getParts()) {
    SmallVector<PlaceAttr> reads, writes;
    for (Value operand : part->getOperands()) {
      unsigned number = cast<BlockArgument>(operand).getArgNumber();
      reads.push_back(launch.getOperandPlace(kernel.getRead(number),
                                             operand.getType(), iteration));
    }
    for (auto [i, result] : llvm::enumerate(part->getResults()))
      writes.push_back(launch.getOperandPlace(
          kernel.getWrite(written.size() + i), result.getType(), iteration));
    FailureOr<SmallVector<Content>> contents =
        evaluate(launch, part, memory, reads, writes);
    if (failed(contents))
      return failure();
    auto overlaps = [](ArrayRef<PlaceAttr> places, PlaceAttr place) {
      return llvm::any_of(
          places, [&](PlaceAttr other) { return other.overlaps(place); });
    };
    SmallVector<PlaceAttr> earlier =
        llvm::map_to_vector(written, [](auto &write) { return write.first; });
    for (PlaceAttr place : reads)
      if (overlaps(earlier, place))
        return launch.emitOpError()
               << "reads " << place << " while another part writes it";
    for (PlaceAttr place : writes)
      if (overlaps(earlier, place) || overlaps(read, place))
        return launch.emitOpError()
               << "writes " << place << " while another part uses it";
    llvm::append_range(read, reads);
    for (auto [place, content] : llvm::zip(writes, *contents))
      written.push_back({place, std::move(content)});
  }
  for (auto &[place, content] : written)
    write(memory, place, content);
  return success();
}

FailureOr<SmallVector<Content>>
ScheduleSimulation::evaluate(LaunchOp launch, Operation *part,
                             const Memory &memory, ArrayRef<PlaceAttr> reads,
                             ArrayRef<PlaceAttr> writes) {
  std::unique_ptr<KernelFunction> &function = functions[part];
  if (!function)
    function = std::make_unique<KernelFunction>(part, values);
  SmallVector<Content> operands;
  for (auto [number, place] : llvm::enumerate(reads)) {
    operands.push_back(read(memory, place));
    if (operands.back().contains(Values::Undefined)) {
      launch.emitOpError() << "reads " << place
                           << ", where nothing was written";
      return failure();
    }
    for (auto [i, to] : llvm::enumerate(writes))
      if (place.overlaps(to) &&
          !function->readsOnlyWritten(number, i,
                                      to.getOffset() - place.getOffset())) {
        launch.emitOpError()
            << "reads " << place << " while another iteration may overwrite it";
        return failure();
      }
  }
  return function->evaluate(operands);
}

/// Puts values of which nothing is known wherever an iteration of a loop leaves
/// something in a place of its own.
void ScheduleSimulation::forgetMovingResults(LoopOp loop, Memory &memory) {
  for (auto launch : loop.getBody().getOps<LaunchOp>()) {
    auto kernel = symbols.lookup<schedule::KernelOp>(launch.getKernel());
    for (auto [i, value] :
         llvm::enumerate(kernel.getBlock().getTerminator()->getOperands())) {
      OperandAttr operand = kernel.getWrite(i);
      if (operand.getStride() == 0 || operand.getAlternating())
        continue;
      PlaceAttr range =
          launch.getOperandRange(kernel, operand, value.getType());
      write(memory, range, Content(values.number("unknown"), range.getSize()));
    }
  }
}

LogicalResult ScheduleSimulation::run(LoopOp loop, Memory &memory) {
  SmallVector<LaunchOp> launches(loop.getBody().getOps<LaunchOp>());
  int64_t count = loop.getCount(), ends = 4;
  bool isLong = isLongLoop(count, launches.size()) && count > 2 * ends;
  for (int64_t step = 0; step < count; ++step) {
    if (isLong && step == ends) {
      forgetMovingResults(loop, memory);
      step = count - ends;
    }
    for (LaunchOp launch : launches)
      if (failed(run(launch, memory, loop.getIteration(step))))
        return failure();
  }
  return success();
}

FailureOr<ScheduleSimulation::Memory>
ScheduleSimulation::run(schedule::EntryOp entry) {
  Memory memory = makeMemory();
  for (Operation &op : entry.getBody().front()) {
    auto launch = dyn_cast<LaunchOp>(op);
    auto loop = dyn_cast<LoopOp>(op);
    if ((launch && failed(run(launch, memory, /*iteration=*/0))) ||
        (loop && failed(run(loop, memory))))
      return failure();
  }
  EntryResult &result = results[entry.getSymName().str()] = {};
  for (auto place : module.getOps<PlaceOp>())
    if (symbols.lookup<StateOp>(place.getSymbol()))
      result.states[place.getSymbol().str()] =
          read(memory, withoutPadding(place.getPlace(), getType(place)));
  for (auto output : entry.getBody().getOps<schedule::OutputOp>()) {
    Content &content = result.outputs[output.getName().str()];
    content = read(memory, withoutPadding(output.getPlace(), output.getType()));
    if (content.contains(Values::Undefined)) {
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
    int64_t position = 0;
    SlabContent end = memory.find(slab.getSymName())->second;
    for (auto place : module.getOps<PlaceOp>())
      if (place.getPlace().getSlab().getValue() == slab.getSymName())
        end.write(place.getPlace().getOffset(),
                  Content(Values::Zero, byteSize(getType(place))));
    SlabContent &gap = gaps.find(slab.getSymName())->second;
    Content left = end.read(0, slab.getSize());
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
