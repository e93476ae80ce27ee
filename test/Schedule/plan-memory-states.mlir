// RUN: descent-opt %s --split-input-file --descent-plan-memory --descent-place-barriers --descent-verify-schedule | FileCheck %s

// Where written values lie. The pass itself proves that no plan changes what an entry computes.

// A state that is updated elementwise from its old value is updated in place.
// CHECK-LABEL: schedule.slab @slab.state kind(state) size(256)
// CHECK: schedule.place @w at <@slab.state, 0, 32>
// CHECK: schedule.kernel @k0 bindings [readwrite] reads [#schedule.operand<0, 0>] writes [#schedule.operand<0, 0>]
// CHECK: schedule.entry @in_place inputs []
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.state, 0, 32>]
// CHECK-NEXT: }
descent.state @w : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @in_place {
  %w = descent.read @w : tensor<8xf32>
  %n = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%w, %w : tensor<8xf32>, tensor<8xf32>) [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>] {
    ^bb0(%a0: f32, %a1: f32):
      %s = descent.add %a0, %a1 : f32
      descent.yield %s : f32
    } : tensor<8xf32>
  descent.write @w, %n : tensor<8xf32>
}

// -----

// A kernel that reads the state elsewhere than where it writes computes beside it; a copy follows.
// CHECK-LABEL: schedule.entry @reversed
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.state, 0, 32>, #schedule.place<@slab.work, 256, 32>]
// CHECK-NEXT: schedule.barrier
// CHECK-NEXT: schedule.launch @k1 [#schedule.place<@slab.work, 256, 32>, #schedule.place<@slab.state, 0, 32>]
// CHECK-NEXT: }
descent.state @w : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @reversed {
  %w = descent.read @w : tensor<8xf32>
  %n = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%w : tensor<8xf32>) [#descent.access<(d0) -> (-d0 + 7)>] {
    ^bb0(%a0: f32):
      %s = descent.add %a0 : f32
      descent.yield %s : f32
    } : tensor<8xf32>
  descent.write @w, %n : tensor<8xf32>
}

// -----

// Another reader of the old state runs first, although it comes later in the program; a barrier keeps them apart.
// CHECK-LABEL: schedule.entry @reader_first
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.state, 0, 32>, #schedule.place<@slab.work, 256, 32>]
// CHECK-NEXT: schedule.barrier
// CHECK-NEXT: schedule.launch @k1 [#schedule.place<@slab.state, 0, 32>]
// CHECK-NEXT: schedule.output "old" at <@slab.work, 256, 32> : tensor<8xf32>
descent.state @w : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @reader_first {
  %w = descent.read @w : tensor<8xf32>
  %n = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%w, %w : tensor<8xf32>, tensor<8xf32>) [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>] {
    ^bb0(%a0: f32, %a1: f32):
      %s = descent.add %a0, %a1 : f32
      descent.yield %s : f32
    } : tensor<8xf32>
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%w : tensor<8xf32>) [#descent.access<(d0) -> (-d0 + 7)>] {
    ^bb0(%a0: f32):
      %s = descent.add %a0 : f32
      descent.yield %s : f32
    } : tensor<8xf32>
  descent.write @w, %n : tensor<8xf32>
  descent.output "old", %r : tensor<8xf32>
}

// -----

// A reader of the old state that needs the new one cannot run first: the new one is copied at the end.
// CHECK-LABEL: schedule.entry @reader_depends
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.state, 0, 32>, #schedule.place<@slab.work, {{[0-9]+}}, 32>]
// CHECK-NEXT: schedule.barrier
// CHECK-NEXT: schedule.launch @k1 
// CHECK-NEXT: schedule.barrier
// CHECK-NEXT: schedule.launch @k2 [#schedule.place<@slab.work, {{[0-9]+}}, 32>, #schedule.place<@slab.state, 0, 32>]
// CHECK-NEXT: schedule.output
descent.state @w : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @reader_depends {
  %w = descent.read @w : tensor<8xf32>
  %n = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%w, %w : tensor<8xf32>, tensor<8xf32>) [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>] {
    ^bb0(%a0: f32, %a1: f32):
      %s = descent.add %a0, %a1 : f32
      descent.yield %s : f32
    } : tensor<8xf32>
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%w, %n : tensor<8xf32>, tensor<8xf32>) [#descent.access<(d0) -> (-d0 + 7)>, #descent.access<(d0) -> (-d0 + 7)>] {
    ^bb0(%a0: f32, %a1: f32):
      %s = descent.add %a0, %a1 : f32
      descent.yield %s : f32
    } : tensor<8xf32>
  descent.write @w, %n : tensor<8xf32>
  descent.output "mixed", %r : tensor<8xf32>
}

// -----

// Two states change places: one of them by way of a transient.
// CHECK-LABEL: schedule.entry @swap
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.state, 0, 32>, #schedule.place<@slab.work, 256, 32>]
// CHECK-NEXT: schedule.barrier
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.state, 256, 32>, #schedule.place<@slab.state, 0, 32>]
// CHECK-NEXT: schedule.barrier
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.work, 256, 32>, #schedule.place<@slab.state, 256, 32>]
// CHECK-NEXT: }
descent.state @a : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.state @b : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @swap {
  %a = descent.read @a : tensor<8xf32>
  %b = descent.read @b : tensor<8xf32>
  descent.write @a, %b : tensor<8xf32>
  descent.write @b, %a : tensor<8xf32>
}

// -----

// One value for two states is computed in the first and copied to the second; a state written as it was is not written.
// CHECK-LABEL: schedule.entry @twice
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.state, 0, 32>]
// CHECK-NEXT: schedule.barrier
// CHECK-NEXT: schedule.launch @k1 [#schedule.place<@slab.state, 0, 32>, #schedule.place<@slab.state, 256, 32>]
// CHECK-NEXT: }
descent.state @a : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.state @b : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.state @c : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @twice {
  %a = descent.read @a : tensor<8xf32>
  %c = descent.read @c : tensor<8xf32>
  %n = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%a, %a : tensor<8xf32>, tensor<8xf32>) [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>] {
    ^bb0(%a0: f32, %a1: f32):
      %s = descent.add %a0, %a1 : f32
      descent.yield %s : f32
    } : tensor<8xf32>
  descent.write @a, %n : tensor<8xf32>
  descent.write @b, %n : tensor<8xf32>
  descent.write @c, %c : tensor<8xf32>
}

// -----

// A constant is filled in where the state lies.
// CHECK: schedule.kernel @k0 bindings [write] reads [] writes [#schedule.operand<0, 0>]
// CHECK-LABEL: schedule.entry @reset
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.state, 0, 32>]
// CHECK-NEXT: }
descent.state @a : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @reset {
  %z = descent.constant dense<1.0> : tensor<8xf32>
  descent.write @a, %z : tensor<8xf32>
}

// -----

// The host sees outputs where they lie, but a copy of an input, of a control word, and of a state that the entry writes.
// CHECK-LABEL: schedule.entry @outputs inputs [@x]
// CHECK: schedule.output "x" at <@slab.work, [[X:[0-9]+]], 32> : tensor<8xf32> batch_axis 0
// CHECK: schedule.output "kept" at <@slab.state, 256, 32> : tensor<8xf32>
// CHECK: schedule.output "old" at <@slab.work, {{[0-9]+}}, 32> : tensor<8xf32>
// CHECK: schedule.output "new" at <@slab.state, 0, 32> : tensor<8xf32>
// CHECK: schedule.output "step" at <@slab.work, {{[0-9]+}}, 4> : tensor<i32>
descent.input @x : tensor<8xf32> batch_axis 0
descent.state @a : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.state @b : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @outputs {
  %x = descent.read @x : tensor<8xf32>
  %a = descent.read @a : tensor<8xf32>
  %b = descent.read @b : tensor<8xf32>
  %step = descent.control step : tensor<i32>
  %n = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%a, %x : tensor<8xf32>, tensor<8xf32>) [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>] {
    ^bb0(%a0: f32, %a1: f32):
      %s = descent.add %a0, %a1 : f32
      descent.yield %s : f32
    } : tensor<8xf32>
  descent.write @a, %n : tensor<8xf32>
  descent.output "x", %x batch_axis 0 : tensor<8xf32>
  descent.output "kept", %b : tensor<8xf32>
  descent.output "old", %a : tensor<8xf32>
  descent.output "new", %n : tensor<8xf32>
  descent.output "step", %step : tensor<i32>
}
