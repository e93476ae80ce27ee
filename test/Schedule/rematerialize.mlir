// RUN: descent-opt %s --split-input-file --descent-rematerialize=budget=20736 | FileCheck %s
// RUN: descent-opt %s --split-input-file --descent-rematerialize=budget=20736 --descent-plan-memory=budget=20736 --descent-place-barriers --descent-verify-schedule | FileCheck %s --check-prefix=PLAN
// RUN: descent-opt %s --split-input-file --descent-rematerialize=budget=1000000 | FileCheck %s --check-prefix=AMPLE
// RUN: descent-opt %s --split-input-file --descent-plan-memory | FileCheck %s --check-prefix=WHOLE

// Inputs and control words take 4352 bytes; a budget of 20736 leaves 16384 for transients.
// AMPLE-NOT: schedule.rematerialized

// With %a kept for %d, 20480 bytes are live at %c. It is computed again, from the input, after %c; %b and %c are as before.
// CHECK: module attributes {schedule.rematerialized = {budget = 20736 : i64, entries = [{base_bytes = 53248 : i64, base_flop = 6144 : i64, bytes = 8192 : i64, entry = "again", flop = 1024 : i64, launches = 1 : i64}], unrestricted = 24832 : i64}}
// CHECK-LABEL: descent.entry @again
// CHECK: %[[X:.*]] = descent.read @x
// CHECK: %[[A:.*]] = descent.kernel [1024]
// CHECK: finish(%[[X]] :
// CHECK: %[[B:.*]] = descent.kernel [2048]
// CHECK: finish(%[[A]] :
// CHECK: %[[C:.*]] = descent.kernel [2048]
// CHECK: finish(%[[B]] :
// CHECK: %[[A2:.*]] = descent.kernel [1024]
// CHECK: finish(%[[X]] :
// CHECK: %[[D:.*]] = descent.kernel [1024]
// CHECK: finish(%[[C]], %[[A2]] :
// CHECK: descent.output "d", %[[D]]
// Both launches are of one kernel.
// PLAN: schedule.slab @slab.work kind(transient) size(20736)
// PLAN-LABEL: schedule.entry @again
// PLAN: schedule.launch @[[K:.*]] [
// PLAN: schedule.launch
// PLAN: schedule.launch
// PLAN: schedule.launch @[[K]] [
// WHOLE: schedule.slab @slab.work kind(transient) size(24832)
// WHOLE-LABEL: schedule.entry @again
descent.input @x : tensor<1024xf32>
descent.entry @again {
  %x = descent.read @x : tensor<1024xf32>
  %a = descent.kernel [1024] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<1024xf32>) [#descent.access<(d0) -> (-d0 + 1023)>] {
    ^bb0(%a0: f32):
      %s = descent.exp %a0 : f32
      descent.yield %s : f32
    } : tensor<1024xf32>
  %b = descent.kernel [2048] reduce [] by [] map() [] { descent.yield }
    finish(%a : tensor<1024xf32>) [#descent.access<(d0) -> (d0 mod 1024)>] {
    ^bb0(%a0: f32):
      %s = descent.exp %a0 : f32
      descent.yield %s : f32
    } : tensor<2048xf32>
  %c = descent.kernel [2048] reduce [] by [] map() [] { descent.yield }
    finish(%b : tensor<2048xf32>) [#descent.access<(d0) -> (-d0 + 2047)>] {
    ^bb0(%a0: f32):
      %s = descent.exp %a0 : f32
      descent.yield %s : f32
    } : tensor<2048xf32>
  %d = descent.kernel [1024] reduce [] by [] map() [] { descent.yield }
    finish(%c, %a : tensor<2048xf32>, tensor<1024xf32>) [#descent.access<(d0) -> (d0 + 1024)>, #descent.access<(d0) -> (-d0 + 1023)>] {
    ^bb0(%a0: f32, %a1: f32):
      %s = descent.add %a0, %a1 : f32
      descent.yield %s : f32
    } : tensor<1024xf32>
  descent.output "d", %d : tensor<1024xf32>
}

// -----

// What is computed before it is used for the first time is moved; that costs nothing, so nothing is said of it.
// CHECK-NOT: schedule.rematerialized
// CHECK-LABEL: descent.entry @moved
// CHECK: descent.kernel [2048]
// CHECK: %[[C:.*]] = descent.kernel [2048]
// CHECK: %[[A:.*]] = descent.kernel [1024]
// CHECK: descent.kernel [1024]
// CHECK: finish(%[[C]], %[[A]] :
// CHECK-NOT: descent.kernel
// PLAN: schedule.slab @slab.work kind(transient) size(20736)
// PLAN-LABEL: schedule.entry @moved
descent.input @x : tensor<1024xf32>
descent.entry @moved {
  %x = descent.read @x : tensor<1024xf32>
  %a = descent.kernel [1024] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<1024xf32>) [#descent.access<(d0) -> (-d0 + 1023)>] {
    ^bb0(%a0: f32):
      %s = descent.exp %a0 : f32
      descent.yield %s : f32
    } : tensor<1024xf32>
  %b = descent.kernel [2048] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<1024xf32>) [#descent.access<(d0) -> (d0 mod 1024)>] {
    ^bb0(%a0: f32):
      %s = descent.exp %a0 : f32
      descent.yield %s : f32
    } : tensor<2048xf32>
  %c = descent.kernel [2048] reduce [] by [] map() [] { descent.yield }
    finish(%b : tensor<2048xf32>) [#descent.access<(d0) -> (-d0 + 2047)>] {
    ^bb0(%a0: f32):
      %s = descent.exp %a0 : f32
      descent.yield %s : f32
    } : tensor<2048xf32>
  %d = descent.kernel [1024] reduce [] by [] map() [] { descent.yield }
    finish(%c, %a : tensor<2048xf32>, tensor<1024xf32>) [#descent.access<(d0) -> (d0 + 1024)>, #descent.access<(d0) -> (-d0 + 1023)>] {
    ^bb0(%a0: f32, %a1: f32):
      %s = descent.add %a0, %a1 : f32
      descent.yield %s : f32
    } : tensor<1024xf32>
  descent.output "d", %d : tensor<1024xf32>
}

// -----

// %a is dead when %b is computed again, so it is computed again with it. The view of %b is made anew.
// CHECK: entry = "chain"{{.*}}launches = 2
// CHECK-LABEL: descent.entry @chain
// CHECK: %[[X:.*]] = descent.read @x
// CHECK: %[[A:.*]] = descent.kernel [1024]
// CHECK: %[[B:.*]] = descent.kernel [1024]
// CHECK: finish(%[[A]] :
// CHECK: %[[C:.*]] = descent.kernel [2048]
// CHECK: finish(%[[B]] :
// CHECK: %[[D:.*]] = descent.kernel [2048]
// CHECK: finish(%[[C]] :
// CHECK: %[[A2:.*]] = descent.kernel [1024]
// CHECK: finish(%[[X]] :
// CHECK: %[[B2:.*]] = descent.kernel [1024]
// CHECK: finish(%[[A2]] :
// CHECK: %[[V:.*]] = descent.reshape %[[B2]]
// CHECK: finish(%[[D]], %[[V]] :
// PLAN: schedule.slab @slab.work kind(transient) size(20736)
// PLAN-LABEL: schedule.entry @chain
descent.input @x : tensor<1024xf32>
descent.entry @chain {
  %x = descent.read @x : tensor<1024xf32>
  %a = descent.kernel [1024] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<1024xf32>) [#descent.access<(d0) -> (-d0 + 1023)>] {
    ^bb0(%a0: f32):
      %s = descent.exp %a0 : f32
      descent.yield %s : f32
    } : tensor<1024xf32>
  %b = descent.kernel [1024] reduce [] by [] map() [] { descent.yield }
    finish(%a : tensor<1024xf32>) [#descent.access<(d0) -> (-d0 + 1023)>] {
    ^bb0(%a0: f32):
      %s = descent.exp %a0 : f32
      descent.yield %s : f32
    } : tensor<1024xf32>
  %v = descent.reshape %b : tensor<1024xf32> to tensor<32x32xf32>
  %c = descent.kernel [2048] reduce [] by [] map() [] { descent.yield }
    finish(%b : tensor<1024xf32>) [#descent.access<(d0) -> (d0 mod 1024)>] {
    ^bb0(%a0: f32):
      %s = descent.exp %a0 : f32
      descent.yield %s : f32
    } : tensor<2048xf32>
  %d = descent.kernel [2048] reduce [] by [] map() [] { descent.yield }
    finish(%c : tensor<2048xf32>) [#descent.access<(d0) -> (-d0 + 2047)>] {
    ^bb0(%a0: f32):
      %s = descent.exp %a0 : f32
      descent.yield %s : f32
    } : tensor<2048xf32>
  %e = descent.kernel [1024] reduce [] by [] map() [] { descent.yield }
    finish(%d, %v : tensor<2048xf32>, tensor<32x32xf32>) [#descent.access<(d0) -> (d0 + 1024)>, #descent.access<(d0) -> (d0 mod 32, d0 floordiv 32)>] {
    ^bb0(%a0: f32, %a1: f32):
      %s = descent.add %a0, %a1 : f32
      descent.yield %s : f32
    } : tensor<1024xf32>
  descent.output "e", %e : tensor<1024xf32>
}
