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

def MergeLaunchesPass : Pass<"descent-merge-launches", "::mlir::ModuleOp"> {
  let summary = "orders launches in as few phases as can be, and merges launches of a phase into one where that gains time";
  let description = [{
    Launches that do not conflict may run at the same time. Every launch goes into a phase: behind those that it conflicts with and that stood before it,
    before those that stood behind it. There are as few phases as the longest chain of conflicts has launches; a launch that may run in several
    goes where it fits best. Then launches of one phase become one launch of a `schedule.kernel` with several parts, if that
    is faster by the profile: it saves the time that a launch takes and fills the device better, but on devices that do not branch (`idleCode`) every
    workgroup executes the other parts' code once, without effect.

    Needs strategies. Drops all barriers: `descent-place-barriers` sets them anew.

    ```mlir
    schedule.launch @db [#schedule.place<@slab.work, 0, 5120>, #schedule.place<@slab.state, 0, 40>]
    schedule.launch @dw [#schedule.place<@slab.work, 0, 5120>, #schedule.place<@slab.work, 8192, 65536>, #schedule.place<@slab.state, 256, 5120>]
    // becomes
    schedule.launch @m0 [#schedule.place<@slab.work, 0, 5120>, #schedule.place<@slab.state, 0, 40>, #schedule.place<@slab.work, 8192, 65536>, #schedule.place<@slab.state, 256, 5120>]
    ```
  }];
  let options = [
    Option<"profile", "profile", "std::string", "\"portable\"", "name of the device profile">,
    Option<"maxRange", "max-range", "int64_t", "134217728", "bytes that one binding may cover (128 MiB, the least that Vulkan allows a device to offer)">];
}

#endif // DESCENT_CODEGEN_PASSES_TD
