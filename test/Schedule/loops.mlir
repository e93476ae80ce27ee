// RUN: descent-opt %s | descent-opt | FileCheck %s
// RUN: descent-opt %s --descent-verify-schedule -o /dev/null
// RUN: descent-opt %s --descent-print-memory-plan -o /dev/null | FileCheck %s --check-prefix=PLAN

// A running sum: the states of all iterations lie one behind the other.
schedule.slab @work kind(transient) size(1792)
schedule.control at <@work, 0, 256>
schedule.place @x at <@work, 256, 384>
descent.input @x : tensor<3x32xf32>

// CHECK: schedule.kernel @zero bindings [write] reads [] writes [#schedule.operand<0, 32>] {
schedule.kernel @zero bindings [write] reads [] writes [#schedule.operand<0, 32>] {
  %r = descent.kernel [32] reduce [] by [] map() [] { descent.yield } finish() [] {
    %z = descent.constant 0.0 : f32
    descent.yield %z : f32
  } : tensor<32xf32>
  schedule.return %r : tensor<32xf32>
}

// CHECK: schedule.kernel @add bindings [read, readwrite]
// CHECK-SAME: reads [#schedule.operand<0, 0, stride 32>, #schedule.operand<1, 96, stride -32, alternating true>]
// CHECK-SAME: writes [#schedule.operand<1, 64, stride 32, alternating true>] iterations 3 {
schedule.kernel @add bindings [read, readwrite] reads [#schedule.operand<0, 0, stride 32>, #schedule.operand<1, 96, stride -32, alternating true>]
    writes [#schedule.operand<1, 64, stride 32, alternating true>] iterations 3 {
^bb0(%x: tensor<32xf32>, %h: tensor<32xf32>):
  %r = descent.kernel [32] reduce [] by [] map() [] { descent.yield }
    finish(%x, %h : tensor<32xf32>, tensor<32xf32>) [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (-d0 + 31)>] {
    ^bb0(%a: f32, %b: f32):
      %c = descent.add %a, %b : f32
      descent.yield %c : f32
    } : tensor<32xf32>
  schedule.return %r : tensor<32xf32>
}

// The last iteration has the number 0.
// CHECK: schedule.loop count 3 reversed {
// CHECK-NEXT: schedule.barrier
// CHECK-NEXT: schedule.launch @add
// CHECK-NEXT: }
// PLAN: entry sum 2 launches
// PLAN-NEXT: @work       1408        128  launches 0 to 1  zero
// PLAN-NEXT: @work       1280        256  launches 1 to 1  add
schedule.entry @sum inputs [@x] {
  schedule.launch @zero [#schedule.place<@work, 1280, 256>]
  schedule.loop count 3 reversed {
    schedule.barrier
    schedule.launch @add [#schedule.place<@work, 256, 384>, #schedule.place<@work, 1024, 512>]
  }
  schedule.output "sum" at <@work, 1280, 128> : tensor<32xf32>
}
