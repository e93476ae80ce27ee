// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Symbolic execution of entries before and after memory planning.

#ifndef DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_SIMULATION_H
#define DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_SIMULATION_H

#include "Contents.h"
#include "mlir/IR/BuiltinOps.h"

namespace descent::schedule {

/// What a run of an entry leaves: the contents of all states and of the
/// outputs, by name.
struct EntryResult {
  std::map<std::string, Content> states, outputs;
  /// Whether all iterations of all loops were run. Those of a long loop are
  /// not: what it leaves is not known then.
  bool isExact = true;
};

/// Whether a loop of `count` iterations of `kernels` kernels is too long to be
/// run in full. Where its values lie is an affine function of the iteration's
/// number, so that a shorter loop that is sound speaks for it.
inline bool isLongLoop(int64_t count, int64_t kernels) {
  return count * kernels > 1 << 14;
}

/// Contents of inputs, states and control words before a run.
Content contentOfSymbol(Values &values, llvm::StringRef symbol,
                        mlir::Type type);
Content contentOfControl(Values &values);

/// Runs an entry of the kernel level on values, and puts the contents of all of
/// them into `contents`.
EntryResult simulate(descent::EntryOp entry, Values &values,
                     llvm::DenseMap<mlir::Value, Content> &contents);

/// The schedule level's entries on memory.
class ScheduleSimulation {
public:
  ScheduleSimulation(mlir::ModuleOp module, Values &values);

  /// Finds which bytes of the state slabs, outside of the states, are zero
  /// before every run because every run leaves them so. Fails, with an error at
  /// the launch, where a launch reads what no launch wrote, or reads what
  /// another iteration of itself overwrites.
  mlir::LogicalResult run();
  /// What a run of `entry` leaves; after run().
  const EntryResult &getResult(llvm::StringRef entry) const {
    return results.find(entry)->second;
  }

private:
  using Memory = std::map<std::string, SlabContent, std::less<>>;

  Memory makeMemory();
  mlir::FailureOr<Memory> run(schedule::EntryOp entry);
  mlir::LogicalResult run(LoopOp loop, Memory &memory);
  mlir::LogicalResult run(LaunchOp launch, Memory &memory, int64_t iteration);
  /// What one part of a launch's kernel computes from what lies at `reads`.
  mlir::FailureOr<llvm::SmallVector<Content>>
  evaluate(LaunchOp launch, mlir::Operation *part, const Memory &memory,
           llvm::ArrayRef<PlaceAttr> reads, llvm::ArrayRef<PlaceAttr> writes);
  void forgetMovingResults(LoopOp loop, Memory &memory);
  Content read(const Memory &memory, PlaceAttr place) const;
  /// The type of the input or state that a place is of.
  mlir::Type getType(PlaceOp place) const;
  bool updateGaps(const Memory &memory);

  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  Values &values;
  /// Where state slabs are zero before every run, as far as is known.
  std::map<std::string, SlabContent, std::less<>> gaps;
  std::map<std::string, EntryResult, std::less<>> results;
  llvm::DenseMap<mlir::Operation *, std::unique_ptr<KernelFunction>> functions;
};

} // namespace descent::schedule

#endif // DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_SIMULATION_H
