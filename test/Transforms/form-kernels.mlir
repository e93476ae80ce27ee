// Fusion: how many kernels are left, and what they read and compute. That they compute the same is compared.
// RUN: descent-opt %s --descent-lower-to-kernels --descent-fold-views -o %t.before.mlir
// RUN: descent-opt %t.before.mlir --descent-form-kernels --descent-verify-kernels -o %t.after.mlir
// RUN: FileCheck %s < %t.after.mlir
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry chain
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry dense
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry convolution
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry into_reduction
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry siblings
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry dear
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry kept
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry two_sums
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry gates

descent.input @x : tensor<8x6xf32>
descent.input @y : tensor<8x6xf32>
descent.input @w : tensor<5x6xf32>
descent.input @b : tensor<5xf32>
descent.input @image : tensor<2x3x8x8xf32>
descent.input @filter : tensor<4x3x3x3xf32>
descent.state @p : tensor<64xf32> parameter <uniform, -1.0 : f32, 1.0 : f32>
descent.state @m : tensor<64xf32> optimizer <constant, 0.0 : f32, 0.0 : f32>

// A chain of elementwise operations is one kernel.
// CHECK-LABEL: descent.entry @chain
descent.entry @chain {
  %x = descent.read @x : tensor<8x6xf32>
  %y = descent.read @y : tensor<8x6xf32>
  %a = descent.sin %x : tensor<8x6xf32>
  %c = descent.mul %a, %y : tensor<8x6xf32>
  %d = descent.tanh %c : tensor<8x6xf32>
  // CHECK-COUNT-1: descent.kernel [8, 6]
  // CHECK-NOT: descent.kernel
  // CHECK: descent.sin
  // CHECK-NEXT: descent.mul
  // CHECK-NEXT: descent.tanh
  // CHECK-NOT: descent.kernel
  descent.output "d", %d : tensor<8x6xf32>
}

// Bias and activation follow the sum in registers.
// CHECK-LABEL: descent.entry @dense
descent.entry @dense {
  %x = descent.read @x : tensor<8x6xf32>
  %w = descent.read @w : tensor<5x6xf32>
  %b = descent.read @b : tensor<5xf32>
  %z = descent.contract %x [0, 2], %w [1, 2] to [0, 1] : (tensor<8x6xf32>, tensor<5x6xf32>) -> tensor<8x5xf32>
  %wide = descent.broadcast %b [1] : tensor<5xf32> to tensor<8x5xf32>
  %a = descent.add %z, %wide : tensor<8x5xf32>
  %r = descent.leaky_relu %a, 0.0 : tensor<8x5xf32>
  // CHECK: descent.kernel [8, 5] reduce [6] by [#descent.combiner<sum>]
  // CHECK: } finish(%{{.*}} : tensor<5xf32>) [#descent.access<(d0, d1) -> (d1)>] {
  // CHECK: descent.add
  // CHECK-NEXT: descent.leaky_relu
  // CHECK-NOT: descent.kernel
  descent.output "r", %r : tensor<8x5xf32>
}

// A convolution with its activation is one kernel that reads the image itself: no padded copy, no im2col buffer.
// CHECK-LABEL: descent.entry @convolution
descent.entry @convolution {
  %x = descent.read @image : tensor<2x3x8x8xf32>
  %f = descent.read @filter : tensor<4x3x3x3xf32>
  %p = descent.pad %x low [0, 0, 1, 1] high [0, 0, 1, 1] zero : tensor<2x3x8x8xf32> to tensor<2x3x10x10xf32>
  %v = descent.broadcast %p [0, 1, 2, 3] : tensor<2x3x10x10xf32> to tensor<2x3x10x10x3x3xf32>
  %w = descent.window %v [2, 3] strides [1, 1] dilations [1, 1] : tensor<2x3x10x10x3x3xf32> to tensor<2x3x8x8x3x3xf32>
  %c = descent.contract %f [1, 10, 11, 12], %w [0, 10, 2, 3, 11, 12] to [0, 1, 2, 3] : (tensor<4x3x3x3xf32>, tensor<2x3x8x8x3x3xf32>) -> tensor<2x4x8x8xf32>
  %r = descent.leaky_relu %c, 0.125 : tensor<2x4x8x8xf32>
  // CHECK: descent.kernel [2, 4, 8, 8] reduce [3, 3, 3] by [#descent.combiner<sum>]
  // CHECK-SAME: map(%{{.*}}, %{{.*}} : tensor<4x3x3x3xf32>, tensor<2x3x8x8xf32>)
  // CHECK: descent.leaky_relu
  // CHECK-NOT: descent.kernel
  descent.output "r", %r : tensor<2x4x8x8xf32>
}

// A cheap producer is computed where a reduction reads it.
// CHECK-LABEL: descent.entry @into_reduction
descent.entry @into_reduction {
  %x = descent.read @x : tensor<8x6xf32>
  %y = descent.read @y : tensor<8x6xf32>
  %d = descent.sub %x, %y : tensor<8x6xf32>
  %q = descent.mul %d, %d : tensor<8x6xf32>
  %s = descent.reduce_sum %q [0, 1] : tensor<8x6xf32> to tensor<f32>
  // CHECK: descent.kernel [] reduce [8, 6] by [#descent.combiner<sum>]
  // CHECK: descent.sub
  // CHECK-NEXT: descent.mul
  // CHECK-NOT: descent.kernel
  descent.output "s", %s : tensor<f32>
}

// Updates of several states from the same values are one kernel of several results.
// CHECK-LABEL: descent.entry @siblings
descent.entry @siblings {
  %p = descent.read @p : tensor<64xf32>
  %m = descent.read @m : tensor<64xf32>
  %half = descent.constant dense<0.5> : tensor<64xf32>
  %n = descent.mul %m, %half : tensor<64xf32>
  %o = descent.add %n, %p : tensor<64xf32>
  %q = descent.sub %p, %o : tensor<64xf32>
  // CHECK: %[[BOTH:.*]]:2 = descent.kernel [64]
  // CHECK-NOT: descent.kernel
  // CHECK: descent.write @m, %[[BOTH]]
  // CHECK: descent.write @p, %[[BOTH]]
  descent.write @m, %o : tensor<64xf32>
  descent.write @p, %q : tensor<64xf32>
}

// What many points would compute again is stored.
// CHECK-LABEL: descent.entry @dear
descent.entry @dear {
  %x = descent.read @x : tensor<8x6xf32>
  %w = descent.read @w : tensor<5x6xf32>
  %a = descent.exp %x : tensor<8x6xf32>
  %b = descent.sin %a : tensor<8x6xf32>
  %c = descent.tanh %b : tensor<8x6xf32>
  %wide = descent.broadcast %c [0, 1] : tensor<8x6xf32> to tensor<8x6x50xf32>
  %e = descent.neg %wide : tensor<8x6x50xf32>
  // CHECK: descent.kernel [8, 6] reduce []
  // CHECK: descent.tanh
  // CHECK: descent.kernel [8, 6, 50] reduce []
  // CHECK-NOT: descent.tanh
  // CHECK: descent.output "e"
  descent.output "e", %e : tensor<8x6x50xf32>
}

// What is an output stays a result.
// CHECK-LABEL: descent.entry @kept
descent.entry @kept {
  %x = descent.read @x : tensor<8x6xf32>
  %a = descent.sin %x : tensor<8x6xf32>
  %b = descent.cos %a : tensor<8x6xf32>
  // CHECK: %[[R:.*]]:2 = descent.kernel
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output "a", %[[R]]
  // CHECK: descent.output "b", %[[R]]
  descent.output "a", %a : tensor<8x6xf32>
  descent.output "b", %b : tensor<8x6xf32>
}

// Two reductions of the same elements are one of two combiners; a third over other dimensions is not.
// CHECK-LABEL: descent.entry @two_sums
descent.entry @two_sums {
  %x = descent.read @x : tensor<8x6xf32>
  %y = descent.read @y : tensor<8x6xf32>
  // CHECK-DAG: %[[TWO:.*]]:2 = descent.kernel [6] reduce [8] by [#descent.combiner<sum>, #descent.combiner<sum>] map(%{{.*}}, %{{.*}} : tensor<8x6xf32>, tensor<8x6xf32>)
  // CHECK-DAG: descent.kernel [8] reduce [6] by [#descent.combiner<sum>]
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output "a", %[[TWO]]#0
  // CHECK: descent.output "b", %[[TWO]]#1
  %a = descent.reduce_sum %x [0] : tensor<8x6xf32> to tensor<6xf32>
  %p = descent.mul %x, %y : tensor<8x6xf32>
  %b = descent.reduce_sum %p [0] : tensor<8x6xf32> to tensor<6xf32>
  %c = descent.reduce_sum %x [1] : tensor<8x6xf32> to tensor<8xf32>
  descent.output "a", %a : tensor<6xf32>
  descent.output "b", %b : tensor<6xf32>
  descent.output "c", %c : tensor<8xf32>
}

// In a loop, two products that an elementwise kernel reads at its own position are one kernel of two sums, which that is the epilogue of. Behind it they stay apart.
// CHECK-LABEL: descent.entry @gates
descent.entry @gates {
  %x = descent.read @x : tensor<8x6xf32>
  %w = descent.read @w : tensor<5x6xf32>
  %v = descent.slice %w offsets [0, 0] strides [1, 1] : tensor<5x6xf32> to tensor<2x6xf32>
  %square = descent.contract %w [0, 1], %w [0, 2] to [1, 2] : (tensor<5x6xf32>, tensor<5x6xf32>) -> tensor<6x6xf32>
  // CHECK: descent.scan count 3
  // CHECK: %[[H:.*]]:2 = descent.kernel [8, 6] reduce [6] by [#descent.combiner<sum>, #descent.combiner<sum>] map(
  // CHECK: descent.mul
  // CHECK: descent.mul
  // CHECK: finish
  // CHECK: descent.tanh
  // CHECK-NOT: descent.kernel
  // CHECK: descent.return %[[H]]
  %f, %s = descent.scan count 3 carry(%x : tensor<8x6xf32>) over() with(%square : tensor<6x6xf32>) {
  ^bb0(%h: tensor<8x6xf32>, %u: tensor<6x6xf32>):
    %p = descent.contract %h [0, 2], %u [1, 2] to [0, 1] : (tensor<8x6xf32>, tensor<6x6xf32>) -> tensor<8x6xf32>
    %q = descent.contract %h [0, 2], %u [2, 1] to [0, 1] : (tensor<8x6xf32>, tensor<6x6xf32>) -> tensor<8x6xf32>
    %t = descent.tanh %p : tensor<8x6xf32>
    %n = descent.mul %t, %q : tensor<8x6xf32>
    descent.return %n, %p : tensor<8x6xf32>, tensor<8x6xf32>
  } : tensor<8x6xf32> stack tensor<3x8x6xf32>
  // CHECK: descent.kernel [8, 8] reduce [6] by [#descent.combiner<sum>] map(
  // CHECK: descent.kernel [8, 8] reduce [6] by [#descent.combiner<sum>] map(
  %g = descent.contract %f [0, 2], %x [1, 2] to [0, 1] : (tensor<8x6xf32>, tensor<8x6xf32>) -> tensor<8x8xf32>
  %k = descent.contract %x [0, 2], %f [1, 2] to [0, 1] : (tensor<8x6xf32>, tensor<8x6xf32>) -> tensor<8x8xf32>
  %sum = descent.add %g, %k : tensor<8x8xf32>
  descent.output "sum", %sum : tensor<8x8xf32>
  descent.output "s", %s : tensor<3x8x6xf32>
}
