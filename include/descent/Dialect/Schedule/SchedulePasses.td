// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes that make and check the schedule level.

#ifndef DESCENT_SCHEDULE_PASSES_TD
#define DESCENT_SCHEDULE_PASSES_TD

include "mlir/Pass/PassBase.td"

def Rematerialize : Pass<"descent-rematerialize", "::mlir::ModuleOp"> {
  let summary = "computes values again that would be kept over the peak, until the memory plan is within a budget";
  let description = [{
    At the kernel level, before the plan is made. Does nothing where the plan of `descent-plan-memory` is within `budget`: bytes of all slabs together, which hold states, packed gradients, inputs and
    transients.

    Else kernels are put into the order of the plan, and of the values that live, unused, where too much does, one after the other is computed again in front of the first later reader: always the one that
    saves the most bytes over time for what its kernel costs (its operations, the bytes that it moves, a launch). An operand that is dead by then lives on, or is computed again
    as well; so what is kept are checkpoints, and segments between them run twice. What is computed before it is first of use is moved. Loops are not repeated. At the end, what proves to be spared for nothing is kept again.

    A repeated kernel is a clone that reads the same values, and random numbers are functions of their counters: results are the same to the bit. Simulation proves that nothing else changed, as it does for plans.

    Where no choice is within the budget, fails with an error at the operation where the most memory is in use in the smallest plan that was found; that plan's bytes are a budget that can be met. Sets `schedule.too_large`, as
    it is the model's fault, or `schedule.rematerialized`, which says what it cost (Rematerialization.h).

    ```mlir
    %a = descent.kernel ... (%x) ...        // large
    %b = descent.kernel ... (%a) ...
    %c = descent.kernel ... (%b) ...        // the peak
    %d = descent.kernel ... (%c, %a) ...
    ```
    becomes
    ```mlir
    %a = descent.kernel ... (%x) ...
    %b = descent.kernel ... (%a) ...
    %c = descent.kernel ... (%b) ...
    %a2 = descent.kernel ... (%x) ...
    %d = descent.kernel ... (%c, %a2) ...
    ```
  }];
  let options = [Option<"budget", "budget", "int64_t", "0", "bytes that all memory together may take; 0: any">];
}

def PlanMemory : Pass<"descent-plan-memory", "::mlir::ModuleOp"> {
  let summary = "kernel level to schedule level: an order, a place for every tensor, the bindings of every launch";
  let description = [{
    1. States: those that a `descent.pack` joins are placed side by side as the arena says, the others each by itself.
    2. Ties: a written value is computed in its state's place where nothing then reads the old state, a packed one in its
       arena's place; where that cannot be, a kernel that copies is added.
    3. Order: program order, or the one that greedily keeps the live bytes low if that has the smaller peak; what overwrites a state comes after all readers of the old one.
    4. In place: an elementwise kernel takes over the memory of an operand that dies with it.
    5. Offsets: by decreasing size, each buffer in the smallest gap that fits among those it coexists with. Buffers that are used between the
       same two barriers coexist, unless that costs more than an eighth of the memory. Arenas of values that do not outlive the run lie in the state slab all the same, for there the zeros between the pieces stay.
       With a `budget` that the plan exceeds, barriers are not spared, and the other order is tried.
    6. Bindings: a kernel of more than `max-bindings` tensors reads several through one binding over the range that covers them.
    7. Kernels that are equal but for their places become one.

    Barriers are left to `descent-place-barriers`. Fails where a binding would be larger than `max-range` (and sets `schedule.too_large` on the module: that is the model's fault), or where a constant that is not a splat is left.

    ```mlir
    descent.entry @train {
      %w = descent.read @w : tensor<8xf32>
      %n = descent.kernel [8] ... finish(%w ...) ... : tensor<8xf32>
      descent.write @w, %n : tensor<8xf32>
    }
    ```
    becomes
    ```mlir
    schedule.slab @state kind(state) size(256)
    schedule.place @w at #schedule.place<@state, 0, 32>
    schedule.kernel @k0 bindings [readwrite] reads [#schedule.operand<0, 0>] writes [#schedule.operand<0, 0>] { ... }
    schedule.entry @train inputs [] {
      schedule.launch @k0 [#schedule.place<@state, 0, 32>]
    }
    ```
  }];
  let dependentDialects = ["::descent::schedule::ScheduleDialect"];
  let options = [
    Option<"maxBindings", "max-bindings", "int64_t", "4", "storage buffers that a kernel may have">,
    Option<"budget", "budget", "int64_t", "0", "bytes that all memory together should stay within, if it can; 0: as it comes">,
    Option<"maxRange", "max-range", "int64_t", "134217728", "bytes that one binding may cover (128 MiB, the least that Vulkan allows a device to offer)">];
}

def PlaceBarriers : Pass<"descent-place-barriers", "::mlir::ModuleOp"> {
  let summary = "puts a barrier before every launch that would touch what a launch since the last barrier wrote, or overwrite what one read";
  let description = [{
    Hazards are those between the bound ranges, whatever of them a kernel really touches: that is what validation layers see. Barriers that are already there are dropped first.
  }];
}

def VerifySchedule : Pass<"descent-verify-schedule", "::mlir::ModuleOp"> {
  let summary = "proves that no launch reads bytes which nothing wrote, that barriers separate all hazards, and that padding stays zero";
}

def PrintMemoryPlan : Pass<"descent-print-memory-plan", "::mlir::ModuleOp"> {
  let summary = "prints every buffer with the launches it lives between, and the peak beside what must be live at once";
}

#endif // DESCENT_SCHEDULE_PASSES_TD
