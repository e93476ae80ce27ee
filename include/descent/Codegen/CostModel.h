// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Estimates the time of a kernel under a strategy by counting what a lane will
// execute.

#ifndef DESCENT_CODEGEN_COSTMODEL_H
#define DESCENT_CODEGEN_COSTMODEL_H

#include "descent/Codegen/IterationSpace.h"
#include "descent/Codegen/ScatteredSum.h"
#include "descent/Target/Profile.h"
#include "llvm/ADT/BitVector.h"
#include <deque>
#include <map>
#include <utility>

namespace descent::codegen {

/// A strategy while it is being chosen; see #codegen.strategy.
struct Choice {
  llvm::SmallVector<int64_t> lanes, tile, run, unroll;

  int64_t workgroupSize() const;
  int64_t tileSize() const;
  /// Evaluations of the map block in one trip of the innermost loop.
  int64_t steps() const;
};

/// The cost of one kernel for one device as a function of the strategy. Counts
/// instructions as the emitter will build them: every load and every operation
/// once for all points of the tile and all unrolled steps that share it, at the
/// depth of the loops that change it.
class CostModel {
public:
  /// `isPart` says that the kernel is one loop nest of a row group.
  CostModel(const IterationSpace &space, const Profile &profile,
            bool isPart = false);

  /// What a subgroup executes.
  Instructions executed(const Choice &choice) { return count(choice, true); }
  /// The same where the kernel stands in a branch, as parts of merged launches
  /// do: on devices that do not know there that all lanes are active, no load
  /// is uniform.
  Instructions executedInBranch(const Choice &choice) {
    Instructions executed = count(choice, true);
    if (profile.idleCode > 0) {
      executed.load += std::exchange(executed.uniformLoad, 0);
      executed.vectorLoad += std::exchange(executed.uniformVectorLoad, 0);
    }
    return executed;
  }
  /// What the code consists of.
  Instructions code(const Choice &choice) { return count(choice, false); }
  /// How many subgroups a launch has.
  double launchedSubgroups(const Choice &choice) const;
  /// How many subgroups run, at least as many as fill the device.
  double subgroups(const Choice &choice) const;
  /// The time of a launch in units of a multiply-add of one subgroup.
  double launchTime(const Choice &choice) {
    return dot(executed(choice), profile.costs) * subgroups(choice);
  }
  /// The driver's time to compile the kernel in milliseconds.
  double compileTime(const Choice &choice) {
    return dot(code(choice), profile.compileCosts);
  }
  /// The sum to computed places that the kernel is, if it is one, and whether
  /// the choice keeps it in memory.
  const std::optional<ScatteredSum> &scatteredSum() const { return scattered; }
  bool sumsInMemory(const Choice &choice) const {
    return scattered &&
           choice.tile[scattered->dim] == space.extents[scattered->dim];
  }
  /// The choice with a tile of what is in registers.
  Choice inRegisters(Choice choice) const;
  /// Trips around all loops, one loop after the other.
  double trips(const Choice &choice) const;

private:
  /// A set of dimensions as bits.
  using DimSet = uint64_t;

  /// An affine expression ready to be evaluated; nested ones are in `pool`.
  struct Expr {
    struct Atom {
      int64_t coefficient;
      unsigned inner;
      int64_t divisor;
      bool isMod;
    };
    llvm::SmallVector<int64_t> coefficients;
    int64_t constant = 0;
    llvm::SmallVector<Atom, 2> atoms;
  };
  /// Distinct elements that a lane accesses in its tile and unrolled steps.
  struct Elements {
    /// Loads of one and of four.
    int64_t single = 0, vectors = 0;
    /// Elements whose guard is decided at run time, and comparisons for that.
    int64_t guarded = 0, comparisons = 0;
  };
  struct Access {
    unsigned index;
    llvm::SmallVector<unsigned> constraints;
    DimSet dims, guardDims;
    /// The tensor's place and size allow for vectors.
    bool alignable;
    /// The tensor is read whole, by loads of the body.
    bool isWhole = false;
    /// Lanes can load its elements for each other.
    bool sharable = false;
    /// Elements by what the choice says of the access's dimensions.
    std::map<llvm::SmallVector<int64_t, 16>, Elements> known;
  };
  /// Operations of a block.
  struct Work {
    DimSet dims;
    /// What an instance executes, and how many times that its code is: more
    /// than once where instructions run side by side.
    Instructions each;
    double code = 1;
  };

  const IterationSpace &space;
  const Profile &profile;
  std::optional<ScatteredSum> scattered;
  std::vector<Expr> pool;
  std::vector<Access> mapReads, finishReads, innerReads, writes;
  std::vector<Work> mapWork, finishWork;

  unsigned compile(mlir::AffineExpr expr);
  int64_t evaluate(const Expr &expr, llvm::ArrayRef<int64_t> dims) const;
  DimSet dimsOf(mlir::AffineExpr expr) const;
  Access accessOf(const TensorRef &tensor, mlir::AffineExpr index,
                  const Guard &guard);
  void addWork(mlir::Block &block, llvm::ArrayRef<Access> reads, unsigned skip,
               DimSet combined, std::vector<Work> &work);

  const Elements &elementsOf(Access &access, const Choice &choice);
  Elements countElements(const Access &access, const Choice &choice) const;
  bool aligned(const Expr &expr, const Choice &choice) const;
  Bounds startBounds(const Expr &expr, const Choice &choice) const;
  /// How many steps of a dimension that is not parallel are unrolled.
  int64_t unrollOf(unsigned dim, const Choice &choice) const {
    unsigned r = dim - space.numParallel;
    return r < choice.unroll.size() ? choice.unroll[r] : space.extents[dim];
  }
  void addInner(const InnerSum &sum);
  /// Where dimension `dim` of a tile starts at most.
  int64_t lastStart(unsigned dim, const Choice &choice) const;
  Instructions count(const Choice &choice, bool loops);
  Instructions countInMemory(const Choice &choice, bool loops);
  void addWorkOf(const Choice &choice, bool loops, Instructions &sum);
  void addReads(std::vector<Access> &reads, const Choice &choice, bool loops,
                Instructions &sum);
  /// How often loops execute what depends on these dimensions.
  double repetitions(DimSet dims, const Choice &choice) const;
  /// How many instances of it a trip has.
  double instances(DimSet dims, const Choice &choice) const;
};

/// The costs of all parts of a kernel under one choice, whose `unroll` is that
/// of the first part, then that of the second, and so on.
class KernelCost {
public:
  KernelCost(llvm::ArrayRef<IterationSpace> parts, const Profile &profile);

  /// The time that a subgroup takes, where the kernel stands in a branch if
  /// asked, and that of its code executed once, in units of a multiply-add.
  double executedTime(const Choice &choice, bool inBranch = false);
  double codeTime(const Choice &choice);
  /// As in CostModel.
  double launchedSubgroups(const Choice &choice) const {
    return models.front().launchedSubgroups(choice);
  }
  double launchTime(const Choice &choice) {
    return executedTime(choice) * models.front().subgroups(choice);
  }
  double compileTime(const Choice &choice);
  /// Results, of each kind, that a lane has in registers.
  int64_t tileSize(const Choice &choice) const {
    return models.front().inRegisters(choice).tileSize();
  }
  /// The most evaluations of a block in one trip of an innermost loop.
  int64_t steps(const Choice &choice) const;
  /// Trips of a lane around all loops.
  double trips(const Choice &choice) const;
  /// As in CostModel; never of a row group.
  const std::optional<ScatteredSum> &scatteredSum() const {
    return models.front().scatteredSum();
  }
  /// Whether reductions that need their order keep it.
  bool keepsOrder(const Choice &choice) const;

private:
  llvm::ArrayRef<IterationSpace> parts;
  const Profile &profile;
  std::deque<CostModel> models;
  /// Parts that run in the loops of a later one and cost nothing beside it.
  llvm::BitVector isPassenger;

  /// What the choice says of one part.
  Choice choiceOf(unsigned part, const Choice &choice) const;
};

} // namespace descent::codegen

#endif // DESCENT_CODEGEN_COSTMODEL_H
