// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A greedy search: of all tensors that are kept over the peak for later, the
// one is computed again next to its later readers that saves the most bytes for
// its cost, until the peak is low enough. Operands that are dead by then are
// computed again with it, so the search finds checkpoints between which whole
// segments run twice.

#include "Recomputation.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

/// The operations that take as long as a launch by itself, and as moving a
/// byte: between what llvmpipe has (3) and what large GPUs have (40).
static constexpr double launchCost = 1 << 19, byteCost = 8;

/// What runs once more if `op` does, in floating-point operations.
static double estimateCost(Operation *op) {
  double bytes = 0;
  for (Type type : op->getOperandTypes())
    bytes += byteSize(type);
  for (Type type : op->getResultTypes())
    bytes += byteSize(type);
  return launchCost + byteCost * bytes +
         double(cast<CostOpInterface>(op).getFlops());
}

/// The bytes of the transients that only the kernels in a loop use.
static int64_t countInnerBytes(EntryMemory &memory, ScanOp loop) {
  auto transient = [&](Value value) {
    Buffer *buffer = memory.locate(value).buffer;
    return buffer->kind == Buffer::Kind::Transient ? buffer : nullptr;
  };
  llvm::SmallPtrSet<Buffer *, 16> outer, inner;
  for (Value value : loop->getOperands())
    outer.insert(transient(value));
  for (Value value : loop->getResults())
    outer.insert(transient(value));
  auto add = [&](Value value) {
    if (Buffer *buffer = transient(value); buffer && !outer.contains(buffer))
      inner.insert(buffer);
  };
  for (BlockArgument argument : loop.getBody().getArguments())
    add(argument);
  for (Operation *kernel : getLaunched(loop.getBody().front()))
    llvm::for_each(kernel->getResults(), add);
  int64_t bytes = 0;
  for (Buffer *buffer : inner)
    bytes += llvm::alignTo(buffer->getBytes(), kPlaceAlignment);
  return bytes;
}

EntryModel schedule::buildModel(
    ProgramPlan::Entry &entry,
    const llvm::DenseMap<Operation *, Operation *> &originals) {
  EntryModel model;
  EntryMemory &memory = entry.memory;
  // What lies over what is for the plan to find out again.
  for (Buffer &buffer : memory.getProgram().getBuffers())
    buffer.replacement = nullptr;
  llvm::DenseMap<Value, unsigned> numbers;
  for (Operation *op : entry.order.steps) {
    EntryModel::Step step;
    step.op = originals.lookup(op);
    step.isRepeatable = step.op && isLaunched(op);
    if (step.isRepeatable)
      step.cost = estimateCost(op);
    if (auto loop = dyn_cast<ScanOp>(op))
      step.innerBytes = countInnerBytes(memory, loop);
    llvm::SmallSetVector<unsigned, 8> reads;
    for (Value operand : op->getOperands())
      if (auto known = numbers.find(resolvePiece(operand).root);
          known != numbers.end())
        reads.insert(known->second);
    step.reads = reads.takeVector();
    for (OpResult result : op->getResults()) {
      Buffer *buffer = memory.locate(result).buffer;
      EntryModel::Tensor tensor;
      tensor.step = model.steps.size();
      tensor.size = llvm::alignTo(byteSize(result.getType()), kPlaceAlignment);
      if (buffer->kind == Buffer::Kind::Transient)
        tensor.bytes = llvm::alignTo(buffer->getBytes(), kPlaceAlignment);
      else // A repetition would read the state that this overwrites.
        step.isRepeatable = false;
      tensor.isOfLoop = buffer->isOfLoop;
      for (auto [i, read] : llvm::enumerate(step.reads)) {
        auto readsIt = [&](OpOperand &operand) {
          auto known = numbers.find(resolvePiece(operand.get()).root);
          if (known == numbers.end() || known->second != read)
            return false;
          return isLaunched(op)
                     ? canTakeOver(memory, result, operand.getOperandNumber())
                     : memory.locate(operand.get()).buffer == buffer;
        };
        if (tensor.bytes > 0 && model.tensors[read].bytes == tensor.bytes &&
            llvm::any_of(op->getOpOperands(), readsIt))
          step.takeOvers.push_back({result.getResultNumber(), i});
      }
      step.results.push_back(model.tensors.size());
      numbers[result] = model.tensors.size();
      model.tensors.push_back(tensor);
    }
    model.steps.push_back(std::move(step));
  }
  for (auto output : memory.getEntry().getBody().getOps<descent::OutputOp>())
    if (auto known = numbers.find(resolvePiece(output.getValue()).root);
        known != numbers.end())
      model.tensors[known->second].isOutput = true;
  return model;
}

//===----------------------------------------------------------------------===//
// What is live when
//===----------------------------------------------------------------------===//

Timeline::Timeline(const EntryModel &model) : model(&model) {
  for (auto [number, step] : llvm::enumerate(model.steps))
    runs.push_back({unsigned(number), step.reads, step.results});
  for (auto [number, tensor] : llvm::enumerate(model.tensors))
    versions.push_back({unsigned(number), tensor.bytes});
}

double Timeline::getCost() const {
  double cost = 0;
  for (const Run &run : runs)
    cost += model->steps[run.step].cost;
  return cost;
}

bool Timeline::operator==(const Timeline &other) const {
  return llvm::equal(runs, other.runs, [](const Run &a, const Run &b) {
    return a.step == b.step && a.reads == b.reads && a.results == b.results;
  });
}

Timeline::Spans Timeline::getSpans() const {
  Spans spans;
  spans.first.assign(versions.size(), -1);
  spans.last.assign(versions.size(), -1);
  for (int i = 0, end = runs.size(); i < end; ++i) {
    for (unsigned version : runs[i].reads)
      spans.last[version] = i;
    for (unsigned version : runs[i].results) {
      spans.first[version] = i;
      spans.last[version] = isOutput(version) ? end - 1 : i;
    }
  }
  return spans;
}

std::vector<int64_t> Timeline::countLiveBytes() const {
  Spans spans = getSpans();
  std::vector<int64_t> growth(runs.size() + 1, 0), live(runs.size());
  for (unsigned version = 0; version < versions.size(); ++version) {
    if (spans.first[version] < 0)
      continue;
    growth[spans.first[version]] += versions[version].bytes;
    growth[spans.last[version] + 1] -= versions[version].bytes;
  }
  int64_t bytes = 0;
  for (int i = 0, end = runs.size(); i < end; ++i) {
    bytes += growth[i];
    const EntryModel::Step &step = model->steps[runs[i].step];
    live[i] = bytes + step.innerBytes;
    llvm::SmallSet<unsigned, 4> results, reads;
    for (auto [result, read] : step.takeOvers) {
      unsigned from = runs[i].reads[read];
      if (spans.last[from] == i && !isOutput(from) &&
          versions[from].bytes > 0 && !results.contains(result) &&
          !reads.contains(read)) {
        live[i] -= versions[from].bytes;
        results.insert(result);
        reads.insert(read);
      }
    }
  }
  return live;
}

int64_t Timeline::getPeak() const {
  std::vector<int64_t> live = countLiveBytes();
  return live.empty() ? 0 : *std::max_element(live.begin(), live.end());
}

unsigned Timeline::getPeakRun() const {
  std::vector<int64_t> live = countLiveBytes();
  return std::max_element(live.begin(), live.end()) - live.begin();
}

int64_t Timeline::countExcess(int64_t target) const {
  int64_t excess = 0;
  for (int64_t bytes : countLiveBytes())
    excess += std::max<int64_t>(0, bytes - target);
  return excess;
}

//===----------------------------------------------------------------------===//
// Running a step again
//===----------------------------------------------------------------------===//

/// The runs that go before run `at`, made from the results' tensors backwards.
struct Timeline::Insertion {
  Timeline &timeline;
  Spans spans;
  std::vector<int> next; ///< by version: the next of the same tensor, or -1
  int at;
  Policy policy;
  int64_t size; ///< of the version that is asked for
  std::vector<Run> added{};
  llvm::DenseMap<unsigned, unsigned> addedVersions{}; // by tensor

  /// The version of `tensor` that a run here reads.
  unsigned resolve(unsigned tensor) {
    if (auto known = addedVersions.find(tensor); known != addedVersions.end())
      return known->second;
    std::optional<unsigned> before;
    for (int version = tensor; version >= 0; version = next[version]) {
      if (spans.first[version] < 0 || spans.first[version] >= at)
        continue;
      if (spans.last[version] >= at || timeline.versions[version].bytes == 0)
        return version;
      before = version;
    }
    // What is small next to what it saves lives on.
    const EntryModel::Tensor &info = timeline.model->tensors[tensor];
    bool isSmall = info.size * 16 <= size;
    if (before && (policy == Policy::Keep || isSmall || info.isOfLoop ||
                   !timeline.model->steps[info.step].isRepeatable))
      return *before;
    add(info.step);
    return addedVersions.lookup(tensor);
  }

  void add(unsigned number) {
    const EntryModel::Step &step = timeline.model->steps[number];
    Run run{number, {}, {}};
    for (unsigned read : step.reads)
      run.reads.push_back(resolve(read));
    for (unsigned tensor : step.results) {
      run.results.push_back(timeline.versions.size());
      addedVersions[tensor] = timeline.versions.size();
      timeline.versions.push_back(
          {tensor, timeline.model->tensors[tensor].size});
      spans.first.push_back(at);
      spans.last.push_back(at);
    }
    added.push_back(std::move(run));
  }
};

std::vector<int> Timeline::linkVersions() const {
  std::vector<int> next(versions.size(), -1);
  // The first version of a tensor has its number.
  std::vector<unsigned> last(model->tensors.size());
  for (unsigned version = 0; version < versions.size(); ++version) {
    unsigned &end = last[versions[version].tensor];
    if (version >= model->tensors.size())
      next[end] = version;
    end = version;
  }
  return next;
}

void Timeline::repeat(unsigned version, size_t at, Policy policy) {
  unsigned tensor = versions[version].tensor;
  Insertion insertion{*this,   getSpans(), linkVersions(),
                      int(at), policy,     versions[version].bytes};
  insertion.add(model->tensors[tensor].step);
  for (size_t i = at; i < runs.size(); ++i) {
    if (!model->steps[runs[i].step].op)
      continue; // the plan's own reads what it was made for
    for (unsigned &read : runs[i].reads) {
      const EntryModel::Tensor &info = model->tensors[versions[read].tensor];
      auto known = insertion.addedVersions.find(versions[read].tensor);
      if (known == insertion.addedVersions.end() || info.isOutput ||
          info.isOfLoop || versions[read].bytes == 0)
        continue;
      if (policy != Policy::Separate ||
          insertion.spans.first[read] < insertion.at)
        read = known->second;
    }
  }
  runs.insert(runs.begin() + at,
              std::make_move_iterator(insertion.added.begin()),
              std::make_move_iterator(insertion.added.end()));
  dropDead();
}

/// Drops runs whose results nobody reads.
void Timeline::dropDead() {
  std::vector<unsigned> uses(versions.size(), 0);
  for (const Run &run : runs)
    for (unsigned version : run.reads)
      ++uses[version];
  for (size_t i = runs.size(); i-- > 0;) {
    bool isDead = model->steps[runs[i].step].isRepeatable &&
                  llvm::all_of(runs[i].results, [&](unsigned version) {
                    return uses[version] == 0 && versions[version].bytes > 0 &&
                           !isOutput(version);
                  });
    if (!isDead)
      continue;
    for (unsigned version : runs[i].reads)
      --uses[version];
    runs.erase(runs.begin() + i);
  }
}

//===----------------------------------------------------------------------===//
// The search
//===----------------------------------------------------------------------===//

/// The versions that are live, but not used, where more than `target` bytes
/// are, with the next run that reads them; those that promise most first.
std::vector<Timeline::Candidate>
Timeline::findCandidates(int64_t target) const {
  std::vector<int64_t> live = countLiveBytes();
  // How many runs up to here have too much live.
  std::vector<int> exceeding(live.size() + 1, 0);
  for (size_t i = 0; i < live.size(); ++i)
    exceeding[i + 1] = exceeding[i] + (live[i] > target);
  std::vector<int> previous(versions.size(), -1);
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < runs.size(); ++i) {
    for (unsigned version : runs[i].reads) {
      const EntryModel::Tensor &info = model->tensors[versions[version].tensor];
      int from = std::exchange(previous[version], i);
      const EntryModel::Step &step = model->steps[info.step];
      if (from < 0 || exceeding[i] == exceeding[from + 1] ||
          versions[version].bytes == 0 || info.isOutput || info.isOfLoop ||
          !step.isRepeatable || !model->steps[runs[i].step].op)
        continue;
      double bytes = double(versions[version].bytes) *
                     (exceeding[i] - exceeding[from + 1]);
      // What is first used here is only moved.
      bool isUsedBefore = !llvm::is_contained(runs[from].results, version);
      candidates.push_back(
          {version, i, bytes / (isUsedBefore ? step.cost : 1)});
    }
    for (unsigned version : runs[i].results)
      previous[version] = i;
  }
  llvm::stable_sort(candidates, [](const Candidate &a, const Candidate &b) {
    return a.promise > b.promise;
  });
  return candidates;
}

bool Timeline::reduce(int64_t target, int64_t aim) {
  // How many candidates are tried at a time; the others promise less.
  constexpr size_t maxTried = 24;
  for (;;) {
    int64_t excess = countExcess(target);
    if (excess == 0)
      return true;
    int64_t above = countExcess(aim);
    double cost = getCost(), bestRatio = 0;
    std::optional<Timeline> best;
    std::vector<Candidate> candidates = findCandidates(target);
    for (size_t i = 0; i < candidates.size(); ++i) {
      if (i % maxTried == 0 && best)
        break;
      for (Policy policy : {Policy::Keep, Policy::Repeat, Policy::Separate}) {
        Timeline tried = *this;
        tried.repeat(candidates[i].version, candidates[i].at, policy);
        if (tried.countExcess(target) >= excess)
          continue;
        double gain = double(above - tried.countExcess(aim)),
               ratio = gain / std::max(tried.getCost() - cost, 1.0);
        if (gain <= 0 || ratio <= bestRatio)
          continue;
        bestRatio = ratio;
        best = std::move(tried);
      }
    }
    if (!best)
      return false;
    *this = std::move(*best);
  }
}

void Timeline::simplify(int64_t target) {
  // What costs most is tried first.
  SmallVector<unsigned> repeated;
  for (const Run &run : runs)
    for (unsigned version : run.results)
      if (version >= model->tensors.size())
        repeated.push_back(version);
  llvm::stable_sort(repeated, [&](unsigned a, unsigned b) {
    auto cost = [&](unsigned version) {
      return model->steps[model->tensors[versions[version].tensor].step].cost;
    };
    return cost(a) > cost(b);
  });
  for (unsigned version : repeated) {
    Spans spans = getSpans();
    if (spans.first[version] < 0)
      continue;
    // The versions before this one that can take its place.
    for (unsigned other = 0; other < version; ++other) {
      if (versions[other].tensor != versions[version].tensor ||
          spans.first[other] < 0 || spans.first[other] >= spans.first[version])
        continue;
      Timeline tried = *this;
      for (Run &run : tried.runs)
        std::replace(run.reads.begin(), run.reads.end(), version, other);
      tried.dropDead();
      if (tried.getCost() < getCost() && tried.getPeak() <= target) {
        *this = std::move(tried);
        break;
      }
    }
  }
}
