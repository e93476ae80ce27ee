// Long reductions with few results are cut along their outermost dimensions.
// RUN: descent-opt %s --descent-lower-to-kernels -o %t.before.mlir
// RUN: descent-opt %t.before.mlir --descent-split-reductions="min-points=64 min-length=16" --descent-verify-kernels -o %t.after.mlir
// RUN: FileCheck %s < %t.after.mlir
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry sum
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry max
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry others
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry index
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry kept
// RUN: descent-opt %t.before.mlir --descent-split-reductions="min-points=1 max-length=48" --descent-verify-kernels -o %t.short.mlir
// RUN: FileCheck %s --check-prefix=SHORT < %t.short.mlir
// RUN: descent-interpret --compare %t.before.mlir %t.short.mlir --entry sum
// RUN: descent-interpret --compare %t.before.mlir %t.short.mlir --entry index
// RUN: descent-interpret --compare %t.before.mlir %t.short.mlir --entry kept
// RUN: descent-interpret --compare %t.before.mlir %t.short.mlir --entry prime
// RUN: descent-interpret --compare %t.before.mlir %t.short.mlir --entry prime --set p=-inf

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
  // Too long for some devices, however many results there are.
  // SHORT-LABEL: descent.entry @sum
  // SHORT: descent.kernel [16, 2] reduce [2, 24] by [#descent.combiner<sum>]
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

// The index of a maximum: chunks are cut from the outermost dimension, deeper only if that is cut up, so that they are in row-major order.
// CHECK-LABEL: descent.entry @index
descent.entry @index {
  %x = descent.read @x : tensor<2x32x24xf32>
  // CHECK: %[[P:.*]]:2 = descent.kernel [2, [[C:[0-9]+]]] reduce [1, {{[0-9]+}}, 24] by [#descent.combiner<max_index>]
  // CHECK: } : tensor<2x[[C]]xf32>, tensor<[[N:[0-9]+]]xi32>
  // CHECK: descent.kernel [] reduce [2, [[C]]] by [#descent.combiner<max_index>] map(%[[P]]#0
  // CHECK: finish(%[[P]]#1 : tensor<[[N]]xi32>) [#descent.access<whole>]
  // SHORT-LABEL: descent.entry @index
  // SHORT: descent.kernel [2, 16] reduce [1, 2, 24] by [#descent.combiner<max_index>]
  %m, %i = descent.max_with_index %x [0, 1, 2] : tensor<2x32x24xf32> to tensor<f32>, tensor<i32>
  descent.output "m", %m : tensor<f32>
  descent.output "i", %i : tensor<i32>
  // All equal: the first one wins.
  %zeros = descent.constant dense<0.0> : tensor<2x32x24xf32>
  %z = descent.mul %x, %zeros : tensor<2x32x24xf32>
  %n, %j = descent.max_with_index %z [1, 2] : tensor<2x32x24xf32> to tensor<2xf32>, tensor<2xi32>
  descent.output "n", %n : tensor<2xf32>
  descent.output "j", %j : tensor<2xi32>
  // Several points.
  %o, %k = descent.max_with_index %x [1, 2] : tensor<2x32x24xf32> to tensor<2xf32>, tensor<2xi32>
  descent.output "o", %o : tensor<2xf32>
  descent.output "k", %k : tensor<2xi32>
}

// CHECK-LABEL: descent.entry @kept
descent.entry @kept {
  %y = descent.read @y : tensor<6x20xf32>
  // Short already.
  // CHECK: descent.kernel [6] reduce [20] by [#descent.combiner<sum>]
  // SHORT-LABEL: descent.entry @kept
  // SHORT: descent.kernel [6] reduce [20] by [#descent.combiner<sum>]
  %s = descent.reduce_sum %y [1] : tensor<6x20xf32> to tensor<6xf32>
  descent.output "s", %s : tensor<6xf32>
}

// An extent without divisors: the last chunk is shorter, and what it lacks has no effect.
descent.input @p : tensor<2x103xf32>
// SHORT-LABEL: descent.entry @prime
descent.entry @prime {
  %p = descent.read @p : tensor<2x103xf32>
  // SHORT: descent.kernel [3, 2] reduce [35] by [#descent.combiner<sum>] map({{.*}}) [#descent.access<(d0, d1, d2) -> (d1, d0 * 35 + d2) if [d0 * -35 - d2 + 102] else 0.0{{.*}}>]
  // SHORT: descent.in_bounds
  // SHORT: descent.select
  %e = descent.exp %p : tensor<2x103xf32>
  %s = descent.reduce_sum %e [1] : tensor<2x103xf32> to tensor<2xf32>
  // SHORT: descent.kernel [3, 2] reduce [35] by [#descent.combiner<max>]
  %m = descent.reduce_max %p [1] : tensor<2x103xf32> to tensor<2xf32>
  // SHORT: descent.kernel [3, 2] reduce [35] by [#descent.combiner<product>]
  %q = descent.reduce_prod %e [1] : tensor<2x103xf32> to tensor<2xf32>
  // SHORT: descent.kernel [3, 2] reduce [35] by [#descent.combiner<max_index>]
  %n, %i = descent.max_with_index %p [1] : tensor<2x103xf32> to tensor<2xf32>, tensor<2xi32>
  %c = descent.cast %p : tensor<2x103xf32> to tensor<2x103xi32>
  // SHORT: descent.kernel [3, 2] reduce [35] by [#descent.combiner<max>]
  %k = descent.reduce_max %c [1] : tensor<2x103xi32> to tensor<2xi32>
  descent.output "s", %s : tensor<2xf32>
  descent.output "m", %m : tensor<2xf32>
  descent.output "q", %q : tensor<2xf32>
  descent.output "n", %n : tensor<2xf32>
  descent.output "i", %i : tensor<2xi32>
  descent.output "k", %k : tensor<2xi32>
}
