// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Entries in the report: launches, and what every line of the model costs.

#include "Parts.h"
#include "descent/Dialect/Descent/RowGroups.h"
#include "descent/Dialect/Descent/ScatteredSums.h"
#include "descent/Dialect/Schedule/Origins.h"
#include <map>
#include <set>

using namespace mlir;

namespace descent::report {

namespace {

/// What a line of the model costs in a run of an entry.
struct LineCost {
  uint64_t flop = 0, read = 0, written = 0;
  double time = 0;
  std::set<unsigned> launches;
};

class EntryDescriber {
public:
  EntryDescriber(Program &program, schedule::EntryOp entry)
      : program(program), entry(entry), tensors(program, entry) {}

  Json describe();

private:
  /// Walks launches, loops and barriers in the order in which they run.
  void walk(Block &block, int loop);
  Json describeLaunch(schedule::LaunchOp launch, int loop);
  Json describeTransfers(schedule::LaunchOp launch, schedule::KernelOp kernel,
                         bool writes);
  /// Adds a launch to the costs of the lines that its parts come from; returns
  /// those lines, the kernel's own first.
  std::vector<Line> charge(schedule::LaunchOp launch,
                           schedule::KernelOp kernel);
  Json describeLines() const;

  Program &program;
  schedule::EntryOp entry;
  Tensors tensors;
  Json launches = Json::array(), loops = Json::array();
  std::map<Line, LineCost> lines;
  uint64_t barriers = 0;
  unsigned phase = 0;
  double time = 0;
};

} // namespace

/// The loop nest that a transfer is for, the first of a row group's that read
/// the tensor, and the number of the operand or result there.
static std::pair<descent::KernelOp, unsigned>
findUse(schedule::KernelOp kernel, const bundle::Transfer &transfer) {
  Operation *part = kernel.getParts()[transfer.part];
  if (auto nest = dyn_cast<descent::KernelOp>(part))
    return {nest, transfer.number};
  auto group = cast<RowGroupOp>(part);
  if (transfer.isWrite) {
    auto value = cast<OpResult>(group.getReturned()[transfer.number]);
    return {cast<descent::KernelOp>(value.getOwner()), value.getResultNumber()};
  }
  for (descent::KernelOp nest : group.getParts())
    for (OpOperand &use : nest->getOpOperands())
      if (lookThroughReshapes(use.get()) ==
          group.getBlock().getArgument(transfer.number))
        return {nest, use.getOperandNumber()};
  llvm_unreachable("an operand of a group that no kernel of it reads");
}

/// The operation that a transfer is for: the first one that uses the element
/// that is read, or the one that computes what is written.
static Operation *userOf(schedule::KernelOp kernel,
                         const bundle::Transfer &transfer) {
  auto [part, number] = findUse(kernel, transfer);
  Operation *mapEnd = part.getMapBlock().getTerminator(),
            *end = part.getFinishBlock().getTerminator();
  if (transfer.isWrite) {
    if (Operation *op = end->getOperand(number).getDefiningOp())
      return op;
    return part.isElementwise() ? end : mapEnd; // copied, or combined
  }
  unsigned numInputs = part.getInputs().size();
  bool inMap = number < numInputs;
  Value element = inMap ? part.getMapBlock().getArgument(number)
                        : part.getFinishBlock().getArgument(
                              part.getNumCombined() + number - numInputs);
  Operation *first = inMap ? mapEnd : end;
  for (Operation *user : element.getUsers())
    if (user->isBeforeInBlock(first))
      first = user;
  return first;
}

std::vector<Line> EntryDescriber::charge(schedule::LaunchOp launch,
                                         schedule::KernelOp kernel) {
  uint64_t runs = launch.countRuns();
  unsigned number = launches.size();
  SmallVector<Location> locations = schedule::getBodyLocations(launch, kernel);
  Line own = program.sources.locate(launch.getLoc());
  std::vector<Line> touched;
  // What the model has no line for is charged to the launch's own.
  auto costOf = [&](const Line &line) -> LineCost & {
    const Line &target = line.isKnown() ? line : own;
    if (!llvm::is_contained(touched, target))
      touched.push_back(target);
    LineCost &cost = lines[target];
    cost.launches.insert(number);
    return cost;
  };
  costOf(own).time += program.times[launch.getKernel()] * double(runs);

  llvm::DenseMap<Operation *, Line> lineOf;
  const Location *location = locations.begin();
  for (descent::KernelOp part : nestsOf(kernel)) {
    uint64_t results = 1, points = countMapPoints(part);
    for (int64_t extent : part.getParallel())
      results *= extent;
    for (Block *block : {&part.getMapBlock(), &part.getFinishBlock()}) {
      uint64_t times = block == &part.getMapBlock() ? points : results;
      for (Operation &op : *block) {
        Line line = lineOf[&op] = program.sources.locate(*location++);
        if (auto cost = dyn_cast<CostOpInterface>(op))
          costOf(line).flop += cost.getFlops() * times * runs;
      }
    }
    if (!part.getCombiners().empty())
      costOf(lineOf[part.getMapBlock().getTerminator()]).flop +=
          part.getCombiners().size() * points * runs;
  }
  for (const bundle::Transfer &transfer : bundle::getTransfers(kernel)) {
    LineCost &cost = costOf(lineOf[userOf(kernel, transfer)]);
    (transfer.isWrite ? cost.written : cost.read) += transfer.bytes * runs;
  }
  return touched;
}

Json EntryDescriber::describeTransfers(schedule::LaunchOp launch,
                                       schedule::KernelOp kernel, bool writes) {
  unsigned number = launches.size();
  Json json = Json::array();
  for (const bundle::Transfer &transfer : bundle::getTransfers(kernel)) {
    if (transfer.isWrite != writes)
      continue;
    Operation *part = kernel.getParts()[transfer.part];
    std::string name;
    if (writes) {
      unsigned result = kernel.getFirstResult(transfer.part) + transfer.number;
      name = tensors.nameWritten(
          number,
          launch.getOperandRange(kernel, kernel.getWrite(result),
                                 part->getResult(transfer.number).getType()));
    } else {
      auto argument = cast<BlockArgument>(part->getOperand(transfer.number));
      name = tensors.nameRead(
          number, launch.getOperandRange(
                      kernel, kernel.getRead(argument.getArgNumber()),
                      argument.getType()));
    }
    json.push_back({{"tensor", name}, {"bytes", transfer.bytes}});
  }
  return json;
}

Json EntryDescriber::describeLaunch(schedule::LaunchOp launch, int loop) {
  schedule::KernelOp kernel = program.kernelOf(launch);
  bundle::Statistics cost = bundle::getLaunchStatistics(launch, kernel);
  unsigned number = launches.size();
  Json names = Json::array();
  for (const Line &line : charge(launch, kernel))
    if (line.isKnown())
      names.push_back(line.print());
  double each = program.times[launch.getKernel()];
  time += each * double(launch.countRuns());
  Json json = {{"launch", number},
               {"kernel", launch.getKernel().str()},
               {"label", launch.getLabel().value_or("").str()},
               {"lines", names},
               {"phase", phase},
               {"runs", launch.countRuns()}};
  if (loop >= 0)
    json["loop"] = loop;
  json["flop"] = cost.flop;
  json["bytes_read"] = cost.bytes - cost.written;
  json["bytes_written"] = cost.written;
  json["intensity"] =
      round(cost.bytes ? double(cost.flop) / double(cost.bytes) : 0);
  json["time_ms"] = each;
  json["reads"] = describeTransfers(launch, kernel, false);
  json["writes"] = describeTransfers(launch, kernel, true);
  Json reasons = Json::array();
  bool moves = false;
  // A list as long as that of the kernel's loop nests.
  for (unsigned i = 0; i < kernel.getParts().size(); ++i)
    for (descent::KernelOp nest : nestsOf(kernel.getParts()[i])) {
      bool isMove = !describeMovement(nest).empty();
      moves |= isMove;
      reasons.push_back(isMove ? tensors.explain(number, i, nest) : "");
    }
  if (moves)
    json["reasons"] = reasons;
  return json;
}

void EntryDescriber::walk(Block &block, int loop) {
  for (Operation &op : block) {
    if (isa<schedule::BarrierOp>(op)) {
      auto around = dyn_cast<schedule::LoopOp>(op.getParentOp());
      barriers += around ? around.getCount() : 1;
      ++phase;
    }
    if (auto launch = dyn_cast<schedule::LaunchOp>(op))
      launches.push_back(describeLaunch(launch, loop));
    if (auto inner = dyn_cast<schedule::LoopOp>(op)) {
      unsigned first = launches.size(), number = loops.size();
      loops.push_back(Json());
      walk(inner.getBody().front(), number);
      loops[number] = {{"count", inner.getCount()},
                       {"reversed", inner.getReversed()},
                       {"first", first},
                       {"last", int64_t(launches.size()) - 1}};
    }
  }
}

Json EntryDescriber::describeLines() const {
  Json json = Json::array();
  for (const auto &[line, cost] : lines) {
    Json row = {{"file", line.file},
                {"line", line.line},
                {"text", program.sources.quote(line)},
                {"flop", cost.flop},
                {"bytes_read", cost.read},
                {"bytes_written", cost.written},
                {"time_ms", round(cost.time)},
                {"launches", cost.launches}};
    json.push_back(row);
  }
  return json;
}

Json EntryDescriber::describe() {
  walk(entry.getBody().front(), -1);
  bundle::Statistics total = bundle::getEntryStatistics(entry);
  return {{"name", entry.getSymName().str()},
          {"totals",
           {{"launches", total.launches},
            {"kernels", total.kernels},
            {"barriers", barriers},
            {"flop", total.flop},
            {"bytes_read", total.bytes - total.written},
            {"bytes_written", total.written},
            {"intensity",
             round(total.bytes ? double(total.flop) / double(total.bytes) : 0)},
            {"time_ms", round(time)}}},
          {"loops", loops},
          {"launches", launches},
          {"lines", describeLines()},
          {"memory", describeEntryMemory(program, tensors)}};
}

Json describeEntry(Program &program, schedule::EntryOp entry) {
  return EntryDescriber(program, entry).describe();
}

} // namespace descent::report
