// RUN: descent-opt %s | descent-opt | FileCheck %s

// Every operation of the dialect survives printing and parsing.

// CHECK: descent.input @x : tensor<8xf32>
descent.input @x : tensor<8xf32> batch_axis 0
descent.state @w : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
// CHECK: schedule.slab @s kind(state) size(256)
schedule.slab @s kind(state) size(256)
// CHECK: schedule.slab @t kind(transient) size(1024)
schedule.slab @t kind(transient) size(1024)
// CHECK: schedule.control at <@t, 0, 256>
schedule.control at <@t, 0, 256>
// CHECK: schedule.place @x at <@t, 256, 32>
schedule.place @x at <@t, 256, 32>
// CHECK: schedule.place @w at <@s, 0, 32>
schedule.place @w at <@s, 0, 32>
// CHECK: schedule.kernel @k bindings [read, readwrite] reads [#schedule.operand<0, 0>, #schedule.operand<1, 0>] writes [#schedule.operand<1, 0>] strategy "any" {
schedule.kernel @k bindings [read, readwrite] reads [#schedule.operand<0, 0>, #schedule.operand<1, 0>] writes [#schedule.operand<1, 0>] strategy "any" {
^bb0(%x: tensor<8xf32>, %w: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x, %w : tensor<8xf32>, tensor<8xf32>) [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32, %b: f32):
      %s = descent.add %a, %b : f32
      descent.yield %s : f32
    } : tensor<8xf32>
  // CHECK: schedule.return %{{.*}} : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}
// CHECK: schedule.entry @e inputs [@x] {
schedule.entry @e inputs [@x] {
  // CHECK-NEXT: schedule.launch @k [#schedule.place<@t, 256, 32>, #schedule.place<@s, 0, 32>] label "2.dense"
  schedule.launch @k [#schedule.place<@t, 256, 32>, #schedule.place<@s, 0, 32>] label "2.dense"
  // CHECK-NEXT: schedule.barrier
  schedule.barrier
  // CHECK-NEXT: schedule.launch @k
  schedule.launch @k [#schedule.place<@t, 256, 32>, #schedule.place<@s, 0, 32>]
  // CHECK-NEXT: schedule.output "w" at <@s, 0, 32> : tensor<8xf32> batch_axis 0
  schedule.output "w" at <@s, 0, 32> : tensor<8xf32> batch_axis 0
}
