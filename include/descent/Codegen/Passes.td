// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes of code generation.

#ifndef DESCENT_CODEGEN_PASSES_TD
#define DESCENT_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

def SelectStrategiesPass : Pass<"descent-select-strategies", "::mlir::ModuleOp"> {
  let summary = "gives every schedule.kernel the mapping to workgroups, lanes and loops that its device should like best";
  let description = [{
    Sets `strategy` on every `schedule.kernel` that has none. What is chosen depends on the kernel and the profile alone, so equal kernels stay equal.
    How the choice is made: docs/codegen.md.

    ```mlir
    schedule.kernel @k bindings [read, read, write] ... {           // a matrix product
    // becomes
    schedule.kernel @k bindings [read, read, write] ...
        strategy #codegen.strategy<lanes = [1, 8], tile = [8, 8], run = [8, 8], unroll = [4]> {
    ```
  }];
  let options = [Option<"profile", "profile", "std::string", "\"portable\"", "name of the device profile">];
  let dependentDialects = ["::descent::codegen::CodegenDialect"];
}

#endif // DESCENT_CODEGEN_PASSES_TD
