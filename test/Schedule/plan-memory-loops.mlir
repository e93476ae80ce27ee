// RUN: descent-opt %s --pass-pipeline="builtin.module(descent.entry(descent-lower-to-kernels,descent-fold-views,descent-form-kernels),descent-plan-memory,descent-place-barriers,descent-verify-schedule)" --split-input-file | FileCheck %s

descent.state @w : tensor<64x64xf32> parameter <uniform, -1.0 : f32, 1.0 : f32>
descent.input @x : tensor<5x2x64xf32>
descent.input @h : tensor<2x64xf32>

// A carried value that is stacked: an iteration reads a slot of the stack and writes the next one; there is nothing to copy.
// CHECK-DAG: schedule.kernel @{{k[0-9]+}} bindings [readwrite, read, read] reads [#schedule.operand<0, 0, stride 128>, #schedule.operand<1, 0>, #schedule.operand<2, 0, stride 128>] writes [#schedule.operand<0, 128, stride 128>] iterations 5
// CHECK-LABEL: schedule.entry @stacked
// CHECK-NEXT:    schedule.launch @{{k[0-9]+}} [#schedule.place<@slab.work, {{[0-9]+}}, 512>, #schedule.place<@slab.work, [[STACK:[0-9]+]], 512>]
// CHECK-NEXT:    schedule.loop count 5 {
// CHECK-NEXT:      schedule.barrier
// CHECK-NEXT:      schedule.launch @{{k[0-9]+}} [#schedule.place<@slab.work, [[STACK]], 3072>
// CHECK-NEXT:    }
// CHECK-NEXT:    schedule.output "last"
// CHECK-NEXT:    schedule.output "all"
descent.entry @stacked {
  %x = descent.read @x : tensor<5x2x64xf32>
  %w = descent.read @w : tensor<64x64xf32>
  %h0 = descent.read @h : tensor<2x64xf32>
  %h, %hs = descent.scan count 5 carry(%h0 : tensor<2x64xf32>) over(%x : tensor<5x2x64xf32>) with(%w : tensor<64x64xf32>) {
  ^bb0(%a: tensor<2x64xf32>, %s: tensor<2x64xf32>, %u: tensor<64x64xf32>):
    %p = descent.contract %a [0, 1], %u [1, 2] to [0, 2] : (tensor<2x64xf32>, tensor<64x64xf32>) -> tensor<2x64xf32>
    %z = descent.add %p, %s : tensor<2x64xf32>
    descent.return %z, %z : tensor<2x64xf32>, tensor<2x64xf32>
  } : tensor<2x64xf32> stack tensor<5x2x64xf32>
  descent.output "last", %h : tensor<2x64xf32>
  descent.output "all", %hs : tensor<5x2x64xf32>
}

// -----

descent.state @w : tensor<64x64xf32> parameter <uniform, -1.0 : f32, 1.0 : f32>
descent.input @h : tensor<2x64xf32>

// One that is read whole and not stacked: iterations alternate between two slots.
// CHECK-DAG: reads [#schedule.operand<0, 0, stride 128, alternating true>, #schedule.operand<1, 0>] writes [#schedule.operand<0, 128, stride -128, alternating true>] iterations 1000
// CHECK-LABEL: schedule.entry @alternating
// CHECK-NEXT:    schedule.launch @{{k[0-9]+}} [#schedule.place<@slab.work, {{[0-9]+}}, 512>, #schedule.place<@slab.work, [[SLOTS:[0-9]+]], 512>]
// CHECK-NEXT:    schedule.loop count 1000 {
// CHECK-NEXT:      schedule.barrier
// CHECK-NEXT:      schedule.launch @{{k[0-9]+}} [#schedule.place<@slab.work, [[SLOTS]], 1024>
// CHECK-NEXT:    }
// CHECK-NEXT:    schedule.output "last" at <@slab.work, [[SLOTS]], 512>
descent.entry @alternating {
  %w = descent.read @w : tensor<64x64xf32>
  %h0 = descent.read @h : tensor<2x64xf32>
  %h = descent.scan count 1000 carry(%h0 : tensor<2x64xf32>) over() with(%w : tensor<64x64xf32>) {
  ^bb0(%a: tensor<2x64xf32>, %u: tensor<64x64xf32>):
    %p = descent.contract %a [0, 1], %u [1, 2] to [0, 2] : (tensor<2x64xf32>, tensor<64x64xf32>) -> tensor<2x64xf32>
    descent.return %p : tensor<2x64xf32>
  } : tensor<2x64xf32>
  descent.output "last", %h : tensor<2x64xf32>
}

// -----

descent.input @x : tensor<5x64xf32>

// A sum is computed in place, from the last slice to the first. The kernel that fills it with zeros writes it there.
// CHECK-DAG: bindings [readwrite, read] reads [#schedule.operand<0, 0>, #schedule.operand<1, 0, stride 64>] writes [#schedule.operand<0, 0>] iterations 5
// CHECK-LABEL: schedule.entry @sum
// CHECK-NEXT:    schedule.launch @{{k[0-9]+}} [#schedule.place<@slab.work, [[SUM:[0-9]+]], 256>]
// CHECK-NEXT:    schedule.loop count 5 reversed {
// CHECK-NEXT:      schedule.barrier
// CHECK-NEXT:      schedule.launch @{{k[0-9]+}} [#schedule.place<@slab.work, [[SUM]], 256>, #schedule.place<@slab.work, 256, 1280>]
// CHECK-NEXT:    }
// CHECK-NEXT:    schedule.output "sum" at <@slab.work, [[SUM]], 256>
descent.entry @sum {
  %x = descent.read @x : tensor<5x64xf32>
  %zero = descent.constant dense<0.0> : tensor<64xf32>
  %sum = descent.scan count 5 reversed carry(%zero : tensor<64xf32>) over(%x : tensor<5x64xf32>) with() {
  ^bb0(%a: tensor<64xf32>, %s: tensor<64xf32>):
    %z = descent.add %a, %s : tensor<64xf32>
    descent.return %z : tensor<64xf32>
  } : tensor<64xf32>
  descent.output "sum", %sum : tensor<64xf32>
}

// -----

descent.input @x : tensor<5x64xf32>

// Without a carried value iterations do not depend on each other, but two writes of one range have to be ordered all the same. A value
// that only lives within an iteration has one place for all of them.
// CHECK-LABEL: schedule.entry @map
// CHECK-NEXT:    schedule.loop count 5 {
// CHECK-NEXT:      schedule.barrier
// CHECK-NEXT:      schedule.launch @{{k[0-9]+}} [#schedule.place<@slab.work, 256, 1280>, #schedule.place<@slab.work, [[LOCAL:[0-9]+]], 4>]
// CHECK-NEXT:      schedule.barrier
// CHECK-NEXT:      schedule.launch @{{k[0-9]+}} [#schedule.place<@slab.work, 256, 1280>, #schedule.place<@slab.work, [[LOCAL]], 4>, #schedule.place<@slab.work, {{[0-9]+}}, 1280>]
// CHECK-NEXT:    }
descent.entry @map {
  %x = descent.read @x : tensor<5x64xf32>
  %y = descent.scan count 5 carry() over(%x : tensor<5x64xf32>) with() {
  ^bb0(%s: tensor<64xf32>):
    %m = descent.reduce_max %s [0] : tensor<64xf32> to tensor<f32>
    %b = descent.broadcast %m [] : tensor<f32> to tensor<64xf32>
    %z = descent.sub %s, %b : tensor<64xf32>
    descent.return %z : tensor<64xf32>
  } stack tensor<5x64xf32>
  descent.output "y", %y : tensor<5x64xf32>
}

// -----

descent.state @h : tensor<64xf32> buffer <uniform, -1.0 : f32, 1.0 : f32>
descent.input @x : tensor<1x64xf32>

// One iteration: nothing moves. The state is carried from run to run.
// CHECK-NOT: iterations
// CHECK-LABEL: schedule.entry @once
// CHECK:       schedule.loop count 1 {
// CHECK:       schedule.launch @{{k[0-9]+}} [#schedule.place<@slab.work, {{[0-9]+}}, 256>, #schedule.place<@slab.state, 0, 256>]
descent.entry @once {
  %x = descent.read @x : tensor<1x64xf32>
  %h0 = descent.read @h : tensor<64xf32>
  %h, %hs = descent.scan count 1 carry(%h0 : tensor<64xf32>) over(%x : tensor<1x64xf32>) with() {
  ^bb0(%a: tensor<64xf32>, %s: tensor<64xf32>):
    %z = descent.add %a, %s : tensor<64xf32>
    descent.return %z, %a : tensor<64xf32>, tensor<64xf32>
  } : tensor<64xf32> stack tensor<1x64xf32>
  descent.write @h, %h : tensor<64xf32>
  descent.output "before", %hs : tensor<1x64xf32>
}
