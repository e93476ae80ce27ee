// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Takes single kernels through code generation, runs them on the device and
// compares them with the reference interpreter.
//
// A case is an entry that reads inputs, runs one descent.kernel on them and
// gives its results as outputs.

#ifndef DESCENT_TEST_CODEGEN_KERNELHARNESS_H
#define DESCENT_TEST_CODEGEN_KERNELHARNESS_H

#include "VulkanRunner.h"
#include "descent/Codegen/Passes.h"
#include "descent/Interpreter/Interpreter.h"
#include "mlir/IR/MLIRContext.h"

namespace descent::test {

/// Registers what cases are made of.
void registerDialects(mlir::MLIRContext &context);

/// How a case's tensors are put into bindings.
enum class Layout {
  /// Every tensor has a binding of its own.
  separate,
  /// All read tensors share a binding, the first behind three words of padding;
  /// all results share another.
  packed,
  /// As `separate`, but the first result is written over the first read tensor,
  /// which must have as many elements.
  inPlace,
};

/// The entry's kernel as a schedule.kernel, appended to the module.
schedule::KernelOp makeScheduleKernel(EntryOp entry, Layout layout);

/// The contents of the kernel's bindings for these inputs; results are filled
/// with a pattern.
Buffers makeBuffers(EntryOp entry, schedule::KernelOp kernel,
                    const interpreter::Environment &inputs);

/// The results in `buffers` by the names of the entry's outputs.
interpreter::Environment readResults(EntryOp entry, schedule::KernelOp kernel,
                                     const Buffers &buffers);

/// Inputs as makeInputs gives them, rounded to f32.
interpreter::Environment makeRoundedInputs(EntryOp entry, uint64_t seed);

/// The kernel compiled with the strategy, or the one that is selected for the
/// profile if that is null. Ends the program on failure.
CompiledKernel compile(schedule::KernelOp kernel, const Profile &profile,
                       codegen::StrategyAttr strategy = nullptr);

} // namespace descent::test

#endif // DESCENT_TEST_CODEGEN_KERNELHARNESS_H
