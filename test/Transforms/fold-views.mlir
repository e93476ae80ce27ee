// Views become accesses of the kernels that read them.
// RUN: descent-opt %s --descent-lower-to-kernels -o %t.before.mlir
// RUN: descent-opt %t.before.mlir --descent-fold-views --descent-verify-kernels -o %t.after.mlir
// RUN: FileCheck %s < %t.after.mlir
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry chain
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry windows
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry unwindows
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry aliases
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry outputs
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry fills
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry copied_fills
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry computed_places
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry computed_digits

descent.input @x : tensor<4x6xf32>
descent.input @image : tensor<1x2x6x6xf32>
descent.input @row : tensor<3xf32>
descent.input @places : tensor<4x6xi32> range [0, 9]

// Transpose, reshape, slice and broadcast are one access.
// CHECK-LABEL: descent.entry @chain
descent.entry @chain {
  %x = descent.read @x : tensor<4x6xf32>
  %a = descent.transpose %x [1, 0] : tensor<4x6xf32> to tensor<6x4xf32>
  %b = descent.reshape %a : tensor<6x4xf32> to tensor<6x2x2xf32>
  %c = descent.slice %b offsets [1, 0, 1] strides [2, 1, 1] : tensor<6x2x2xf32> to tensor<3x2x1xf32>
  %d = descent.broadcast %c [0, 1, 3] : tensor<3x2x1xf32> to tensor<3x2x5x1xf32>
  // CHECK: %[[X:.*]] = descent.read @x
  // CHECK-NEXT: %[[E:.*]] = descent.kernel [3, 2, 5, 1] reduce []
  // CHECK: finish(%[[X]] : tensor<4x6xf32>) [#descent.access<(d0, d1, d2, d3) -> (d1 * 2 + 1, d0 * 2 + 1)>]
  // CHECK: descent.output "e", %[[E]]
  %e = descent.exp %d : tensor<3x2x5x1xf32>
  descent.output "e", %e : tensor<3x2x5x1xf32>
}

// A convolution reads its image where the window stands; the padding is a guard.
// CHECK-LABEL: descent.entry @windows
descent.entry @windows {
  %x = descent.read @image : tensor<1x2x6x6xf32>
  %p = descent.pad %x low [0, 0, 1, 1] high [0, 0, 1, 1] zero : tensor<1x2x6x6xf32> to tensor<1x2x8x8xf32>
  %b = descent.broadcast %p [0, 1, 2, 3] : tensor<1x2x8x8xf32> to tensor<1x2x8x8x3x3xf32>
  %w = descent.window %b [2, 3] strides [2, 2] dilations [1, 1] : tensor<1x2x8x8x3x3xf32> to tensor<1x2x3x3x3x3xf32>
  // CHECK: descent.kernel [1, 2, 3, 3] reduce [3, 3] by [#descent.combiner<sum>]
  // CHECK-SAME: map(%{{.*}} : tensor<1x2x6x6xf32>) [#descent.access<(d0, d1, d2, d3, d4, d5) -> (0, d1, d2 * 2 + d4 - 1, d3 * 2 + d5 - 1)
  // The window never leaves the image at the end, so that side needs no guard.
  // CHECK-SAME: if [d2 * 2 + d4 - 1, d3 * 2 + d5 - 1] else 0.000000e+00 : f32>]
  %s = descent.reduce_sum %w [4, 5] : tensor<1x2x3x3x3x3xf32> to tensor<1x2x3x3xf32>
  descent.output "s", %s : tensor<1x2x3x3xf32>
}

// The adjoint of a strided window gathers, with an equality in the guard.
// CHECK-LABEL: descent.entry @unwindows
descent.entry @unwindows {
  %x = descent.read @row : tensor<3xf32>
  %b = descent.broadcast %x [0] : tensor<3xf32> to tensor<3x2xf32>
  %u = descent.unwindow %b [0] strides [2] dilations [1] : tensor<3x2xf32> to tensor<7x2xf32>
  // CHECK: descent.kernel [7] reduce [2]
  // CHECK-SAME: #descent.access<(d0, d1) -> ((d0 - d1) floordiv 2) if [d0 - d1, -d0 + d1 + 4, (d0 - d1) mod 2 == 0] else 0.000000e+00 : f32>
  %s = descent.reduce_sum %u [1] : tensor<7x2xf32> to tensor<7xf32>
  descent.output "s", %s : tensor<7xf32>
}

// A reshape of what lies in memory is an alias; nothing runs for it.
// CHECK-LABEL: descent.entry @aliases
descent.entry @aliases {
  %x = descent.read @x : tensor<4x6xf32>
  // CHECK: %[[A:.*]] = descent.reshape %{{.*}} : tensor<4x6xf32> to tensor<24xf32>
  // CHECK-NEXT: descent.output "a", %[[A]]
  // CHECK-NOT: descent.kernel
  %a = descent.reshape %x : tensor<4x6xf32> to tensor<24xf32>
  descent.output "a", %a : tensor<24xf32>
}

// An output that is a view is one copy, however long the chain.
// CHECK-LABEL: descent.entry @outputs
descent.entry @outputs {
  %x = descent.read @x : tensor<4x6xf32>
  %a = descent.transpose %x [1, 0] : tensor<4x6xf32> to tensor<6x4xf32>
  %b = descent.slice %a offsets [0, 1] strides [1, 2] : tensor<6x4xf32> to tensor<6x2xf32>
  %c = descent.reshape %b : tensor<6x2xf32> to tensor<3x4xf32>
  // CHECK: %[[C:.*]] = descent.kernel [3, 4] reduce []
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output "c", %[[C]]
  descent.output "c", %c : tensor<3x4xf32>
}

// One access has one fill: where two paddings contradict each other, the inner one is copied.
// CHECK-LABEL: descent.entry @fills
descent.entry @fills {
  %x = descent.read @row : tensor<3xf32>
  %a = descent.pad %x low [1] high [1] zero : tensor<3xf32> to tensor<5xf32>
  %b = descent.pad %a low [1] high [1] lowest : tensor<5xf32> to tensor<7xf32>
  // CHECK: %[[A:.*]] = descent.kernel [5]
  // CHECK-SAME: map() [] {
  // CHECK: else 0.000000e+00 : f32>
  // CHECK: descent.kernel [] reduce [7]
  // CHECK-SAME: map(%[[A]] : tensor<5xf32>) [#descent.access<(d0) -> (d0 - 1) if [d0 - 1, -d0 + 5] else 0xFF800000 : f32>]
  %m = descent.reduce_max %b [0] : tensor<7xf32> to tensor<f32>
  descent.output "m", %m : tensor<f32>
}

// The same where the reader is a copy for an output.
// CHECK-LABEL: descent.entry @copied_fills
descent.entry @copied_fills {
  %x = descent.read @row : tensor<3xf32>
  %a = descent.pad %x low [1] high [1] zero : tensor<3xf32> to tensor<5xf32>
  %b = descent.pad %a low [1] high [1] lowest : tensor<5xf32> to tensor<7xf32>
  // CHECK: %[[A:.*]] = descent.kernel [5]
  // CHECK: %[[B:.*]] = descent.kernel [7]
  // CHECK: finish(%[[A]] : tensor<5xf32>)
  // CHECK: descent.output "b", %[[B]]
  descent.output "b", %b : tensor<7xf32>
}

// What is loaded at computed places is loaded through views. A place outside of a view is clamped to it, not to what lies around it.
// CHECK-LABEL: descent.entry @computed_places
descent.entry @computed_places {
  %x = descent.read @x : tensor<4x6xf32>
  %i = descent.read @places : tensor<4x6xi32>
  %t = descent.transpose %x [1, 0] : tensor<4x6xf32> to tensor<6x4xf32>
  %s = descent.slice %t offsets [1, 0] strides [1, 1] : tensor<6x4xf32> to tensor<3x4xf32>
  %at = descent.transpose %i [1, 0] : tensor<4x6xi32> to tensor<6x4xi32>
  // CHECK: descent.kernel [6, 4] reduce []
  // CHECK: finish(%{{.*}}, %{{.*}} : tensor<4x6xf32>, tensor<4x6xi32>) [#descent.access<whole>, #descent.access<(d0, d1) -> (d1, d0)>]
  // CHECK-NEXT: ^bb0(%[[X:.*]]: tensor<4x6xf32>, %[[AT:.*]]: i32):
  // CHECK: %[[LOW:.*]] = descent.maximum %[[AT]]
  // CHECK: %[[HIGH:.*]] = descent.minimum %[[LOW]]
  // CHECK: %[[COLUMN:.*]] = descent.add %[[HIGH]]
  // CHECK: descent.load %[[X]][%{{.*}}, %[[COLUMN]]]
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output
  %g = descent.gather %s at %at axis 0 : (tensor<3x4xf32>, tensor<6x4xi32>) -> tensor<6x4xf32>
  descent.output "g", %g : tensor<6x4xf32>
}

// A place in a reshaped view is taken apart into its digits.
// CHECK-LABEL: descent.entry @computed_digits
descent.entry @computed_digits {
  %x = descent.read @x : tensor<4x6xf32>
  %i = descent.read @places : tensor<4x6xi32>
  %t = descent.transpose %x [1, 0] : tensor<4x6xf32> to tensor<6x4xf32>
  %f = descent.reshape %t : tensor<6x4xf32> to tensor<24xf32>
  %at = descent.reshape %i : tensor<4x6xi32> to tensor<24xi32>
  // CHECK: descent.kernel [24] reduce []
  // CHECK-DAG: descent.rem
  // CHECK-DAG: descent.div
  // CHECK: descent.load %{{.*}} : tensor<4x6xf32> -> f32
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output
  %g = descent.gather %f at %at axis 0 : (tensor<24xf32>, tensor<24xi32>) -> tensor<24xf32>
  descent.output "g", %g : tensor<24xf32>
}
