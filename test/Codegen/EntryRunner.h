// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs scheduled entries launch by launch: what the memory planner and code
// generation make of a program together, without a runtime.

#ifndef DESCENT_TEST_CODEGEN_ENTRYRUNNER_H
#define DESCENT_TEST_CODEGEN_ENTRYRUNNER_H

#include "VulkanRunner.h"
#include "descent/Interpreter/Interpreter.h"
#include "llvm/ADT/StringMap.h"

namespace descent::test {

/// The memory and the kernels of a module at the schedule level, whose tensors
/// have elements of four bytes and whose entries have no loops.
class EntryRunner {
public:
  EntryRunner(mlir::ModuleOp module, const Profile &profile);

  /// Sets the states that the module has; those of other names are left out.
  void setStates(const interpreter::Environment &states);
  /// All states of the module.
  interpreter::Environment getStates();
  /// Runs an entry once and returns its outputs.
  interpreter::Environment run(llvm::StringRef entry,
                               const interpreter::Environment &inputs,
                               const interpreter::ControlWords &control);

private:
  mlir::ModuleOp module;
  /// Slabs and kernels by their names.
  llvm::StringMap<std::vector<uint32_t>> slabs;
  llvm::StringMap<CompiledKernel> kernels;

  uint32_t *at(schedule::PlaceAttr place);
  void launch(schedule::LaunchOp launch);
};

} // namespace descent::test

#endif // DESCENT_TEST_CODEGEN_ENTRYRUNNER_H
