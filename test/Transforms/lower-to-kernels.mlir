// Every loop nest becomes a kernel of its own; splat constants become scalars of the bodies.
// RUN: descent-opt %s --descent-lower-to-kernels -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: descent-interpret --compare %s %t.mlir

descent.input @x : tensor<2x3xf32>
descent.input @w : tensor<4x3xf32>

// CHECK-LABEL: descent.entry @all
descent.entry @all {
  // CHECK: %[[X:.*]] = descent.read @x
  %x = descent.read @x : tensor<2x3xf32>
  // CHECK-NEXT: %[[W:.*]] = descent.read @w
  %w = descent.read @w : tensor<4x3xf32>

  // CHECK-NEXT: descent.kernel [2, 3] reduce [] by [] map() [] {
  // CHECK-NEXT: descent.yield
  // CHECK-NEXT: } finish(%[[X]] : tensor<2x3xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
  // CHECK-NEXT: ^bb0(%[[A:.*]]: f32):
  // CHECK-NEXT: %[[TWO:.*]] = descent.constant 2.000000e+00 : f32
  // CHECK-NEXT: %[[M:.*]] = descent.mul %[[A]], %[[TWO]] : f32
  // CHECK-NEXT: descent.yield %[[M]] : f32
  // CHECK-NEXT: } : tensor<2x3xf32>
  %two = descent.constant dense<2.0> : tensor<2x3xf32>
  %m = descent.mul %x, %two : tensor<2x3xf32>
  descent.output "m", %m : tensor<2x3xf32>

  // CHECK: descent.kernel [2, 4] reduce [3] by [#descent.combiner<sum>] map(%[[X]], %[[W]] : tensor<2x3xf32>, tensor<4x3xf32>) [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d1, d2)>] {
  // CHECK: descent.mul
  // CHECK: } finish() [] {
  // CHECK-NEXT: ^bb0(%[[S:.*]]: f32):
  // CHECK-NEXT: descent.yield %[[S]] : f32
  %c = descent.contract %x [0, 2], %w [1, 2] to [0, 1] : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  descent.output "c", %c : tensor<2x4xf32>

  // CHECK: descent.kernel [3] reduce [2] by [#descent.combiner<max_index>]
  // CHECK: ^bb0(%[[V:.*]]: f32, %[[I:.*]]: i32):
  // CHECK-NEXT: descent.yield %[[V]], %[[I]] : f32, i32
  // CHECK-NEXT: } : tensor<3xf32>, tensor<3xi32>
  %v, %i = descent.max_with_index %x [0] : tensor<2x3xf32> to tensor<3xf32>, tensor<3xi32>
  descent.output "v", %v : tensor<3xf32>
  descent.output "i", %i : tensor<3xi32>

  // Iota is where the iteration is.
  // CHECK: descent.index
  %n = descent.iota : tensor<2x3xi32>
  descent.output "n", %n : tensor<2x3xi32>

  // Concat reads each operand where it is its turn.
  // CHECK: descent.kernel [6, 3]
  // CHECK: else
  %k = descent.concat %x, %w axis 0 : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<6x3xf32>
  descent.output "k", %k : tensor<6x3xf32>

  // A reduction of a constant has no tensor to read.
  %one = descent.constant dense<1.0> : tensor<2x3xf32>
  // CHECK: descent.kernel [] reduce [2, 3] by [#descent.combiner<sum>] map() [] {
  // CHECK-NEXT: descent.constant 1.000000e+00 : f32
  %sum = descent.reduce_sum %one [0, 1] : tensor<2x3xf32> to tensor<f32>
  descent.output "sum", %sum : tensor<f32>

  // A view stays.
  // CHECK: descent.transpose
  %t = descent.transpose %x [1, 0] : tensor<2x3xf32> to tensor<3x2xf32>
  descent.output "t", %t : tensor<3x2xf32>
  // Constants of different elements are tensors.
  // CHECK: descent.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
  %table = descent.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %neg = descent.neg %table : tensor<2xf32>
  descent.output "table", %neg : tensor<2xf32>
}
