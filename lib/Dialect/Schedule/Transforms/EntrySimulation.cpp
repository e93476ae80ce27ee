// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Symbolic execution of the kernel level.

#include "Simulation.h"
#include "Ties.h"

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

Content schedule::contentOfSymbol(Values &values, StringRef symbol, Type type) {
  return Content(values.number(("@" + symbol).str()), byteSize(type));
}

Content schedule::contentOfControl(Values &values) {
  return Content(values.number("control"), kControlBytes);
}

/// The pieces one behind the other at their offsets, zeros between them.
static Content packContents(ArrayRef<Content> pieces, TypeRange types) {
  SmallVector<int64_t> offsets = PackOp::getOffsets(types);
  Content arena;
  for (unsigned i = 0; i < pieces.size(); ++i) {
    arena.append(pieces[i]);
    arena.append(Content(Values::Zero, (offsets[i + 1] - offsets[i]) *
                                               elementBytes(types[i]) -
                                           byteSize(types[i])));
  }
  return arena;
}

namespace {

class EntrySimulation {
public:
  EntrySimulation(Values &values, llvm::DenseMap<Value, Content> &contents)
      : values(values), contents(contents) {}

  void run(Block &block) {
    for (Operation &op : block)
      run(op);
  }

  EntryResult result;

private:
  void run(Operation &op);
  void run(ScanOp loop);

  Values &values;
  llvm::DenseMap<Value, Content> &contents;
  llvm::DenseMap<Operation *, std::unique_ptr<KernelFunction>> functions;
};

} // namespace

void EntrySimulation::run(Operation &op) {
  auto operands = llvm::map_to_vector(
      op.getOperands(), [&](Value value) { return contents.lookup(value); });
  if (auto read = dyn_cast<ReadOp>(op)) {
    contents[read.getResult()] =
        contentOfSymbol(values, read.getSymbol(), read.getType());
  } else if (auto control = dyn_cast<descent::ControlOp>(op)) {
    contents[control.getResult()] = contentOfControl(values).slice(
        int64_t(control.getWord()) * kWordBytes, kWordBytes);
  } else if (isa<ReshapeOp>(op)) {
    contents[op.getResult(0)] = operands[0];
  } else if (isa<PackOp>(op)) {
    contents[op.getResult(0)] = packContents(operands, op.getOperandTypes());
  } else if (auto unpack = dyn_cast<UnpackOp>(op)) {
    SmallVector<int64_t> offsets = PackOp::getOffsets(unpack.getResultTypes());
    for (OpResult piece : unpack->getResults())
      contents[piece] = operands[0].slice(offsets[piece.getResultNumber()] *
                                              elementBytes(piece.getType()),
                                          byteSize(piece.getType()));
  } else if (auto constant = dyn_cast<ConstantOp>(op)) {
    // As the kernel that will fill it.
    auto splat = dyn_cast<SplatElementsAttr>(constant.getValue());
    if (!splat || contents.contains(constant.getResult()))
      return;
    OpBuilder builder(&op);
    auto fill = buildCopy(builder, constant.getResult(),
                          splat.getSplatValue<TypedAttr>());
    contents[constant.getResult()] =
        KernelFunction(fill, values).evaluate({}).front();
    fill.erase();
  } else if (isLaunched(&op)) {
    std::unique_ptr<KernelFunction> &function = functions[&op];
    if (!function)
      function = std::make_unique<KernelFunction>(&op, values);
    for (auto [value, content] :
         llvm::zip(op.getResults(), function->evaluate(operands)))
      contents[value] = content;
  } else if (auto loop = dyn_cast<ScanOp>(op)) {
    run(loop);
  } else if (auto write = dyn_cast<WriteOp>(op)) {
    result.states[write.getSymbol().str()] = operands[0];
  } else if (auto output = dyn_cast<descent::OutputOp>(op)) {
    result.outputs[output.getName().str()] = operands[0];
  }
}

void EntrySimulation::run(ScanOp loop) {
  Block &body = loop.getBody().front();
  int64_t count = loop.getCount();
  if (isLongLoop(count, getLaunched(body).size())) {
    result.isExact = false;
    for (Value value : loop->getResults())
      contents[value] =
          Content(values.number("unknown"), byteSize(value.getType()));
    return;
  }
  unsigned numCarried = loop.getInits().size(),
           numSequences = loop.getSequences().size();
  std::vector<std::vector<Content>> slices, stacks(loop.getStacked().size());
  for (auto [argument, operand] :
       llvm::zip(body.getArguments(), loop->getOperands())) {
    contents[argument] = contents.lookup(operand);
    if (argument.getArgNumber() >= numCarried && slices.size() < numSequences)
      slices.push_back(contents[argument].split(byteSize(argument.getType())));
  }
  for (auto &stack : stacks)
    stack.resize(count);
  Operation *end = body.getTerminator();
  for (int64_t step = 0; step < count; ++step) {
    int64_t iteration = loop.getReversed() ? count - 1 - step : step;
    for (unsigned i = 0; i < numSequences; ++i)
      contents[body.getArgument(numCarried + i)] = slices[i][iteration];
    run(body);
    SmallVector<Content> next =
        llvm::map_to_vector(end->getOperands(), [&](Value value) {
          return contents.lookup(value);
        });
    for (unsigned i = 0; i < numCarried; ++i)
      contents[body.getArgument(i)] = next[i];
    for (unsigned i = 0; i < stacks.size(); ++i)
      stacks[i][iteration] = next[numCarried + i];
  }
  for (unsigned i = 0; i < numCarried; ++i)
    contents[loop.getFinals()[i]] = contents.lookup(body.getArgument(i));
  for (unsigned i = 0; i < stacks.size(); ++i) {
    Content whole;
    for (const Content &piece : stacks[i])
      whole.append(piece);
    contents[loop.getStacked()[i]] = whole;
  }
}

EntryResult schedule::simulate(descent::EntryOp entry, Values &values,
                               llvm::DenseMap<Value, Content> &contents) {
  EntrySimulation simulation(values, contents);
  auto module = entry->getParentOfType<ModuleOp>();
  for (auto state : module.getOps<StateOp>())
    simulation.result.states[state.getSymName().str()] =
        contentOfSymbol(values, state.getSymName(), state.getType());
  simulation.run(entry.getBody().front());
  return simulation.result;
}
