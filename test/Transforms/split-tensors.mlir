// Tensors of more than max-bytes bytes are cut into pieces, and the kernels that touch them into as many.
// RUN: descent-opt %s --descent-split-tensors=max-bytes=8192 -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: descent-interpret --compare %s %t.mlir --entry step --steps 2
// RUN: descent-interpret --compare %s %t.mlir --entry refused
// RUN: descent-opt %t.mlir --descent-verify-kernels --descent-plan-memory --descent-place-barriers --descent-verify-schedule -o /dev/null
// Nothing is larger by default.
// RUN: descent-opt %s --descent-split-tensors | FileCheck %s --check-prefix=WHOLE
// WHOLE-COUNT-8: = descent.kernel
// WHOLE-NOT: descent.kernel

// The input's pieces are where they are; each of y's reads its own. No tensor of 16 KiB is left but the input.
// CHECK-LABEL: descent.entry @step
// CHECK: %[[X:.*]] = descent.read @x
// CHECK: %[[FLAT:.*]] = descent.reshape %[[X]] : tensor<64x64xf32> to tensor<4096xf32>
// CHECK: %[[P:.*]]:8 = descent.unpack %[[FLAT]]
// CHECK: %[[P0:.*]] = descent.reshape %[[P]]#0 : tensor<512xf32> to tensor<8x64xf32>
// CHECK: %[[Y0:.*]] = descent.kernel [8, 64]
// CHECK: finish(%[[P0]] : tensor<8x64xf32>)
// CHECK-NOT: descent.kernel [64, 64]
// The product's results are joined: eight pieces of the rows, each put over what the others left.
// CHECK-COUNT-8: descent.kernel [8, 8] reduce [64]
// CHECK: descent.kernel [512]
// CHECK-NOT: descent.select
// CHECK-COUNT-7: descent.select
// The gradient is a sum over the rows of a piece and what those before it have given, multiplied by its factor once.
// CHECK: descent.kernel [8, 64] reduce [8]
// CHECK-NOT: descent.add
// CHECK: descent.kernel [8, 64] reduce [8]
// CHECK-COUNT-7: descent.add
// CHECK-NEXT: descent.mul
// Maxima likewise.
// CHECK-COUNT-8: descent.kernel [64] reduce [8] by [#descent.combiner<max>]
// CHECK: descent.maximum
// CHECK-NOT: descent.kernel [64, 64]
descent.input @x : tensor<64x64xf32>
descent.state @w : tensor<8x64xf32> parameter <uniform, -1.0 : f32, 1.0 : f32>
descent.entry @step {
  %x = descent.read @x : tensor<64x64xf32>
  %w = descent.read @w : tensor<8x64xf32>
  %y = descent.kernel [64, 64] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<64x64xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
    ^bb0(%a: f32):
      %n = descent.index affine_map<(d0, d1) -> (d0)>
      %f = descent.cast %n : i32 to f32
      %s = descent.add %a, %f : f32
      %r = descent.sin %s : f32
      descent.yield %r : f32
    } : tensor<64x64xf32>
  %z = descent.kernel [64, 8] reduce [64] by [#descent.combiner<sum>]
    map(%y, %w : tensor<64x64xf32>, tensor<8x64xf32>) [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d1, d2)>] {
    ^bb0(%a: f32, %b: f32):
      %m = descent.mul %a, %b : f32
      descent.yield %m : f32
    } finish() [] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<64x8xf32>
  %g = descent.kernel [8, 64] reduce [64] by [#descent.combiner<sum>]
    map(%z, %y : tensor<64x8xf32>, tensor<64x64xf32>) [#descent.access<(d0, d1, d2) -> (d2, d0)>, #descent.access<(d0, d1, d2) -> (d2, d1)>] {
    ^bb0(%a: f32, %b: f32):
      %m = descent.mul %a, %b : f32
      descent.yield %m : f32
    } finish(%w : tensor<8x64xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
    ^bb0(%a: f32, %b: f32):
      %m = descent.mul %a, %b : f32
      descent.yield %m : f32
    } : tensor<8x64xf32>
  %m = descent.kernel [64] reduce [64] by [#descent.combiner<max>]
    map(%y : tensor<64x64xf32>) [#descent.access<(d0, d1) -> (d1, d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } finish() [] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<64xf32>
  // A guard on the columns, and a view of all elements in a row.
  %p = descent.kernel [64, 64] reduce [] by [] map() [] { descent.yield }
    finish(%y : tensor<64x64xf32>) [#descent.access<(d0, d1) -> (d0, d1 - 1) if [d1 - 1] else 0.0 : f32>] {
    ^bb0(%a: f32):
      %r = descent.exp %a : f32
      descent.yield %r : f32
    } : tensor<64x64xf32>
  %v = descent.reshape %p : tensor<64x64xf32> to tensor<4096xf32>
  %q = descent.kernel [] reduce [4096] by [#descent.combiner<sum>]
    map(%v : tensor<4096xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } finish() [] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<f32>
  descent.write @w, %g : tensor<8x64xf32>
  descent.output "z", %z : tensor<64x8xf32>
  descent.output "m", %m : tensor<64xf32>
  descent.output "q", %q : tensor<f32>
}

// A transposed value is read across all pieces: everything stays.
// CHECK-LABEL: descent.entry @refused
// CHECK: descent.kernel [64, 64]
// CHECK: descent.kernel [64]
// CHECK-NOT: descent.kernel
descent.entry @refused {
  %x = descent.read @x : tensor<64x64xf32>
  %y = descent.kernel [64, 64] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<64x64xf32>) [#descent.access<(d0, d1) -> (d1, d0)>] {
    ^bb0(%a: f32):
      %r = descent.sin %a : f32
      descent.yield %r : f32
    } : tensor<64x64xf32>
  %s = descent.kernel [64] reduce [64] by [#descent.combiner<sum>]
    map(%y : tensor<64x64xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } finish() [] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<64xf32>
  descent.output "s", %s : tensor<64xf32>
}
