// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order of an entry's kernels: program order or a greedy one, whichever
// needs less memory at its peak.

#include "Order.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

namespace {

/// Kernels as numbers, in program order, with what they need and which
/// transients they touch.
struct Graph {
  explicit Graph(EntryMemory &memory);

  /// Runs kernels one by one, of the ready ones that with the least score, then
  /// the least number. The score is how much the live bytes grow by it if
  /// `forMemory`, else nothing.
  SmallVector<unsigned> schedule(bool forMemory);
  /// The largest sum of bytes that are live at once.
  int64_t computePeak(ArrayRef<unsigned> order);

  struct Node {
    Operation *step;
    SmallVector<unsigned> predecessors;
    SmallVector<Buffer *> made, used;
  };
  SmallVector<Node> nodes;
  /// How many kernels use each transient; outputs are used once more than that,
  /// so they never die.
  llvm::DenseMap<Buffer *, unsigned> uses;
};

} // namespace

Graph::Graph(EntryMemory &memory) {
  llvm::DenseMap<Operation *, unsigned> numbers;
  for (Operation *step : memory.getSteps()) {
    numbers[step] = nodes.size();
    nodes.push_back({step, {}, {}, {}});
  }
  auto transient = [&](Value value) {
    Buffer *buffer = memory.locate(value).buffer;
    return buffer->kind == Buffer::Kind::Transient ? buffer : nullptr;
  };
  // A loop goes on in the buffers in which its initial values were made.
  llvm::SmallPtrSet<Buffer *, 32> known;
  for (Node &node : nodes) {
    for (Operation *predecessor : memory.getPredecessors(node.step))
      node.predecessors.push_back(numbers.lookup(predecessor));
    for (Value result : node.step->getResults())
      if (Buffer *buffer = transient(result);
          buffer && known.insert(buffer).second)
        node.made.push_back(buffer);
    llvm::SetVector<Buffer *> used;
    for (Value operand : node.step->getOperands())
      if (Buffer *buffer = transient(operand))
        used.insert(buffer);
    node.used = used.takeVector();
    for (Buffer *buffer : node.used)
      ++uses[buffer];
  }
  for (auto output : memory.getEntry().getBody().getOps<descent::OutputOp>())
    if (Buffer *buffer = transient(output.getValue()))
      ++uses[buffer];
}

SmallVector<unsigned> Graph::schedule(bool forMemory) {
  llvm::DenseMap<Buffer *, unsigned> left = uses;
  auto score = [&](const Node &node) {
    int64_t growth = 0;
    for (Buffer *buffer : node.made)
      growth += left.lookup(buffer) ? buffer->getBytes() : 0;
    for (Buffer *buffer : node.used)
      growth -= left.lookup(buffer) == 1 ? buffer->getBytes() : 0;
    return forMemory ? growth : 0;
  };
  SmallVector<unsigned> order;
  SmallVector<bool> done(nodes.size(), false);
  while (order.size() < nodes.size()) {
    std::optional<unsigned> best;
    int64_t bestScore = 0;
    for (unsigned i = 0; i < nodes.size(); ++i) {
      if (done[i] || !llvm::all_of(nodes[i].predecessors,
                                   [&](unsigned p) { return done[p]; }))
        continue;
      int64_t growth = score(nodes[i]);
      if (best && growth >= bestScore)
        continue;
      best = i;
      bestScore = growth;
    }
    for (Buffer *buffer : nodes[*best].used)
      --left[buffer];
    done[*best] = true;
    order.push_back(*best);
  }
  return order;
}

int64_t Graph::computePeak(ArrayRef<unsigned> order) {
  llvm::DenseMap<Buffer *, unsigned> left = uses;
  int64_t live = 0, peak = 0;
  for (unsigned i : order) {
    for (Buffer *buffer : nodes[i].made)
      live += buffer->getBytes();
    peak = std::max(peak, live);
    for (Buffer *buffer : nodes[i].used)
      if (--left[buffer] == 0)
        live -= buffer->getBytes();
    for (Buffer *buffer : nodes[i].made)
      if (left.lookup(buffer) == 0)
        live -= buffer->getBytes();
  }
  return peak;
}

static KernelOrder makeOrder(const Graph &graph, ArrayRef<unsigned> numbers) {
  KernelOrder result;
  for (unsigned i : numbers) {
    Operation *step = graph.nodes[i].step;
    result.steps.push_back(step);
    if (isLaunched(step)) {
      result.kernels.push_back(step);
      continue;
    }
    auto loop = cast<ScanOp>(step);
    unsigned first = result.kernels.size();
    llvm::append_range(result.kernels, getLaunched(loop.getBody().front()));
    if (unsigned end = result.kernels.size(); end > first)
      result.loops.push_back({loop, first, end - 1});
  }
  return result;
}

SmallVector<KernelOrder> schedule::findOrders(EntryMemory &memory) {
  Graph graph(memory);
  SmallVector<unsigned> order = graph.schedule(/*forMemory=*/false);
  SmallVector<unsigned> lean = graph.schedule(/*forMemory=*/true);
  if (graph.computePeak(lean) < graph.computePeak(order))
    std::swap(lean, order);
  return {makeOrder(graph, order), makeOrder(graph, lean)};
}

SmallVector<unsigned> schedule::assignPhases(EntryMemory &memory,
                                             const KernelOrder &order) {
  llvm::SmallSet<unsigned, 8> boundaries;
  for (const KernelOrder::Loop &loop : order.loops) {
    boundaries.insert(loop.first);
    boundaries.insert(loop.last + 1);
  }
  llvm::DenseMap<Operation *, unsigned> phaseOf;
  SmallVector<unsigned> phases;
  unsigned phase = 0;
  for (auto [position, kernel] : llvm::enumerate(order.kernels)) {
    auto runsNow = [&](Operation *other) {
      auto found = phaseOf.find(other);
      return found != phaseOf.end() && found->second == phase;
    };
    if (position > 0 && (boundaries.contains(position) ||
                         llvm::any_of(memory.getPredecessors(kernel), runsNow)))
      ++phase;
    phaseOf[kernel] = phase;
    phases.push_back(phase);
  }
  return phases;
}
