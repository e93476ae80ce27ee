// Tensors that kernels read whole: what is fused with a lookup, and what lies in memory for it. That they compute the same is compared.
// RUN: descent-opt %s --descent-lower-to-kernels -o %t.lowered.mlir
// RUN: descent-opt %t.lowered.mlir --descent-fold-views -o %t.folded.mlir
// RUN: descent-opt %t.folded.mlir --descent-form-kernels --descent-verify-kernels -o %t.formed.mlir
// RUN: FileCheck %s < %t.formed.mlir
// RUN: descent-interpret --compare %s %t.lowered.mlir --entry lookup
// RUN: descent-interpret --compare %s %t.formed.mlir --entry lookup
// RUN: descent-interpret --compare %s %t.formed.mlir --entry found
// RUN: descent-interpret --compare %s %t.folded.mlir --entry computed
// RUN: descent-interpret --compare %s %t.formed.mlir --entry computed
// RUN: descent-interpret --compare %s %t.formed.mlir --entry padded
// RUN: descent-interpret --compare %s %t.formed.mlir --entry both
// RUN: descent-interpret --compare %s %t.formed.mlir --entry scattered
// RUN: descent-interpret --compare %s %t.formed.mlir --entry cumulative
// RUN: descent-interpret --compare %s %t.formed.mlir --entry sorted
// RUN: descent-opt %t.formed.mlir --descent-plan-memory --descent-place-barriers --descent-verify-schedule -o %t.scheduled.mlir
// RUN: FileCheck %s --check-prefix=PLAN < %t.scheduled.mlir

descent.state @table : tensor<9x4xf32> parameter <normal, 0.0 : f32, 1.0 : f32>
descent.input @rows : tensor<6xi32> range [-3, 12]
descent.input @at : tensor<9x4xi32> range [0, 9]
descent.input @x : tensor<3x7xf32>

// Indices are computed and values used where the element is loaded.
// CHECK-LABEL: descent.entry @lookup
descent.entry @lookup {
  %t = descent.read @table : tensor<9x4xf32>
  %r = descent.read @rows : tensor<6xi32>
  // CHECK: %[[T:.*]] = descent.read @table
  // CHECK: %[[R:.*]] = descent.read @rows
  // CHECK-COUNT-1: descent.kernel [6, 4] reduce [] by []
  // CHECK: finish(%[[T]], %[[R]] : tensor<9x4xf32>, tensor<6xi32>) [#descent.access<whole>, #descent.access<(d0, d1) -> (d0)>] {
  // CHECK-NEXT: ^bb0(%[[WHOLE:.*]]: tensor<9x4xf32>, %[[ROW:.*]]: i32):
  // CHECK: %[[NEXT:.*]] = descent.add %[[ROW]], %{{.*}} : i32
  // CHECK: %[[E:.*]] = descent.load %[[WHOLE]][%[[NEXT]], %{{.*}}] : tensor<9x4xf32> -> f32
  // CHECK-NEXT: descent.exp %[[E]]
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output
  %one = descent.constant dense<1> : tensor<6xi32>
  %s = descent.add %r, %one : tensor<6xi32>
  %b = descent.broadcast %s [0] : tensor<6xi32> to tensor<6x4xi32>
  %g = descent.gather %t at %b axis 0 : (tensor<9x4xf32>, tensor<6x4xi32>) -> tensor<6x4xf32>
  %e = descent.exp %g : tensor<6x4xf32>
  descent.output "e", %e : tensor<6x4xf32>
}

// Behind a reduction, at the index that it found.
// CHECK-LABEL: descent.entry @found
descent.entry @found {
  %t = descent.read @table : tensor<9x4xf32>
  // CHECK-COUNT-1: descent.kernel [4] reduce [9] by [#descent.combiner<max_index>]
  // CHECK: descent.load
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output
  %m, %i = descent.max_with_index %t [0] : tensor<9x4xf32> to tensor<4xf32>, tensor<4xi32>
  %b = descent.reshape %i : tensor<4xi32> to tensor<1x4xi32>
  %g = descent.gather %t at %b axis 0 : (tensor<9x4xf32>, tensor<1x4xi32>) -> tensor<1x4xf32>
  descent.output "g", %g : tensor<1x4xf32>
}

// What is read whole is computed before, however cheap; a view of it is looked through.
// CHECK-LABEL: descent.entry @computed
descent.entry @computed {
  %t = descent.read @table : tensor<9x4xf32>
  %at = descent.read @at : tensor<9x4xi32>
  // CHECK: %[[SUM:.*]] = descent.kernel [9, 4]
  // CHECK: descent.add
  // CHECK: descent.kernel [9, 4]
  // CHECK-COUNT-2: descent.load %{{.*}} : tensor<9x4xf32> -> f32
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output
  %s = descent.add %t, %t : tensor<9x4xf32>
  %g = descent.gather %s at %at axis 0 : (tensor<9x4xf32>, tensor<9x4xi32>) -> tensor<9x4xf32>
  %v = descent.transpose %t [1, 0] : tensor<9x4xf32> to tensor<4x9xf32>
  %i = descent.transpose %at [1, 0] : tensor<9x4xi32> to tensor<4x9xi32>
  %h = descent.gather %v at %i axis 1 : (tensor<4x9xf32>, tensor<4x9xi32>) -> tensor<4x9xf32>
  %k = descent.transpose %h [1, 0] : tensor<4x9xf32> to tensor<9x4xf32>
  %p = descent.add %g, %k : tensor<9x4xf32>
  descent.output "p", %p : tensor<9x4xf32>
}

// Where a guard around a lookup fails, an index out of bounds does no harm.
// CHECK-LABEL: descent.entry @padded
descent.entry @padded {
  %t = descent.read @table : tensor<9x4xf32>
  %at = descent.read @at : tensor<9x4xi32>
  // CHECK-COUNT-1: descent.kernel [11, 4]
  // CHECK: #descent.access<whole>
  // CHECK: descent.load
  // CHECK: descent.in_bounds
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output
  %g = descent.gather %t at %at axis 0 : (tensor<9x4xf32>, tensor<9x4xi32>) -> tensor<9x4xf32>
  %p = descent.pad %g low [1, 0] high [1, 0] zero : tensor<9x4xf32> to tensor<11x4xf32>
  %e = descent.exp %p : tensor<11x4xf32>
  descent.output "e", %e : tensor<11x4xf32>
}

// A state that is gathered from and updated: the new value must not be computed in the old one's place.
// CHECK-LABEL: descent.entry @both
// PLAN-LABEL: schedule.kernel @k
// PLAN: schedule.entry @both
// PLAN-NEXT: schedule.launch @[[UPDATE:k[0-9]+]] [#schedule.place<@slab.state, 0, 144>, #schedule.place<@slab.work, {{[0-9]+}}, 144>, #schedule.place<@slab.work, [[NEW:[0-9]+]], 144>]
// PLAN-NEXT: schedule.barrier
// PLAN-NEXT: schedule.launch @{{.*}} [#schedule.place<@slab.work, [[NEW]], 144>, #schedule.place<@slab.state, 0, 144>]
descent.entry @both {
  %t = descent.read @table : tensor<9x4xf32>
  %at = descent.read @at : tensor<9x4xi32>
  %g = descent.gather %t at %at axis 0 : (tensor<9x4xf32>, tensor<9x4xi32>) -> tensor<9x4xf32>
  %n = descent.sub %t, %g : tensor<9x4xf32>
  descent.write @table, %n : tensor<9x4xf32>
}

// No write goes where data says: every element looks for its updates.
// CHECK-LABEL: descent.entry @scattered
descent.entry @scattered {
  %t = descent.read @table : tensor<9x4xf32>
  %at = descent.read @at : tensor<9x4xi32>
  // CHECK-COUNT-1: descent.kernel [5, 4] reduce [9] by [#descent.combiner<sum>] map(%{{.*}}, %{{.*}} : tensor<9x4xf32>, tensor<9x4xi32>) [#descent.access<(d0, d1, d2) -> (d2, d1)>, #descent.access<(d0, d1, d2) -> (d2, d1)>] {
  // CHECK: descent.compare eq
  // CHECK: descent.select
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output
  %e = descent.exp %t : tensor<9x4xf32>
  %s = descent.scatter_add %t at %at axis 0 extent 5 : (tensor<9x4xf32>, tensor<9x4xi32>) -> tensor<5x4xf32>
  descent.output "s", %s : tensor<5x4xf32>
}

// A cumulative sum is a sum of guarded reads; there are no windows in memory.
// CHECK-LABEL: descent.entry @cumulative
descent.entry @cumulative {
  %x = descent.read @x : tensor<3x7xf32>
  // CHECK: %[[X:.*]] = descent.read @x
  // CHECK-COUNT-1: descent.kernel [3, 7] reduce [7] by [#descent.combiner<sum>] map(%[[X]] : tensor<3x7xf32>) [#descent.access<(d0, d1, d2) -> (d0, d1 + d2 - 6) if [d1 + d2 - 6] else 0.000000e+00 : f32>] {
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output
  %p = descent.pad %x low [0, 6] high [0, 0] zero : tensor<3x7xf32> to tensor<3x13xf32>
  %b = descent.broadcast %p [0, 1] : tensor<3x13xf32> to tensor<3x13x7xf32>
  %w = descent.window %b [1] strides [1] dilations [1] : tensor<3x13x7xf32> to tensor<3x7x7xf32>
  %s = descent.reduce_sum %w [2] : tensor<3x7x7xf32> to tensor<3x7xf32>
  descent.output "s", %s : tensor<3x7xf32>
}

// Sorting by ranks: the comparisons of all pairs are inside of the sums.
// CHECK-LABEL: descent.entry @sorted
descent.entry @sorted {
  %x = descent.read @x : tensor<3x7xf32>
  // CHECK: %[[X:.*]] = descent.read @x
  // CHECK: %[[RANK:.*]] = descent.kernel [3, 7] reduce [7] by [#descent.combiner<sum>] map(%[[X]], %[[X]] : tensor<3x7xf32>, tensor<3x7xf32>)
  // CHECK: } : tensor<3x7xi32>
  // CHECK: descent.kernel [3, 7] reduce [7] by [#descent.combiner<sum>] map(%[[RANK]] : tensor<3x7xi32>)
  // CHECK: finish(%[[X]] : tensor<3x7xf32>) [#descent.access<whole>]
  // CHECK: descent.load
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output
  %a = descent.broadcast %x [0, 1] : tensor<3x7xf32> to tensor<3x7x7xf32>
  %b = descent.broadcast %x [0, 2] : tensor<3x7xf32> to tensor<3x7x7xf32>
  %i = descent.iota dim 1 : tensor<3x7x7xi32>
  %j = descent.iota dim 2 : tensor<3x7x7xi32>
  %less = descent.compare lt %b, %a : tensor<3x7x7xf32>
  %equal = descent.compare eq %b, %a : tensor<3x7x7xf32>
  %before = descent.compare lt %j, %i : tensor<3x7x7xi32>
  %tie = descent.and %equal, %before : tensor<3x7x7xi1>
  %first = descent.or %less, %tie : tensor<3x7x7xi1>
  %n = descent.cast %first : tensor<3x7x7xi1> to tensor<3x7x7xi32>
  %rank = descent.reduce_sum %n [2] : tensor<3x7x7xi32> to tensor<3x7xi32>
  %wide = descent.broadcast %rank [0, 2] : tensor<3x7xi32> to tensor<3x7x7xi32>
  %hit = descent.compare eq %wide, %i : tensor<3x7x7xi32>
  %h = descent.cast %hit : tensor<3x7x7xi1> to tensor<3x7x7xi32>
  %o = descent.mul %h, %j : tensor<3x7x7xi32>
  %order = descent.reduce_sum %o [2] : tensor<3x7x7xi32> to tensor<3x7xi32>
  %s = descent.gather %x at %order axis 1 : (tensor<3x7xf32>, tensor<3x7xi32>) -> tensor<3x7xf32>
  descent.output "s", %s : tensor<3x7xf32>
}
