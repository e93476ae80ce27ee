// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Estimates the time of a kernel under a strategy by counting what a lane will
// execute.

#ifndef DESCENT_CODEGEN_COSTMODEL_H
#define DESCENT_CODEGEN_COSTMODEL_H

#include "descent/Codegen/IterationSpace.h"
#include "descent/Target/Profile.h"
#include <map>

namespace descent::codegen {

/// A strategy while it is being chosen; see #codegen.strategy.
struct Choice {
  llvm::SmallVector<int64_t> lanes, tile, run, unroll;

  int64_t workgroupSize() const;
  int64_t tileSize() const;
  int64_t steps() const;
};

/// The cost of one kernel for one device as a function of the strategy. Counts
/// instructions as the emitter will build them: every load and every operation
/// once for all points of the tile and all unrolled steps that share it, at the
/// depth of the loops that change it.
class CostModel {
public:
  CostModel(const IterationSpace &space, const Profile &profile);

  /// Time in units of a multiply-add of one subgroup.
  double estimate(const Choice &choice);

private:
  using DimSet = uint64_t;

  /// An affine expression ready to be evaluated.
  struct Linear {
    llvm::SmallVector<int64_t> coefficients;
    int64_t constant = 0;
    struct Atom {
      int64_t coefficient;
      unsigned inner; // in `pool`
      int64_t divisor;
      bool isMod;
    };
    llvm::SmallVector<Atom, 2> atoms;
  };
  struct Access {
    unsigned index; // in `pool`
    DimSet dims;    // the element's
    DimSet guardDims;
    bool guarded;
    bool alignable; // the tensor's place and size allow for vectors
    /// Element and vector loads for the numbers of positions and the alignment
    /// they were counted for.
    std::map<llvm::SmallVector<int64_t, 8>, std::pair<int64_t, int64_t>> counts;
  };
  struct Work {
    DimSet dims;
    double cost;
  };

  const IterationSpace &space;
  const Profile &profile;
  std::vector<Linear> pool;
  std::vector<Access> mapReads, finishReads, writes;
  std::vector<Work> mapWork, finishWork;

  unsigned compile(mlir::AffineExpr expr);
  int64_t evaluate(const Linear &linear, llvm::ArrayRef<int64_t> dims) const;
  DimSet dimsOf(mlir::AffineExpr expr) const;
  Access accessOf(const TensorRef &tensor, mlir::AffineExpr index,
                  const Guard &guard);
  void addWork(mlir::Block &block, llvm::ArrayRef<Access> reads, unsigned skip,
               DimSet combined, std::vector<Work> &work);
  /// Element and vector accesses of one lane for its tile and unrolled steps.
  std::pair<int64_t, int64_t> count(Access &access, const Choice &choice);
  bool aligned(const Linear &linear, const Choice &choice) const;
  double loadCost(Access &access, const Choice &choice, DimSet laneDims);
  /// How often what depends on these dimensions is executed by the loops, and
  /// how many instances the unrolled code has of it.
  double repetitions(DimSet dims, const Choice &choice) const;
  double instances(DimSet dims, const Choice &choice) const;
};

} // namespace descent::codegen

#endif // DESCENT_CODEGEN_COSTMODEL_H
