// RUN: descent-opt %s -descent-select-strategies=profile=lavapipe | FileCheck %s
// RUN: descent-opt %s -descent-select-strategies=profile=portable | FileCheck %s --check-prefix=PORTABLE
// RUN: not descent-opt %s -descent-select-strategies=profile=abacus 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: unknown profile 'abacus'; there are 'lavapipe' 'portable'

// A product of matrices gets lanes along one dimension and a register tile over both, so that every load feeds many multiply-adds.
// CHECK-LABEL: schedule.kernel @product
// CHECK-SAME: strategy #codegen.strategy<lanes = [{{1, 8|8, 1}}], tile = [{{8, 16|16, 8|8, 8}}],
// PORTABLE-LABEL: schedule.kernel @product
// PORTABLE-SAME: strategy #codegen.strategy<
schedule.kernel @product bindings [read, read, write] reads [#schedule.operand<0, 0>, #schedule.operand<1, 0>] writes [#schedule.operand<2, 0>] {
^bb0(%a: tensor<512x512xf32>, %b: tensor<512x512xf32>):
  %c = descent.kernel [512, 512] reduce [512] by [#descent.combiner<sum>]
    map(%a, %b : tensor<512x512xf32>, tensor<512x512xf32>)
      [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d2, d1)>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<512x512xf32>
  schedule.return %c : tensor<512x512xf32>
}

// Neighbouring dimensions that nothing tells apart are one; its tile is a multiple of the vector.
// CHECK-LABEL: schedule.kernel @elementwise
// CHECK-SAME: strategy #codegen.strategy<lanes = [8], tile = [{{(8|12|16|20|24|28|32)}}], run = [{{(8|12|16|20|24|28|32)}}], unroll = []>
// On devices that coalesce, a lane's runs are one vector long.
// PORTABLE-LABEL: schedule.kernel @elementwise
// PORTABLE-SAME: run = [4], unroll = []>
schedule.kernel @elementwise bindings [readwrite] reads [#schedule.operand<0, 0>] writes [#schedule.operand<0, 0>] {
^bb0(%a: tensor<128x16x28x28xf32>):
  %c = descent.kernel [128, 16, 28, 28] reduce [] by [] map() [] { descent.yield }
    finish(%a : tensor<128x16x28x28xf32>) [#descent.access<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>] {
      ^bb0(%x: f32):
        %y = descent.neg %x : f32
        descent.yield %y : f32
    } : tensor<128x16x28x28xf32>
  schedule.return %c : tensor<128x16x28x28xf32>
}

// A number alone: no dimension is left.
// CHECK-LABEL: schedule.kernel @number
// CHECK-SAME: strategy #codegen.strategy<lanes = [], tile = [], run = [], unroll = []>
schedule.kernel @number bindings [readwrite] reads [#schedule.operand<0, 0>] writes [#schedule.operand<0, 0>] {
^bb0(%a: tensor<1x1xf32>):
  %c = descent.kernel [1] reduce [] by [] map() [] { descent.yield }
    finish(%a : tensor<1x1xf32>) [#descent.access<(d0) -> (d0, 0)>] {
      ^bb0(%x: f32):
        %y = descent.neg %x : f32
        descent.yield %y : f32
    } : tensor<f32>
  schedule.return %c : tensor<f32>
}

// What is already decided stays.
// CHECK-LABEL: schedule.kernel @decided
// CHECK-SAME: strategy #codegen.strategy<lanes = [4], tile = [2], run = [1], unroll = []>
schedule.kernel @decided bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>]
    strategy #codegen.strategy<lanes = [4], tile = [2], run = [1], unroll = []> {
^bb0(%a: tensor<64xf32>):
  %c = descent.kernel [64] reduce [] by [] map() [] { descent.yield }
    finish(%a : tensor<64xf32>) [#descent.access<(d0) -> (d0)>] {
      ^bb0(%x: f32):
        %y = descent.neg %x : f32
        descent.yield %y : f32
    } : tensor<64xf32>
  schedule.return %c : tensor<64xf32>
}

// Where there are many places, the sums of all of them lie in memory and belong to one lane: as many additions as there are updates.
// CHECK-LABEL: schedule.kernel @scattered
// CHECK-SAME: strategy #codegen.strategy<lanes = [{{8, 1, 1|4, 1, 2}}], tile = [{{[0-9]+}}, 4096, {{[0-9]+}}],
// PORTABLE-LABEL: schedule.kernel @scattered
// PORTABLE-SAME: strategy #codegen.strategy<lanes = [{{[0-9]+}}, 1, {{[0-9]+}}], tile = [{{[0-9]+}}, 4096, {{[0-9]+}}],
schedule.kernel @scattered bindings [read, read, write] reads [#schedule.operand<0, 0>, #schedule.operand<1, 0>] writes [#schedule.operand<2, 0>] {
^bb0(%u: tensor<4096x32x2xf32>, %p: tensor<4096x32xi32>):
  %c = descent.kernel [32, 4096, 2] reduce [4096] by [#descent.combiner<sum>]
    map(%u, %p : tensor<4096x32x2xf32>, tensor<4096x32xi32>)
      [#descent.access<(d0, d1, d2, d3) -> (d3, d0, d2)>, #descent.access<(d0, d1, d2, d3) -> (d3, d0)>] {
      ^bb0(%x: f32, %at: i32):
        %zero = descent.constant 0.0 : f32
        %place = descent.index affine_map<(d0, d1, d2, d3) -> (d1)>
        %hit = descent.compare eq %at, %place : i32
        %s = descent.select %hit, %x, %zero : f32
        descent.yield %s : f32
    } finish() [] {
      ^bb0(%sum: f32):
        descent.yield %sum : f32
    } : tensor<32x4096x2xf32>
  schedule.return %c : tensor<32x4096x2xf32>
}

// A kernel is compiled once for all iterations of its loop, so that more code pays there: four elements a lane as vectors, not one.
// CHECK-LABEL: schedule.kernel @once
// CHECK-SAME: tile = [1, 1], run = [1, 1], unroll = []>
schedule.kernel @once bindings [read, read, read, write] reads [#schedule.operand<0, 0>, #schedule.operand<0, 128>, #schedule.operand<1, 0>, #schedule.operand<1, 128>, #schedule.operand<2, 0>] writes [#schedule.operand<3, 0>] {
^bb0(%a: tensor<32x384xf32>, %b: tensor<32x384xf32>, %c: tensor<32x384xf32>, %d: tensor<32x384xf32>, %e: tensor<32x128xf32>):
  %r = descent.kernel [32, 128] reduce [] by [] map() [] { descent.yield }
    finish(%a, %b, %c, %d, %e : tensor<32x384xf32>, tensor<32x384xf32>, tensor<32x384xf32>, tensor<32x384xf32>, tensor<32x128xf32>)
      [#descent.access<(d0, d1) -> (d0, d1)>, #descent.access<(d0, d1) -> (d0, d1)>, #descent.access<(d0, d1) -> (d0, d1)>, #descent.access<(d0, d1) -> (d0, d1)>,
       #descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%v: f32, %w: f32, %x: f32, %y: f32, %z: f32):
        %s = descent.tanh %v : f32
        %t = descent.sigmoid %w : f32
        %p = descent.mul %x, %y : f32
        %q = descent.mul %s, %t : f32
        %o = descent.add %p, %q, %z : f32
        descent.yield %o : f32
    } : tensor<32x128xf32>
  schedule.return %r : tensor<32x128xf32>
}

// CHECK-LABEL: schedule.kernel @often
// CHECK-SAME: iterations 64 strategy #codegen.strategy<lanes = {{.*}}, tile = [1, {{4|8}}]
schedule.kernel @often bindings [read, read, read, write] reads [#schedule.operand<0, 0, stride 12288>, #schedule.operand<0, 128, stride 12288>, #schedule.operand<1, 0, stride 12288>, #schedule.operand<1, 128, stride 12288>, #schedule.operand<2, 0, stride 4096>] writes [#schedule.operand<3, 0, stride 4096>] iterations 64 {
^bb0(%a: tensor<32x384xf32>, %b: tensor<32x384xf32>, %c: tensor<32x384xf32>, %d: tensor<32x384xf32>, %e: tensor<32x128xf32>):
  %r = descent.kernel [32, 128] reduce [] by [] map() [] { descent.yield }
    finish(%a, %b, %c, %d, %e : tensor<32x384xf32>, tensor<32x384xf32>, tensor<32x384xf32>, tensor<32x384xf32>, tensor<32x128xf32>)
      [#descent.access<(d0, d1) -> (d0, d1)>, #descent.access<(d0, d1) -> (d0, d1)>, #descent.access<(d0, d1) -> (d0, d1)>, #descent.access<(d0, d1) -> (d0, d1)>,
       #descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%v: f32, %w: f32, %x: f32, %y: f32, %z: f32):
        %s = descent.tanh %v : f32
        %t = descent.sigmoid %w : f32
        %p = descent.mul %x, %y : f32
        %q = descent.mul %s, %t : f32
        %o = descent.add %p, %q, %z : f32
        descent.yield %o : f32
    } : tensor<32x128xf32>
  schedule.return %r : tensor<32x128xf32>
}
