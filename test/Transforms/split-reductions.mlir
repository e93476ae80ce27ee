// Long reductions with few results are cut along their outermost dimensions.
// RUN: descent-opt %s --descent-lower-to-kernels -o %t.before.mlir
// RUN: descent-opt %t.before.mlir --descent-split-reductions="min-points=64 min-length=16" --descent-verify-kernels -o %t.after.mlir
// RUN: FileCheck %s < %t.after.mlir
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry sum
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry max
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry others
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry kept

descent.input @x : tensor<2x32x24xf32>
descent.input @y : tensor<6x20xf32>

// 2 results of 768 elements: 16 chunks of 2 rows make 32 points, and cutting deeper would leave less than 16.
// CHECK-LABEL: descent.entry @sum
descent.entry @sum {
  %x = descent.read @x : tensor<2x32x24xf32>
  // CHECK: %[[X:.*]] = descent.read @x
  // CHECK: %[[PARTS:.*]] = descent.kernel [[[CHUNKS:[0-9]+]], 2] reduce [{{[0-9]+}}, {{[0-9]+}}] by [#descent.combiner<sum>] map(%[[X]] : tensor<2x32x24xf32>)
  // CHECK: } : tensor<[[CHUNKS]]x2xf32>
  // CHECK: descent.kernel [2] reduce [[[CHUNKS]]] by [#descent.combiner<sum>] map(%[[PARTS]] : tensor<[[CHUNKS]]x2xf32>) [#descent.access<(d0, d1) -> (d1, d0)>]
  // CHECK: } : tensor<2xf32>
  %s = descent.reduce_sum %x [1, 2] : tensor<2x32x24xf32> to tensor<2xf32>
  descent.output "s", %s : tensor<2xf32>
}

// CHECK-LABEL: descent.entry @max
descent.entry @max {
  %x = descent.read @x : tensor<2x32x24xf32>
  // CHECK-COUNT-2: by [#descent.combiner<max>]
  %m = descent.reduce_max %x [0, 1, 2] : tensor<2x32x24xf32> to tensor<f32>
  descent.output "m", %m : tensor<f32>
}

// Products, and integers.
// CHECK-LABEL: descent.entry @others
descent.entry @others {
  %x = descent.read @x : tensor<2x32x24xf32>
  // CHECK-COUNT-2: by [#descent.combiner<product>]
  %p = descent.reduce_prod %x [0, 1, 2] : tensor<2x32x24xf32> to tensor<f32>
  %i = descent.cast %x : tensor<2x32x24xf32> to tensor<2x32x24xi32>
  // CHECK: descent.kernel [[[CHUNKS:[0-9]+]], 2] reduce [{{[0-9]+}}, {{[0-9]+}}] by [#descent.combiner<sum>]
  // CHECK: } : tensor<[[CHUNKS]]x2xi32>
  %s = descent.reduce_sum %i [1, 2] : tensor<2x32x24xi32> to tensor<2xi32>
  descent.output "p", %p : tensor<f32>
  descent.output "s", %s : tensor<2xi32>
}

// CHECK-LABEL: descent.entry @kept
descent.entry @kept {
  %x = descent.read @x : tensor<2x32x24xf32>
  %y = descent.read @y : tensor<6x20xf32>
  // The index of a maximum is not put together from chunks.
  // CHECK: descent.kernel [] reduce [2, 32, 24] by [#descent.combiner<max_index>]
  %m, %i = descent.max_with_index %x [0, 1, 2] : tensor<2x32x24xf32> to tensor<f32>, tensor<i32>
  // Short already.
  // CHECK: descent.kernel [6] reduce [20] by [#descent.combiner<sum>]
  %s = descent.reduce_sum %y [1] : tensor<6x20xf32> to tensor<6xf32>
  descent.output "m", %m : tensor<f32>
  descent.output "i", %i : tensor<i32>
  descent.output "s", %s : tensor<6xf32>
}
