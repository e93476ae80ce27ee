// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The search for what to compute again instead of keeping it: a model of an
// entry in which kernels run several times, and the bytes that are live then.

#ifndef DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_RECOMPUTATION_H
#define DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_RECOMPUTATION_H

#include "Plan.h"

namespace descent::schedule {

/// The steps of a planned entry in their order, and the tensors between them.
struct EntryModel {
  struct Step {
    /// In the module before it was planned; null for a kernel that the plan has
    /// added.
    mlir::Operation *op = nullptr;
    /// Tensors, each once.
    llvm::SmallVector<unsigned> reads, results;
    /// Positions in `results` and `reads`: a result that may be written over
    /// what is read.
    llvm::SmallVector<std::pair<unsigned, unsigned>> takeOvers;
    /// What lives while it runs and no longer: the insides of loops.
    int64_t innerBytes = 0;
    /// In floating-point operations.
    double cost = 0;
    /// A kernel or a group of kernels. Loops are not repeated.
    bool isRepeatable = false;
  };
  struct Tensor {
    unsigned step;
    /// 0 where the place is no transient one.
    int64_t bytes = 0, size = 0;
    /// Lives to the end, or shares a loop's buffer: stays where it is.
    bool isOutput = false, isOfLoop = false;
  };
  std::vector<Step> steps;
  std::vector<Tensor> tensors;
};

/// Reads the model from a plan, which is of no use afterwards. `originals` are
/// the operations that the plan's are clones of.
EntryModel buildModel(
    ProgramPlan::Entry &entry,
    const llvm::DenseMap<mlir::Operation *, mlir::Operation *> &originals);

/// Which steps run when. To begin with each runs once; a tensor then has one
/// version, of its own number.
class Timeline {
public:
  struct Run {
    unsigned step;
    /// Versions, parallel to the step's lists.
    llvm::SmallVector<unsigned> reads, results;
  };

  explicit Timeline(const EntryModel &model);

  /// Computes versions again until no more than `target` bytes are live at any
  /// time, always that which saves the most bytes for what it costs; `aim` is
  /// what these are counted down to, at most `target`. False if nothing more
  /// helps.
  bool reduce(int64_t target, int64_t aim);
  /// Takes back what `target` does not ask for.
  void simplify(int64_t target);

  const std::vector<Run> &getRuns() const { return runs; }
  unsigned countVersions() const { return versions.size(); }
  double getCost() const;
  int64_t getPeak() const;
  /// The run at which the most bytes are live.
  unsigned getPeakRun() const;
  bool operator==(const Timeline &other) const;

private:
  /// What happens to an operand that is dead where a kernel is to run again.
  enum class Policy {
    Keep,    ///< it lives on until then
    Repeat,  ///< it is computed again, and later versions give way to that
    Separate ///< it is computed again for this alone
  };
  struct Candidate {
    unsigned version;
    size_t at; ///< the run that asks for it again
    double promise;
  };
  struct Version {
    unsigned tensor;
    int64_t bytes;
  };
  /// The runs that make each version and use it last.
  struct Spans {
    std::vector<int> first, last;
  };
  struct Insertion;

  /// Whether the host reads it after the run.
  bool isOutput(unsigned version) const {
    return version < model->tensors.size() && model->tensors[version].isOutput;
  }
  Spans getSpans() const;
  std::vector<int> linkVersions() const;
  std::vector<int64_t> countLiveBytes() const;
  int64_t countExcess(int64_t target) const;
  std::vector<Candidate> findCandidates(int64_t target) const;
  /// Runs the step of `version` again before run `at`, for all that read it
  /// from there on.
  void repeat(unsigned version, size_t at, Policy policy);
  void dropDead();

  const EntryModel *model;
  std::vector<Run> runs;
  std::vector<Version> versions;
};

} // namespace descent::schedule

#endif // DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_RECOMPUTATION_H
