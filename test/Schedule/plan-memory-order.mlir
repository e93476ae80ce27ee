// RUN: descent-opt %s --split-input-file --descent-plan-memory --descent-place-barriers --descent-verify-schedule | FileCheck %s

// Order, reuse of memory, and bindings.

// Transients that do not live together share memory; an elementwise kernel writes over an operand that dies.
// CHECK-LABEL: schedule.entry @reuse
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.work, 256, 32>, #schedule.place<@slab.work, 512, 32>]
// CHECK-NEXT: schedule.barrier
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.work, 512, 32>, #schedule.place<@slab.work, 768, 32>]
// CHECK-NEXT: schedule.barrier
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.work, 768, 32>, #schedule.place<@slab.work, 512, 32>]
// CHECK-NEXT: schedule.barrier
// CHECK-NEXT: schedule.launch @k1 [#schedule.place<@slab.work, 512, 32>]
// CHECK-NEXT: schedule.output "e" at <@slab.work, 512, 32>
descent.input @in : tensor<8xf32>
descent.entry @reuse {
  %in = descent.read @in : tensor<8xf32>
  %b = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%in : tensor<8xf32>) [#descent.access<(d0) -> (-d0 + 7)>] {
    ^bb0(%a0: f32):
      %s = descent.add %a0 : f32
      descent.yield %s : f32
    } : tensor<8xf32>
  %c = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%b : tensor<8xf32>) [#descent.access<(d0) -> (-d0 + 7)>] {
    ^bb0(%a0: f32):
      %s = descent.add %a0 : f32
      descent.yield %s : f32
    } : tensor<8xf32>
  %d = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%c : tensor<8xf32>) [#descent.access<(d0) -> (-d0 + 7)>] {
    ^bb0(%a0: f32):
      %s = descent.add %a0 : f32
      descent.yield %s : f32
    } : tensor<8xf32>
  %e = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%d, %d : tensor<8xf32>, tensor<8xf32>) [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>] {
    ^bb0(%a0: f32, %a1: f32):
      %s = descent.add %a0, %a1 : f32
      descent.yield %s : f32
    } : tensor<8xf32>
  descent.output "e", %e : tensor<8xf32>
}

// -----

// Entries share the memory of their transients, but not of the inputs. Equal kernels are one.
// CHECK-LABEL: schedule.slab @slab.work kind(transient) size(768)
// CHECK: schedule.kernel @k0
// CHECK-NOT: schedule.kernel
// CHECK: schedule.entry @one inputs [@in]
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.work, 256, 32>, #schedule.place<@slab.work, 512, 32>] label "first"
// CHECK: schedule.entry @two inputs [@in]
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.work, 256, 32>, #schedule.place<@slab.work, 512, 32>] label "a+b+c+..."
descent.input @in : tensor<8xf32>
descent.entry @one {
  %in = descent.read @in : tensor<8xf32>
  %b = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%in : tensor<8xf32>) [#descent.access<(d0) -> (-d0 + 7)>] {
    ^bb0(%a0: f32):
      %s = descent.add %a0 : f32
      descent.yield %s : f32
    } : tensor<8xf32> loc("first"("some/path.json":3:4))
  descent.output "b", %b : tensor<8xf32>
}
descent.entry @two {
  %in = descent.read @in : tensor<8xf32>
  %b = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%in : tensor<8xf32>) [#descent.access<(d0) -> (-d0 + 7)>] {
    ^bb0(%a0: f32):
      %s = descent.add %a0 : f32
      descent.yield %s : f32
    } : tensor<8xf32> loc(fused["a", "b", "b", "c", "d"])
  descent.output "b", %b : tensor<8xf32>
}

// -----

// Eight tensors of one kernel are reached through four bindings. The control words step and valid are two of them, in one.
// CHECK-LABEL: schedule.slab @slab.work
// CHECK: schedule.kernel @k[[K:[0-9]+]] bindings [read, write] reads [#schedule.operand<0, 0>, #schedule.operand<0, 3>]
// CHECK: schedule.entry @control
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.work, 0, 16>, #schedule.place<@slab.work, 256, 4>]
descent.entry @control {
  %step = descent.control step : tensor<i32>
  %valid = descent.control valid : tensor<i32>
  %n = descent.kernel [] reduce [] by [] map() [] { descent.yield }
    finish(%step, %valid : tensor<i32>, tensor<i32>) [#descent.access<() -> ()>, #descent.access<() -> ()>] {
    ^bb0(%a0: i32, %a1: i32):
      %s = descent.add %a0, %a1 : i32
      descent.yield %s : i32
    } : tensor<i32>
  descent.output "n", %n : tensor<i32>
}

// -----

// Seven tensors share four bindings: neighbours of which as little as possible between them is bound in vain.
// CHECK-LABEL: schedule.slab @slab.work
// CHECK: bindings [read, read, read, write] reads [#schedule.operand<0, 0>, #schedule.operand<0, 64>, #schedule.operand<0, 128>, #schedule.operand<0, 192>, #schedule.operand<1, 0>, #schedule.operand<2, 0>] writes [#schedule.operand<3, 0>]
// CHECK: schedule.entry @many
descent.input @i0 : tensor<8xf32>
descent.input @i1 : tensor<8xf32>
descent.input @i2 : tensor<8xf32>
descent.input @i3 : tensor<8xf32>
descent.input @i4 : tensor<8xf32>
descent.input @i5 : tensor<8xf32>
descent.entry @many {
  %i0 = descent.read @i0 : tensor<8xf32>
  %i1 = descent.read @i1 : tensor<8xf32>
  %i2 = descent.read @i2 : tensor<8xf32>
  %i3 = descent.read @i3 : tensor<8xf32>
  %i4 = descent.read @i4 : tensor<8xf32>
  %i5 = descent.read @i5 : tensor<8xf32>
  %n = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%i0, %i1, %i2, %i3, %i4, %i5 : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>] {
    ^bb0(%a0: f32, %a1: f32, %a2: f32, %a3: f32, %a4: f32, %a5: f32):
      %s = descent.add %a0, %a1, %a2, %a3, %a4, %a5 : f32
      descent.yield %s : f32
    } : tensor<8xf32>
  descent.output "n", %n : tensor<8xf32>
}
