// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descent-rematerialize: computes values again next to their late readers,
// where keeping them would exceed the memory budget.

#include "Recomputation.h"
#include "descent/Dialect/Schedule/Rematerialization.h"
#include "descent/Dialect/Schedule/SchedulePasses.h"
#include "mlir/IR/IRMapping.h"

namespace descent::schedule {
#define GEN_PASS_DEF_REMATERIALIZE
#include "descent/Dialect/Schedule/SchedulePasses.h.inc"
} // namespace descent::schedule

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

//===----------------------------------------------------------------------===//
// From a timeline to kernels
//===----------------------------------------------------------------------===//

namespace {

/// Makes an entry run as a timeline says.
class Materializer {
public:
  /// `steps` are the entry's own operations for the model's steps.
  Materializer(descent::EntryOp entry, const EntryModel &model,
               ArrayRef<Operation *> steps)
      : block(entry.getBody().front()), model(model), steps(steps),
        builder(OpBuilder::atBlockEnd(&block)) {}

  void apply(const Timeline &timeline);

private:
  void append(Operation *op);
  /// Moves the views that `value` is made by to the end of the block.
  void appendViews(Value value);
  /// `value`, a view of `from`, as the same view of `to`.
  Value makeView(Value value, Value from, Value to);

  Block &block;
  const EntryModel &model;
  ArrayRef<Operation *> steps;
  OpBuilder builder;
  llvm::SmallPtrSet<Operation *, 32> appended;
  llvm::DenseMap<std::pair<Operation *, Value>, Operation *> views;
};

} // namespace

void Materializer::append(Operation *op) {
  op->moveBefore(&block, block.end());
  appended.insert(op);
}

void Materializer::appendViews(Value value) {
  Operation *op = value.getDefiningOp();
  if (appended.contains(op))
    return;
  for (Value operand : op->getOperands())
    appendViews(operand);
  append(op);
}

Value Materializer::makeView(Value value, Value from, Value to) {
  if (value == from)
    return to;
  if (from == to)
    return value;
  Operation *op = value.getDefiningOp();
  Operation *view = views.lookup({op, to});
  if (!view) {
    IRMapping mapping;
    mapping.map(op->getOperand(0), makeView(op->getOperand(0), from, to));
    view = builder.clone(*op, mapping);
    appended.insert(view);
    views[{op, to}] = view;
  }
  return view->getResult(cast<OpResult>(value).getResultNumber());
}

void Materializer::apply(const Timeline &timeline) {
  llvm::DenseMap<Value, unsigned> tensors;
  std::vector<SmallVector<Value>> operands(steps.size());
  for (auto [op, step, values] : llvm::zip(steps, model.steps, operands)) {
    if (!op)
      continue;
    llvm::append_range(values, op->getOperands());
    for (auto [result, tensor] : llvm::zip(op->getResults(), step.results))
      tensors[result] = tensor;
  }
  SmallVector<Operation *> others;
  for (Operation &op : block)
    if (!isStep(&op))
      others.push_back(&op);
  for (Operation *op : others)
    if (op->getNumOperands() == 0)
      append(op);

  std::vector<Value> versions(timeline.countVersions());
  llvm::SmallPtrSet<Operation *, 32> used;
  for (const Timeline::Run &run : timeline.getRuns()) {
    Operation *op = steps[run.step];
    if (!op)
      continue;
    const EntryModel::Step &step = model.steps[run.step];
    SmallVector<Value> reads;
    for (Value operand : operands[run.step]) {
      Value root = resolvePiece(operand).root;
      // In the plan a loop may read a copy; what it reads here stays.
      auto known = tensors.find(root);
      const auto *read = known == tensors.end()
                             ? step.reads.end()
                             : llvm::find(step.reads, known->second);
      if (read != step.reads.end())
        operand = makeView(operand, root,
                           versions[run.reads[read - step.reads.begin()]]);
      appendViews(operand);
      reads.push_back(operand);
    }
    bool isFirst = used.insert(op).second;
    if (!isFirst)
      op = builder.clone(*op);
    op->setOperands(reads);
    append(op);
    for (auto [version, result] : llvm::zip(run.results, op->getResults()))
      versions[version] = result;
  }
  for (Operation *op : others)
    if (op->getNumResults() == 0) {
      for (Value operand : op->getOperands())
        appendViews(operand);
      append(op);
    }
  // Views of what is not computed where it was.
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (!appended.contains(&op))
      op.erase();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

/// What is computed again in an entry, and the bytes of all slabs that it needs
/// then.
struct Solution {
  Timeline timeline;
  int64_t bytes;
};

class Search {
public:
  Search(ModuleOp module, int64_t budget) : module(module), budget(budget) {}

  /// Plans what there is. Fails if that fails.
  LogicalResult start();
  bool isNeeded() const { return bytes > budget; }
  int64_t getBytes() const { return bytes; }
  int64_t getStateBytes() const { return stateBytes; }
  unsigned countEntries() const { return models.size(); }
  bool exceedsBudget(unsigned entry) const { return ends[entry] > budget; }
  const EntryModel &getModel(unsigned entry) const { return models[entry]; }

  /// Finds what to compute again in an entry. What it finds needs more than
  /// the budget if nothing within that is found; it then is within any budget
  /// that it needs.
  Solution run(unsigned entry);

private:
  Solution evaluate(unsigned entry, const Timeline &timeline);
  std::optional<Solution> aimAt(unsigned entry, int64_t goal);
  Solution descend(unsigned entry);
  Solution simplify(unsigned entry, const Solution &solution);
  /// The bytes that transients may have if all memory is to have `goal`.
  int64_t getAllowance(int64_t goal) const {
    return goal - stateBytes - fixedBytes;
  }

  ModuleOp module;
  int64_t budget;
  std::vector<EntryModel> models;
  std::vector<int64_t> ends;
  int64_t bytes = 0, stateBytes = 0, fixedBytes = 0;
};

/// A copy of a module, to make a plan of.
struct Trial {
  explicit Trial(ModuleOp module)
      : copy(cast<ModuleOp>(module->clone())), plan(*copy) {
    for (auto [from, to] : llvm::zip(module.getOps<descent::EntryOp>(),
                                     copy->getOps<descent::EntryOp>())) {
      entries.push_back(to);
      for (auto [original, clone] :
           llvm::zip(from.getBody().front(), to.getBody().front())) {
        originals[&clone] = &original;
        clones[&original] = &clone;
      }
    }
  }

  OwningOpRef<ModuleOp> copy;
  ProgramPlan plan;
  SmallVector<descent::EntryOp> entries;
  llvm::DenseMap<Operation *, Operation *> originals, clones;
};

struct RematerializePass
    : public schedule::impl::RematerializeBase<RematerializePass> {
  using RematerializeBase::RematerializeBase;
  void runOnOperation() override;
};

} // namespace

LogicalResult Search::start() {
  Trial trial(module);
  if (failed(trial.plan.make()))
    return failure();
  stateBytes = trial.plan.getStateBytes();
  fixedBytes = trial.plan.getFixedBytes();
  bytes = stateBytes + trial.plan.getWorkBytes();
  for (ProgramPlan::Entry &entry : trial.plan.getEntries()) {
    ends.push_back(stateBytes + entry.end);
    models.push_back(buildModel(entry, trial.originals));
  }
  return success();
}

Solution Search::evaluate(unsigned entry, const Timeline &timeline) {
  Trial trial(module);
  SmallVector<Operation *> steps;
  for (const EntryModel::Step &step : models[entry].steps)
    steps.push_back(trial.clones.lookup(step.op));
  Materializer(trial.entries[entry], models[entry], steps).apply(timeline);
  // The least that there is, whatever the budget.
  if (failed(trial.plan.make(/*budget=*/1)))
    return {timeline, std::numeric_limits<int64_t>::max()};
  return {timeline,
          trial.plan.getStateBytes() + trial.plan.getEntries()[entry].end};
}

/// Reduces what is live so that all memory together is within `goal` at once,
/// and to somewhat less if the plan has gaps.
std::optional<Solution> Search::aimAt(unsigned entry, int64_t goal) {
  Timeline timeline(models[entry]);
  int64_t target = getAllowance(goal);
  for (unsigned attempt = 0; attempt < 6 && target > 0; ++attempt) {
    if (!timeline.reduce(target, target))
      break;
    Solution solution = evaluate(entry, timeline);
    if (solution.bytes <= goal)
      return solution;
    target -=
        std::max(std::min(solution.bytes - goal, target / 8), target / 64 + 1);
  }
  return std::nullopt;
}

/// Goes down in small steps, as far as there are any. They do not depend on the
/// budget, so what they get to at last can also be asked for.
Solution Search::descend(unsigned entry) {
  constexpr int64_t numSteps = 32, aheadSteps = 4;
  Timeline timeline(models[entry]);
  int64_t peak = timeline.getPeak();
  Solution best = {timeline, ends[entry]};
  for (int64_t i = 1; i <= numSteps; ++i) {
    Timeline before = timeline;
    int64_t target = peak * (numSteps - i) / numSteps;
    int64_t aim =
        peak * std::max(numSteps - i - aheadSteps, int64_t(0)) / numSteps;
    bool reached = timeline.reduce(target, aim);
    if (!(timeline == before))
      if (Solution solution = evaluate(entry, timeline);
          solution.bytes < best.bytes)
        best = solution;
    if (!reached || best.bytes <= budget)
      break;
  }
  return best;
}

/// Takes back what the budget does not ask for.
Solution Search::simplify(unsigned entry, const Solution &solution) {
  int64_t peak = solution.timeline.getPeak();
  int64_t gaps = solution.bytes - stateBytes - fixedBytes - peak;
  for (int64_t target : {getAllowance(budget) - gaps, peak}) {
    Timeline timeline = solution.timeline;
    timeline.simplify(target);
    if (timeline == solution.timeline)
      continue;
    Solution simpler = evaluate(entry, timeline);
    if (simpler.bytes <= budget)
      return simpler;
  }
  return solution;
}

Solution Search::run(unsigned entry) {
  std::optional<Solution> best = aimAt(entry, budget);
  if (!best) {
    best = descend(entry);
    while (best->bytes > budget) {
      std::optional<Solution> next =
          aimAt(entry, best->bytes - best->bytes / 128 - 1);
      if (!next)
        break;
      best = next;
    }
  }
  return best->bytes <= budget ? simplify(entry, *best) : *best;
}

/// What the repetitions cost, beside all that the entry does.
static Rematerialization::Entry countCost(descent::EntryOp entry,
                                          const EntryModel &model,
                                          const Timeline &timeline) {
  Rematerialization::Entry cost;
  cost.name = entry.getSymName().str();
  auto count = [](Operation *op, int64_t &flop, int64_t &bytes, int64_t times) {
    flop += times * int64_t(cast<CostOpInterface>(op).getFlops());
    for (Type type : op->getOperandTypes())
      bytes += times * byteSize(type);
    for (Type type : op->getResultTypes())
      bytes += times * byteSize(type);
  };
  std::vector<bool> hasRun(model.steps.size());
  for (const Timeline::Run &run : timeline.getRuns()) {
    Operation *op = model.steps[run.step].op;
    if (!op)
      continue;
    if (hasRun[run.step]) {
      ++cost.launches;
      count(op, cost.flop, cost.bytes, 1);
    } else if (isLaunched(op)) {
      count(op, cost.baseFlop, cost.baseBytes, 1);
    } else {
      auto loop = cast<ScanOp>(op);
      for (Operation *kernel : getLaunched(loop.getBody().front()))
        count(kernel, cost.baseFlop, cost.baseBytes, loop.getCount());
    }
    hasRun[run.step] = true;
  }
  return cost;
}

void RematerializePass::runOnOperation() {
  ModuleOp module = getOperation();
  if (budget <= 0)
    return;
  Search search(module, budget);
  if (failed(search.start()))
    return signalPassFailure();
  if (!search.isNeeded())
    return;

  Values values;
  auto simulateAll = [&] {
    std::map<std::string, EntryResult> results;
    for (auto entry : module.getOps<descent::EntryOp>()) {
      llvm::DenseMap<Value, Content> contents;
      results[entry.getSymName().str()] = simulate(entry, values, contents);
    }
    return results;
  };
  auto expected = simulateAll();

  Rematerialization report;
  report.budget = budget;
  report.unrestricted = search.getBytes();
  int64_t most = 0;
  Operation *worst = nullptr;
  descent::EntryOp worstEntry;
  SmallVector<descent::EntryOp> entries(module.getOps<descent::EntryOp>());
  for (auto [number, entry] : llvm::enumerate(entries)) {
    if (!search.exceedsBudget(number))
      continue;
    const EntryModel &model = search.getModel(number);
    Solution solution = search.run(number);
    const Timeline &timeline = solution.timeline;
    if (solution.bytes > most) {
      most = solution.bytes;
      worst =
          timeline.getRuns().empty()
              ? nullptr
              : model.steps[timeline.getRuns()[timeline.getPeakRun()].step].op;
      worstEntry = entry;
    }
    SmallVector<Operation *> steps;
    for (const EntryModel::Step &step : model.steps)
      steps.push_back(step.op);
    Rematerialization::Entry cost = countCost(entry, model, timeline);
    if (cost.launches > 0)
      report.entries.push_back(cost);
    if (solution.bytes <= budget)
      Materializer(entry, model, steps).apply(timeline);
  }
  if (most > budget) {
    module->setAttr(kTooLargeAttrName, UnitAttr::get(&getContext()));
    (worst ? worst : worstEntry)->emitError()
        << "a memory budget of " << int64_t(budget)
        << " bytes cannot be met: with all computed again that helps, entry '"
        << worstEntry.getSymName() << "' takes " << most << " bytes, "
        << search.getStateBytes()
        << " of them for states and packed gradients, and most are in use "
           "here; a smaller batch or layer makes it smaller";
    return signalPassFailure();
  }
  if (!report.entries.empty())
    setRematerialization(module, report);
  // Numbers of values tell whether all is computed as before.
  auto actual = simulateAll();
  for (const auto &[name, wanted] : expected)
    if (!(actual[name].states == wanted.states) ||
        !(actual[name].outputs == wanted.outputs)) {
      module.emitError() << "rematerialization changed what entry '" << name
                         << "' computes";
      return signalPassFailure();
    }
}
