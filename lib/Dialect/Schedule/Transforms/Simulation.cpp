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
  auto body = cast<descent::KernelOp>(kernel.getBlock().front());
  std::unique_ptr<KernelFunction> &function = functions[body];
  if (!function)
    function = std::make_unique<KernelFunction>(body, values);
  SmallVector<PlaceAttr> written;
  for (OpResult result : body->getResults())
    written.push_back(
        launch.getOperandPlace(kernel.getWrite(result.getResultNumber()),
                               result.getType(), iteration));
  SmallVector<Content> operands;
  for (OpOperand &operand : body->getOpOperands()) {
    unsigned number = cast<BlockArgument>(operand.get()).getArgNumber();
    PlaceAttr place = launch.getOperandPlace(
        kernel.getRead(number), operand.get().getType(), iteration);
    operands.push_back(read(memory, place));
    if (operands.back().contains(Values::Undefined))
      return launch.emitOpError()
             << "reads " << place << ", where nothing was written";
    for (auto [i, to] : llvm::enumerate(written))
      if (place.overlaps(to) &&
          !function->readsOnlyWritten(operand.getOperandNumber(), i,
                                      to.getOffset() - place.getOffset()))
        return launch.emitOpError()
               << "reads " << place
               << " while another iteration may overwrite it";
  }
  for (auto [place, content] : llvm::zip(written, function->evaluate(operands)))
    write(memory, place, content);
  return success();
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
