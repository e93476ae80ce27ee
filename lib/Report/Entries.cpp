// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Entries in the report: launches, and what every line of the model costs.

#include "Parts.h"
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

std::vector<Line> EntryDescriber::charge(schedule::LaunchOp launch,
                                         schedule::KernelOp kernel) {
  descent::KernelOp body = bodyOf(kernel);
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
  uint64_t results = 1, points = 1;
  for (int64_t extent : body.getParallel())
    results *= extent;
  for (int64_t extent : body.getDomain())
    points *= extent;
  const Location *location = locations.begin();
  for (Block *block : {&body.getMapBlock(), &body.getFinishBlock()}) {
    uint64_t times = block == &body.getMapBlock() ? points : results;
    for (Operation &op : *block) {
      Line line = lineOf[&op] = program.sources.locate(*location++);
      if (auto cost = dyn_cast<CostOpInterface>(op))
        costOf(line).flop += cost.getFlops() * times * runs;
    }
  }
  if (!body.getCombiners().empty())
    costOf(lineOf[body.getMapBlock().getTerminator()]).flop +=
        body.getCombiners().size() * points * runs;

  // A tensor is read for the first operation that uses its element, and written
  // for the one that computes it.
  unsigned numInputs = body.getInputs().size();
  for (const bundle::Transfer &transfer : bundle::getTransfers(kernel)) {
    Operation *op;
    if (transfer.isWrite) {
      Operation *end = body.getFinishBlock().getTerminator();
      op = end->getOperand(transfer.number).getDefiningOp();
      if (!op && !body.isElementwise())
        op = body.getMapBlock().getTerminator(); // a combined value
      if (!op)
        op = end;
    } else {
      bool inMap = transfer.number < numInputs;
      Block &block = inMap ? body.getMapBlock() : body.getFinishBlock();
      Value element = inMap ? block.getArgument(transfer.number)
                            : block.getArgument(body.getNumCombined() +
                                                transfer.number - numInputs);
      op = block.getTerminator();
      for (Operation *user : element.getUsers())
        if (user->isBeforeInBlock(op))
          op = user;
    }
    LineCost &cost = costOf(lineOf[op]);
    (transfer.isWrite ? cost.written : cost.read) += transfer.bytes * runs;
  }
  return touched;
}

Json EntryDescriber::describeTransfers(schedule::LaunchOp launch,
                                       schedule::KernelOp kernel, bool writes) {
  descent::KernelOp body = bodyOf(kernel);
  unsigned number = launches.size();
  Json json = Json::array();
  for (const bundle::Transfer &transfer : bundle::getTransfers(kernel)) {
    if (transfer.isWrite != writes)
      continue;
    std::string name;
    if (writes) {
      name = tensors.nameWritten(
          number,
          launch.getOperandRange(kernel, kernel.getWrite(transfer.number),
                                 body->getResult(transfer.number).getType()));
    } else {
      auto argument = cast<BlockArgument>(body->getOperand(transfer.number));
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
  if (!describeMovement(bodyOf(kernel)).empty())
    json["reason"] = tensors.explain(number);
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
