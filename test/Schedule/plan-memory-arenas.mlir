// RUN: descent-opt %s --split-input-file --descent-plan-memory --descent-place-barriers --descent-verify-schedule | FileCheck %s

// Arenas: packs are made by placing, not by copying.

// Parameters lie side by side, 64 elements apart at least; gradients in an arena of the state slab; one kernel updates all.
// CHECK-LABEL: schedule.slab @slab.state kind(state) size(1280)
// CHECK: schedule.place @a at <@slab.state, 0, 40>
// CHECK: schedule.place @other at <@slab.state, 512, 32>
// CHECK: schedule.place @b at <@slab.state, 256, 12>
// CHECK-LABEL: schedule.entry @update
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.work, 256, 32>, #schedule.place<@slab.state, 768, 40>]
// CHECK-NEXT: schedule.launch @k1 [#schedule.place<@slab.work, 256, 32>, #schedule.place<@slab.state, 1024, 12>]
// CHECK-NEXT: schedule.barrier
// CHECK-NEXT: schedule.launch @k2 [#schedule.place<@slab.state, 0, 512>, #schedule.place<@slab.state, 768, 512>]
// CHECK-NEXT: }
descent.input @in : tensor<8xf32>
descent.state @a : tensor<2x5xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.state @other : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.state @b : tensor<3xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @update {
  %in = descent.read @in : tensor<8xf32>
  %a = descent.read @a : tensor<2x5xf32>
  %b = descent.read @b : tensor<3xf32>
  %ga = descent.kernel [2, 5] reduce [] by [] map() [] { descent.yield }
    finish(%in : tensor<8xf32>) [#descent.access<(d0, d1) -> (d0 + d1)>] {
    ^bb0(%x: f32):
      %y = descent.neg %x : f32
      descent.yield %y : f32
    } : tensor<2x5xf32>
  %gb = descent.kernel [3] reduce [] by [] map() [] { descent.yield }
    finish(%in : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%x: f32):
      %y = descent.neg %x : f32
      descent.yield %y : f32
    } : tensor<3xf32>
  %p = descent.pack %a, %b : (tensor<2x5xf32>, tensor<3xf32>) -> tensor<128xf32>
  %g = descent.pack %ga, %gb : (tensor<2x5xf32>, tensor<3xf32>) -> tensor<128xf32>
  %u = descent.kernel [128] reduce [] by [] map() [] { descent.yield }
    finish(%p, %g : tensor<128xf32>, tensor<128xf32>) [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>] {
    ^bb0(%a0: f32, %a1: f32):
      %s = descent.add %a0, %a1 : f32
      descent.yield %s : f32
    } : tensor<128xf32>
  %na, %nb = descent.unpack %u : (tensor<128xf32>) -> (tensor<2x5xf32>, tensor<3xf32>)
  descent.write @a, %na : tensor<2x5xf32>
  descent.write @b, %nb : tensor<3xf32>
}

// -----

// A second pack of the same values in another order is made of copies.
// CHECK-LABEL: schedule.entry @two_orders
// CHECK-COUNT-2: schedule.launch {{.*}}[#schedule.place<@slab.state, {{[0-9]+}}, {{12|40}}>, #schedule.place<@slab.state, {{[0-9]+}}, {{12|40}}>]
// CHECK: schedule.barrier
// CHECK-NEXT: schedule.launch
descent.state @a : tensor<2x5xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.state @b : tensor<3xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @two_orders {
  %a = descent.read @a : tensor<2x5xf32>
  %b = descent.read @b : tensor<3xf32>
  %p = descent.pack %a, %b : (tensor<2x5xf32>, tensor<3xf32>) -> tensor<128xf32>
  %q = descent.pack %b, %a : (tensor<3xf32>, tensor<2x5xf32>) -> tensor<128xf32>
  %s = descent.kernel [128] reduce [] by [] map() [] { descent.yield }
    finish(%p, %q : tensor<128xf32>, tensor<128xf32>) [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>] {
    ^bb0(%a0: f32, %a1: f32):
      %t = descent.add %a0, %a1 : f32
      descent.yield %t : f32
    } : tensor<128xf32>
  descent.output "s", %s : tensor<128xf32>
}

// -----

// What is not zero between the pieces is not computed over the zeros between the states: the pieces are copied.
// CHECK-LABEL: schedule.entry @gaps
// CHECK-NEXT: schedule.launch @k0 [#schedule.place<@slab.state, 0, 256>, #schedule.place<@slab.work, 512, 256>]
// CHECK-NEXT: schedule.barrier
// CHECK-NEXT: schedule.launch @k1 [#schedule.place<@slab.work, 512, 32>, #schedule.place<@slab.state, 0, 32>]
// CHECK-NEXT: }
descent.input @one : tensor<64xf32>
descent.state @a : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @gaps {
  %a = descent.read @a : tensor<8xf32>
  %p = descent.pack %a : (tensor<8xf32>) -> tensor<64xf32>
  %u = descent.kernel [64] reduce [] by [] map() [] { descent.yield }
    finish(%p : tensor<64xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%x: f32):
      %y = descent.exp %x : f32
      descent.yield %y : f32
    } : tensor<64xf32>
  %b = descent.unpack %u : (tensor<64xf32>) -> tensor<8xf32>
  descent.write @a, %b : tensor<8xf32>
}
