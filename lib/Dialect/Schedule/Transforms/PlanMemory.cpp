// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descent-plan-memory: from the kernel level to the schedule level.

#include "Plan.h"
#include "descent/Dialect/Schedule/Bindings.h"
#include "descent/Dialect/Schedule/Labels.h"
#include "descent/Dialect/Schedule/Origins.h"
#include "descent/Dialect/Schedule/SchedulePasses.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

namespace descent::schedule {
#define GEN_PASS_DEF_PLANMEMORY
#include "descent/Dialect/Schedule/SchedulePasses.h.inc"
} // namespace descent::schedule

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

namespace {

/// Builds the operations of the schedule level once every buffer has its
/// offset.
class Emitter {
public:
  Emitter(ModuleOp module, ProgramMemory &program, int64_t maxBindings,
          int64_t maxRange)
      : module(module), program(program), symbols(module),
        builder(OpBuilder::atBlockEnd(module.getBody())),
        maxBindings(maxBindings), maxRange(maxRange) {}

  void emitSlabs(int64_t stateBytes, int64_t workBytes);
  void emitPlaces();
  LogicalResult emitEntry(EntryMemory &memory, const KernelOrder &order);

private:
  PlaceAttr getPlace(const Slice &location);
  /// The bytes in which a value lies in any of `count` iterations.
  PlaceAttr getRange(const Slice &location, int64_t count);
  /// Emits the launch of a kernel that runs `count` times in a row.
  LogicalResult emitLaunch(EntryMemory &memory, Operation *kernel,
                           int64_t count, OpBuilder &body);
  /// Says why a launch would have to bind `range`: for the one of `values`, at
  /// `uses`, that takes so much in all iterations of a loop, or for several.
  LogicalResult reportTooLarge(Operation *kernel, ArrayRef<Value> values,
                               ArrayRef<TensorUse> uses, const Binding &range);
  schedule::KernelOp buildKernel(Operation *kernel, ArrayRef<Value> reads,
                                 ArrayRef<OperandAttr> operands,
                                 ArrayRef<Binding> bindings, int64_t count);
  /// The kernel like `kernel` that there already is; `kernel` itself, now with
  /// a name, if it is the first.
  schedule::KernelOp unique(schedule::KernelOp kernel);

  ModuleOp module;
  ProgramMemory &program;
  SymbolTable symbols;
  OpBuilder builder;
  int64_t maxBindings, maxRange;
  FlatSymbolRefAttr stateSlab, workSlab;
  llvm::StringMap<schedule::KernelOp> kernels; // by their text
};

} // namespace

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

void Emitter::emitSlabs(int64_t stateBytes, int64_t workBytes) {
  auto emit = [&](StringRef name, SlabKind kind, int64_t bytes) {
    auto slab = builder.create<SlabOp>(module.getLoc(), name, kind, bytes);
    return FlatSymbolRefAttr::get(symbols.insert(slab));
  };
  if (stateBytes > 0)
    stateSlab = emit("slab.state", SlabKind::state, stateBytes);
  workSlab = emit("slab.work", SlabKind::transient, workBytes);
}

PlaceAttr Emitter::getPlace(const Slice &location) {
  int64_t bytes = location.buffer->elementBytes;
  return PlaceAttr::get(location.buffer->isInStateSlab() ? stateSlab : workSlab,
                        location.buffer->offset + location.offset * bytes,
                        location.elements * bytes);
}

/// The whole words that hold what is at `place`.
static PlaceAttr inWords(PlaceAttr place) {
  return PlaceAttr::get(place.getSlab(), place.getOffset(),
                        llvm::alignTo(place.getSize(), kWordBytes));
}

PlaceAttr Emitter::getRange(const Slice &location, int64_t count) {
  Slice last = location;
  last.offset +=
      location.stride *
      (location.alternating ? std::min<int64_t>(count - 1, 1) : count - 1);
  PlaceAttr a = getPlace(location), b = getPlace(last);
  int64_t begin = std::min(a.getOffset(), b.getOffset()),
          end = std::max(a.getEnd(), b.getEnd());
  return PlaceAttr::get(a.getSlab(), begin, end - begin);
}

void Emitter::emitPlaces() {
  builder.create<schedule::ControlOp>(
      module.getLoc(),
      getPlace({program.getControl(), 0, program.getControl()->elements}));
  auto emit = [&](auto op) {
    builder.create<PlaceOp>(op.getLoc(), FlatSymbolRefAttr::get(op),
                            inWords(getPlace(program.lookup(op.getSymName()))));
  };
  for (auto input : llvm::to_vector(module.getOps<InputOp>()))
    emit(input);
  for (auto state : llvm::to_vector(module.getOps<StateOp>()))
    emit(state);
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

schedule::KernelOp Emitter::buildKernel(Operation *kernel,
                                        ArrayRef<Value> reads,
                                        ArrayRef<OperandAttr> operands,
                                        ArrayRef<Binding> bindings,
                                        int64_t count) {
  auto accesses =
      llvm::map_to_vector(bindings, [&](const Binding &binding) -> Attribute {
        return BindingAccessAttr::get(builder.getContext(),
                                      BindingAccess(binding.access));
      });
  auto attributes = [&](ArrayRef<OperandAttr> range) {
    return builder.getArrayAttr(
        SmallVector<Attribute>(range.begin(), range.end()));
  };
  auto result = builder.create<schedule::KernelOp>(
      kernel->getLoc(), "k", builder.getArrayAttr(accesses),
      attributes(operands.take_front(reads.size())),
      attributes(operands.drop_front(reads.size())), Attribute(),
      IntegerAttr());
  if (llvm::any_of(operands, [](OperandAttr operand) {
        return operand.getStride() != 0;
      }))
    result.setIterations(count);
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&result.getBody());
  IRMapping mapping;
  for (Value read : reads)
    mapping.map(read, block->addArgument(read.getType(), read.getLoc()));
  Operation *copy = builder.clone(*kernel, mapping);
  builder.create<schedule::ReturnOp>(kernel->getLoc(), copy->getResults());
  return result;
}

schedule::KernelOp Emitter::unique(schedule::KernelOp kernel) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  kernel.print(stream,
               OpPrintingFlags().useLocalScope().enableDebugInfo(false));
  auto [known, isNew] = kernels.try_emplace(text, kernel);
  if (!isNew) {
    kernel.erase();
    return known->second;
  }
  kernel.setSymName(("k" + Twine(kernels.size() - 1)).str());
  symbols.insert(kernel);
  return kernel;
}

LogicalResult Emitter::reportTooLarge(Operation *kernel, ArrayRef<Value> values,
                                      ArrayRef<TensorUse> uses,
                                      const Binding &range) {
  module->setAttr(kTooLargeAttrName, builder.getUnitAttr());
  unsigned count = 0, largest = 0;
  for (auto [i, use] : llvm::enumerate(uses)) {
    if (!range.covers(use.place))
      continue;
    if (count++ == 0 || use.place.getSize() > uses[largest].place.getSize())
      largest = i;
  }
  InFlightDiagnostic error = kernel->emitError();
  if (int64_t bytes = uses[largest].place.getSize(); bytes > maxRange)
    error << "a tensor of type " << values[largest].getType() << " takes "
          << bytes << " bytes"
          << (bytes > placeSize(values[largest].getType())
                  ? " in all iterations of its loop"
                  : "");
  else if (int64_t(uses.size()) <= maxBindings)
    error << "a step's and the next step's tensors of type "
          << values[largest].getType() << " lie in one piece of "
          << range.end - range.begin << " bytes, the stack of a loop";
  else
    error << "by " << maxBindings << " bindings the " << uses.size()
          << " tensors of this operation are reached only if one covers "
          << range.end - range.begin << " bytes, for " << count
          << " of them, the largest of type " << values[largest].getType();
  return error << "; the most that a device promises to bind is " << maxRange
               << "; a smaller batch, layer or sequence makes it smaller";
}

LogicalResult Emitter::emitLaunch(EntryMemory &memory, Operation *kernel,
                                  int64_t count, OpBuilder &body) {
  llvm::SmallSetVector<Value, 8> reads(kernel->operand_begin(),
                                       kernel->operand_end());
  SmallVector<Slice> slices;
  SmallVector<TensorUse> uses;
  SmallVector<Value> values;
  auto use = [&](Value value, BindingAccess access) {
    values.push_back(value);
    slices.push_back(memory.locate(value));
    if (count == 1)
      slices.back().stride = 0;
    uses.push_back({getRange(slices.back(), count), access});
  };
  for (Value read : reads)
    use(read, BindingAccess::read);
  for (Value result : kernel->getResults())
    use(result, BindingAccess::write);
  std::optional<Binding> tooLarge;
  std::optional<SmallVector<Binding>> bindings =
      assignBindings(uses, maxBindings, maxRange, tooLarge);
  if (tooLarge)
    return reportTooLarge(kernel, values, uses, *tooLarge);
  if (!bindings)
    return kernel->emitError()
           << "the tensors of a kernel lie in more slabs than the "
           << maxBindings << " bindings that the device profile allows";
  SmallVector<OperandAttr> operands;
  for (auto [slice, use] : llvm::zip(slices, uses)) {
    auto holds = [&](const Binding &binding) {
      return binding.covers(use.place);
    };
    auto *binding = llvm::find_if(*bindings, holds);
    operands.push_back(
        OperandAttr::get(builder.getContext(), binding - bindings->begin(),
                         (getPlace(slice).getOffset() - binding->begin) /
                             slice.buffer->elementBytes,
                         slice.stride, slice.stride != 0 && slice.alternating));
  }
  schedule::KernelOp target = unique(
      buildKernel(kernel, reads.getArrayRef(), operands, *bindings, count));
  auto places =
      llvm::map_to_vector(*bindings, [](const Binding &binding) -> Attribute {
        return binding.getPlace();
      });
  std::string label = getLabel(kernel->getLoc());
  body.create<LaunchOp>(locateLaunch(kernel), FlatSymbolRefAttr::get(target),
                        builder.getArrayAttr(places),
                        label.empty() ? StringAttr()
                                      : builder.getStringAttr(label));
  return success();
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

LogicalResult Emitter::emitEntry(EntryMemory &memory,
                                 const KernelOrder &order) {
  descent::EntryOp entry = memory.getEntry();
  SmallVector<Attribute> inputs;
  for (auto input : module.getOps<InputOp>()) {
    auto reads = [&](ReadOp read) {
      return read.getSymbol() == input.getSymName();
    };
    if (llvm::any_of(entry.getBody().getOps<ReadOp>(), reads))
      inputs.push_back(FlatSymbolRefAttr::get(input));
  }
  // Inserted at the end, behind the kernels that it is the first to launch.
  auto target =
      OpBuilder(module.getContext())
          .create<schedule::EntryOp>(entry.getLoc(), entry.getSymNameAttr(),
                                     builder.getArrayAttr(inputs));
  OpBuilder body = OpBuilder::atBlockEnd(&target.getBody().emplaceBlock());
  LogicalResult result = success();
  for (Operation *step : order.steps) {
    if (isLaunched(step)) {
      if (failed(emitLaunch(memory, step, /*count=*/1, body)))
        result = failure();
      continue;
    }
    auto scan = cast<ScanOp>(step);
    auto loop =
        body.create<LoopOp>(scan.getLoc(), scan.getCount(), scan.getReversed());
    OpBuilder inLoop = OpBuilder::atBlockEnd(&loop.getBody().emplaceBlock());
    for (Operation *kernel : getLaunched(scan.getBody().front()))
      if (failed(emitLaunch(memory, kernel, scan.getCount(), inLoop)))
        result = failure();
  }
  for (auto output : entry.getBody().getOps<descent::OutputOp>())
    body.create<schedule::OutputOp>(
        output.getLoc(), output.getNameAttr(),
        inWords(getPlace(memory.locate(output.getValue()))),
        TypeAttr::get(output.getValue().getType()), output.getBatchAxisAttr());
  symbols.erase(entry);
  builder.insert(target);
  symbols.insert(target);
  return result;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

struct PlanMemoryPass : public schedule::impl::PlanMemoryBase<PlanMemoryPass> {
  using PlanMemoryBase::PlanMemoryBase;
  void runOnOperation() override;
};

} // namespace

/// Runs the planned entries symbolically and compares what they leave with what
/// the entries left before. A difference is a bug of this pass.
static LogicalResult
verifyPlan(ModuleOp module, Values &values,
           const std::map<std::string, EntryResult> &expected) {
  ScheduleSimulation simulation(module, values);
  if (failed(simulation.run()))
    return failure();
  auto check = [&](StringRef entry, StringRef what, const auto &actual,
                   const auto &wanted) -> LogicalResult {
    for (const auto &[name, content] : wanted)
      if (auto found = actual.find(name);
          found == actual.end() || !(found->second == content))
        return module.emitError()
               << "memory planning changed the " << what << " '" << name
               << "' of entry '" << entry << "'";
    return success();
  };
  for (const auto &[entry, wanted] : expected) {
    if (!wanted.isExact)
      continue;
    const EntryResult &actual = simulation.getResult(entry);
    if (failed(check(entry, "state", actual.states, wanted.states)) ||
        failed(check(entry, "output", actual.outputs, wanted.outputs)))
      return failure();
  }
  return success();
}

void PlanMemoryPass::runOnOperation() {
  ModuleOp module = getOperation();
  ProgramPlan plan(module);
  if (failed(plan.make(budget)))
    return signalPassFailure();
  Emitter emitter(module, plan.getProgram(), maxBindings, maxRange);
  emitter.emitSlabs(plan.getStateBytes(), plan.getWorkBytes());
  emitter.emitPlaces();
  for (ProgramPlan::Entry &entry : plan.getEntries())
    if (failed(emitter.emitEntry(entry.memory, entry.order)))
      return signalPassFailure();
  if (failed(verifyPlan(module, plan.getValues(), plan.getExpected())))
    signalPassFailure();
}
