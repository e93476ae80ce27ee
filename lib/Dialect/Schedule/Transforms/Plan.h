// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The memory plan of a module at the kernel level, before it becomes launches.

#ifndef DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_PLAN_H
#define DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_PLAN_H

#include "Order.h"
#include "Simulation.h"

namespace descent::schedule {

/// Where everything lies, and when every kernel runs.
class ProgramPlan {
public:
  explicit ProgramPlan(mlir::ModuleOp module)
      : module(module), program(module) {}
  ProgramPlan(const ProgramPlan &) = delete;

  struct Entry {
    EntryMemory memory;
    KernelOrder order{};
    /// The end of its transients, in the slab of transients.
    int64_t end = 0;
  };

  /// Makes the plan, and adds kernels that copy to the module where the plan
  /// needs them. With a budget, in bytes of all slabs together, entries that
  /// exceed it give up barriers that could be spared, and try another order.
  /// Fails, with an error, where a constant is left that is not a splat.
  mlir::LogicalResult make(int64_t budget = 0);

  ProgramMemory &getProgram() { return program; }
  std::deque<Entry> &getEntries() { return entries; }
  int64_t getStateBytes() const { return stateBytes; }
  /// Inputs and control words, which lie before the transients.
  int64_t getFixedBytes() const { return fixedBytes; }
  int64_t getWorkBytes() const;
  /// What every entry left before the plan was made.
  const std::map<std::string, EntryResult> &getExpected() const {
    return expected;
  }
  Values &getValues() { return values; }

private:
  mlir::ModuleOp module;
  Values values;
  llvm::DenseMap<mlir::Value, Content> contents;
  std::map<std::string, EntryResult> expected;
  ProgramMemory program;
  std::deque<Entry> entries;
  int64_t stateBytes = 0, fixedBytes = 0;
};

} // namespace descent::schedule

#endif // DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_PLAN_H
