// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels in the report: iteration space, strategy, scalar operations.

#include "Parts.h"
#include "descent/Codegen/CostModel.h"
#include "descent/Codegen/LaunchCost.h"
#include "descent/Dialect/Descent/ScatteredSums.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;

namespace descent::report {

static codegen::Choice choiceOf(codegen::StrategyAttr strategy) {
  return {llvm::to_vector(strategy.getLanes()),
          llvm::to_vector(strategy.getTile()),
          llvm::to_vector(strategy.getRun()),
          llvm::to_vector(strategy.getUnroll())};
}

StringRef kindOf(descent::KernelOp kernel) {
  if (!describeMovement(kernel).empty())
    return "move";
  if (kernel.isElementwise())
    return "elementwise";
  Operation *combined =
      kernel.getMapBlock().getTerminator()->getOperand(0).getDefiningOp();
  return kernel.getCombiner(0) == Combiner::sum &&
                 isa_and_nonnull<MulOp>(combined)
             ? "product"
             : "reduction";
}

static std::string print(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

/// The scalar operations of a kernel in their order, constants left out.
static Json describeOps(Program &program, descent::KernelOp kernel) {
  Json ops = Json::array();
  int64_t results = ShapedType::getNumElements(kernel.getParallel()),
          points = static_cast<int64_t>(countMapPoints(kernel));
  auto add = [&](StringRef name, StringRef block, Type type, uint64_t flop,
                 Location location) {
    Json op = {{"op", name.str()},
               {"block", block.str()},
               {"type", print(type)},
               {"flop", flop}};
    if (Line line = program.sources.locate(location); line.isKnown())
      op["line"] = line.print();
    if (std::string label = nameOf(location); !label.empty())
      op["label"] = label;
    ops.push_back(op);
  };
  auto addBlock = [&](Block &ops, StringRef block, int64_t times) {
    for (Operation &op : ops.without_terminator()) {
      if (isa<ConstantOp>(op))
        continue;
      auto cost = dyn_cast<CostOpInterface>(op);
      add(op.getName().stripDialect(), block, op.getResult(0).getType(),
          cost ? cost.getFlops() * times : 0, op.getLoc());
    }
  };
  addBlock(kernel.getMapBlock(), "map", points);
  Operation *end = kernel.getMapBlock().getTerminator();
  for (auto [combiner, type] :
       llvm::zip(kernel.getCombiners().getAsRange<CombinerAttr>(),
                 end->getOperandTypes()))
    add(stringifyCombiner(combiner.getValue()), "reduce", type, points,
        end->getLoc());
  addBlock(kernel.getFinishBlock(), "finish", results);
  return ops;
}

/// Words that a lane holds at once, as an estimate: the combined values of its
/// register tile, and the elements that an unrolled step loads; at least the
/// results.
static int64_t estimateRegisters(descent::KernelOp kernel,
                                 codegen::CostModel &model,
                                 const codegen::Choice &choice) {
  int64_t combined = 0;
  for (Type type : kernel.getMapBlock().getTerminator()->getOperandTypes())
    combined += llvm::divideCeil(type.getIntOrFloatBitWidth(), 32);
  Instructions code = model.code(choice);
  double loaded = code.load + code.uniformLoad +
                  4 * (code.vectorLoad + code.uniformVectorLoad);
  int64_t tile = model.inRegisters(choice).tileSize();
  return std::max<int64_t>(
      tile * combined +
          int64_t(std::ceil(loaded /
                            double(ShapedType::getNumElements(choice.unroll)))),
      tile * kernel->getNumResults());
}

/// A loop nest of a kernel. `choice` is what the strategy says of it.
static Json describeNest(Program &program, const codegen::IterationSpace &space,
                         const codegen::Choice &choice) {
  descent::KernelOp body = space.kernel;
  const Profile &profile = *program.variant.profile;
  codegen::CostModel model(space, profile);
  Json combiners = Json::array();
  for (auto combiner : body.getCombiners().getAsRange<CombinerAttr>())
    combiners.push_back(stringifyCombiner(combiner.getValue()).str());
  Json json = {{"kind", kindOf(body).str()}};
  if (std::string movement = describeMovement(body); !movement.empty())
    json["movement"] = movement;
  json["parallel"] = body.getParallel().vec();
  json["reduction"] = body.getReduction().vec();
  json["combiners"] = combiners;
  json["flop"] = body.getFlops();
  json["normal_form"] = {{"parallel", space.parallel().vec()},
                         {"reduction", space.reduction().vec()}};
  json["strategy"] = {{"lanes", choice.lanes},
                      {"tile", choice.tile},
                      {"run", choice.run},
                      {"unroll", choice.unroll}};
  // Sums that are kept in memory are in no register.
  codegen::Choice held = model.inRegisters(choice);
  json["register_tile"] = held.tileSize();
  json["accumulators"] = model.sumsInMemory(choice)
                             ? 0
                             : held.tileSize() * body.getCombiners().size();
  json["registers"] = estimateRegisters(body, model, choice);
  json["ops"] = describeOps(program, body);
  return json;
}

/// Appends the loop nests of a part of a kernel; its cost is merged with
/// `cost`.
static void appendPart(Program &program, schedule::KernelOp kernel,
                       unsigned number, codegen::LaunchCost &cost,
                       Json &nests) {
  auto strategy = cast<codegen::StrategyAttr>(kernel.getPartStrategy(number));
  auto spaces = codegen::buildIterationSpaces(kernel, number);
  auto own =
      codegen::LaunchCost::of(spaces, strategy, *program.variant.profile);
  cost = number == 0 ? own : cost.mergedWith(own);
  codegen::Choice whole = choiceOf(strategy), choice = whole;
  ArrayRef<int64_t> unroll = whole.unroll;
  for (const codegen::IterationSpace &space : spaces) {
    choice.unroll = llvm::to_vector(unroll.take_front(space.numReduction()));
    unroll = unroll.drop_front(space.numReduction());
    nests.push_back(describeNest(program, space, choice));
  }
}

Json describeKernel(Program &program, schedule::KernelOp kernel) {
  const CompiledKernel &compiled =
      program.variant.kernels.find(kernel.getSymName())->second;
  codegen::LaunchCost cost;
  Json parts = Json::array(), bindings = Json::array();
  uint64_t flop = 0;
  int64_t registers = 0;
  for (unsigned i = 0; i < kernel.getParts().size(); ++i)
    appendPart(program, kernel, i, cost, parts);
  for (const Json &part : parts) {
    flop += part["flop"].get<uint64_t>();
    registers = std::max(registers, part["registers"].get<int64_t>());
  }
  double time = round(cost.inMilliseconds(*program.variant.profile));
  program.times[kernel.getSymName()] = time;
  for (schedule::BindingAccess access : compiled.bindings)
    bindings.push_back(schedule::stringifyBindingAccess(access).str());
  return {{"name", kernel.getSymName().str()},
          {"kind", parts.size() == 1 ? parts[0]["kind"] : Json("merged")},
          {"flop", flop},
          {"local_size", compiled.localSize},
          {"workgroups", compiled.groups},
          {"registers", registers},
          {"bindings", bindings},
          {"spirv_bytes", compiled.words.size() * sizeof(uint32_t)},
          {"time_ms", time},
          {"parts", parts}};
}

} // namespace descent::report
