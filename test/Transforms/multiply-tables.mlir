// Rows of an embedding that a product reads: the table is multiplied, once an entry, and the product gathered. That both are the same is compared.
// RUN: descent-opt %s --descent-multiply-tables --canonicalize --cse -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: descent-interpret --compare %s %t.mlir --entry flat --tolerance 1e-6
// RUN: descent-interpret --compare %s %t.mlir --entry sequence --tolerance 1e-6
// RUN: descent-interpret --compare %s %t.mlir --entry reshaped --tolerance 1e-6
// RUN: descent-interpret --compare %s %t.mlir --entry right --tolerance 1e-6
// RUN: descent-interpret --compare %s %t.mlir --entry gradient --tolerance 1e-6
// The whole pipeline adds up by entry what arrives at the rows, before it meets the weights.
// RUN: descent-opt %s --pass-pipeline="builtin.module(descent.entry(canonicalize,cse,descent-multiply-tables,descent-autodiff))" | FileCheck %s --check-prefix=GRADIENT

descent.input @table : tensor<5x4xf32>
descent.input @large : tensor<9x4xf32>
descent.input @w : tensor<6x4xf32>
descent.input @u : tensor<8x3x4xf32>
descent.input @index : tensor<12xi32> range [-1, 6]
descent.input @tokens : tensor<3x8xi32> range [0, 5]

// CHECK-LABEL: descent.entry @flat
descent.entry @flat {
  %t = descent.read @table : tensor<5x4xf32>
  %i = descent.read @index : tensor<12xi32>
  %w = descent.read @w : tensor<6x4xf32>
  // CHECK: %[[T:.*]] = descent.read @table
  // CHECK: %[[I:.*]] = descent.read @index
  // CHECK: %[[W:.*]] = descent.read @w
  // CHECK: %[[P:.*]] = descent.contract %[[T]] [3, 2], %[[W]] [1, 2] to [3, 1] : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  // CHECK: %[[WIDE:.*]] = descent.broadcast %[[I]] [0] : tensor<12xi32> to tensor<12x6xi32>
  // CHECK: %[[Y:.*]] = descent.gather %[[P]] at %[[WIDE]] axis 0
  // CHECK-NEXT: descent.output "y", %[[Y]]
  %at = descent.broadcast %i [0] : tensor<12xi32> to tensor<12x4xi32>
  %rows = descent.gather %t at %at axis 0 : (tensor<5x4xf32>, tensor<12x4xi32>) -> tensor<12x4xf32>
  %y = descent.contract %rows [0, 2], %w [1, 2] to [0, 1] : (tensor<12x4xf32>, tensor<6x4xf32>) -> tensor<12x6xf32>
  descent.output "y", %y : tensor<12x6xf32>
}

// The table is repeated along the sequence, as embedding lookups have it, and the result's dimensions stand in another order.
// CHECK-LABEL: descent.entry @sequence
descent.entry @sequence {
  %t = descent.read @table : tensor<5x4xf32>
  %i = descent.read @tokens : tensor<3x8xi32>
  %w = descent.read @w : tensor<6x4xf32>
  // CHECK: %[[P:.*]] = descent.contract %{{.*}}, %{{.*}} : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  // CHECK-NOT: descent.contract
  // CHECK: descent.gather %[[P]] at %{{.*}} axis 0 : (tensor<5x6xf32>, tensor<24x6xi32>) -> tensor<24x6xf32>
  // CHECK: descent.transpose
  %repeated = descent.broadcast %t [0, 2] : tensor<5x4xf32> to tensor<5x8x4xf32>
  %at = descent.broadcast %i [0, 1] : tensor<3x8xi32> to tensor<3x8x4xi32>
  %rows = descent.gather %repeated at %at axis 0 : (tensor<5x8x4xf32>, tensor<3x8x4xi32>) -> tensor<3x8x4xf32>
  %y = descent.contract %rows [0, 1, 3], %w [2, 3] to [1, 2, 0] : (tensor<3x8x4xf32>, tensor<6x4xf32>) -> tensor<8x6x3xf32>
  descent.output "y", %y : tensor<8x6x3xf32>
}

// The rows as importing a lookup leaves them: gathered flat, then given their dimensions; that the indices are the same along a row is seen through views.
// CHECK-LABEL: descent.entry @reshaped
descent.entry @reshaped {
  %t = descent.read @table : tensor<5x4xf32>
  %i = descent.read @tokens : tensor<3x8xi32>
  %w = descent.read @w : tensor<6x4xf32>
  // CHECK: %[[P:.*]] = descent.contract %{{.*}}, %{{.*}} : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  // CHECK-NOT: descent.contract
  // CHECK: descent.gather %[[P]] at %{{.*}} axis 0 : (tensor<5x6xf32>, tensor<24x6xi32>) -> tensor<24x6xf32>
  // CHECK-NOT: descent.contract
  %wide = descent.broadcast %i [0, 1] : tensor<3x8xi32> to tensor<3x8x4xi32>
  %turned = descent.transpose %wide [1, 0, 2] : tensor<3x8x4xi32> to tensor<8x3x4xi32>
  %at = descent.reshape %turned : tensor<8x3x4xi32> to tensor<24x4xi32>
  %flat = descent.gather %t at %at axis 0 : (tensor<5x4xf32>, tensor<24x4xi32>) -> tensor<24x4xf32>
  %rows = descent.reshape %flat : tensor<24x4xf32> to tensor<8x3x4xf32>
  %y = descent.contract %rows [1, 0, 3], %w [2, 3] to [0, 1, 2] : (tensor<8x3x4xf32>, tensor<6x4xf32>) -> tensor<3x8x6xf32>
  descent.output "y", %y : tensor<3x8x6xf32>
}

// CHECK-LABEL: descent.entry @right
descent.entry @right {
  %t = descent.read @table : tensor<5x4xf32>
  %i = descent.read @index : tensor<12xi32>
  %w = descent.read @w : tensor<6x4xf32>
  // CHECK: descent.contract %{{.*}} [1, 2], %{{.*}} [3, 2] to [3, 1] : (tensor<6x4xf32>, tensor<5x4xf32>) -> tensor<5x6xf32>
  %at = descent.broadcast %i [0] : tensor<12xi32> to tensor<12x4xi32>
  %rows = descent.gather %t at %at axis 0 : (tensor<5x4xf32>, tensor<12x4xi32>) -> tensor<12x4xf32>
  %y = descent.contract %w [1, 2], %rows [0, 2] to [1, 0] : (tensor<6x4xf32>, tensor<12x4xf32>) -> tensor<6x12xf32>
  descent.output "y", %y : tensor<6x12xf32>
}

// GRADIENT-LABEL: descent.entry @gradient
descent.entry @gradient {
  %t = descent.read @table : tensor<5x4xf32>
  %i = descent.read @index : tensor<12xi32>
  %w = descent.read @w : tensor<6x4xf32>
  // GRADIENT: %[[S:.*]] = descent.scatter_add %{{.*}} at %{{.*}} axis 0 extent 5 : (tensor<12x6xf32>, tensor<12x6xi32>) -> tensor<5x6xf32>
  // GRADIENT-DAG: descent.contract %[[S]] {{.*}} -> tensor<5x4xf32>
  // GRADIENT-DAG: descent.contract %[[S]] {{.*}} -> tensor<6x4xf32>
  %at = descent.broadcast %i [0] : tensor<12xi32> to tensor<12x4xi32>
  %rows = descent.gather %t at %at axis 0 : (tensor<5x4xf32>, tensor<12x4xi32>) -> tensor<12x4xf32>
  %y = descent.contract %rows [0, 2], %w [1, 2] to [0, 1] : (tensor<12x4xf32>, tensor<6x4xf32>) -> tensor<12x6xf32>
  %e = descent.sin %y : tensor<12x6xf32>
  %l = descent.reduce_sum %e [0, 1] : tensor<12x6xf32> to tensor<f32>
  %g:2 = descent.gradient %l wrt %t, %w : tensor<f32> wrt tensor<5x4xf32>, tensor<6x4xf32> to tensor<5x4xf32>, tensor<6x4xf32>
  descent.output "t", %g#0 : tensor<5x4xf32>
  descent.output "w", %g#1 : tensor<6x4xf32>
}

// A table of more than half as many entries as rows are taken; weights that differ from row to row; a sum over the rows.
// CHECK-LABEL: descent.entry @kept
descent.entry @kept {
  %t = descent.read @table : tensor<5x4xf32>
  %large = descent.read @large : tensor<9x4xf32>
  %i = descent.read @index : tensor<12xi32>
  %tokens = descent.read @tokens : tensor<3x8xi32>
  %w = descent.read @w : tensor<6x4xf32>
  %u = descent.read @u : tensor<8x3x4xf32>
  // CHECK: %[[A:.*]] = descent.gather
  // CHECK: descent.contract %[[A]]
  %at = descent.broadcast %i [0] : tensor<12xi32> to tensor<12x4xi32>
  %a = descent.gather %large at %at axis 0 : (tensor<9x4xf32>, tensor<12x4xi32>) -> tensor<12x4xf32>
  %y = descent.contract %a [0, 2], %w [1, 2] to [0, 1] : (tensor<12x4xf32>, tensor<6x4xf32>) -> tensor<12x6xf32>
  // CHECK: %[[B:.*]] = descent.gather
  // CHECK: descent.contract %[[B]]
  %repeated = descent.broadcast %t [0, 2] : tensor<5x4xf32> to tensor<5x8x4xf32>
  %places = descent.broadcast %tokens [0, 1] : tensor<3x8xi32> to tensor<3x8x4xi32>
  %b = descent.gather %repeated at %places axis 0 : (tensor<5x8x4xf32>, tensor<3x8x4xi32>) -> tensor<3x8x4xf32>
  %z = descent.contract %b [0, 1, 3], %u [1, 2, 3] to [0, 1, 2] : (tensor<3x8x4xf32>, tensor<8x3x4xf32>) -> tensor<3x8x3xf32>
  // CHECK: %[[C:.*]] = descent.gather
  // CHECK: descent.contract %[[C]]
  %c = descent.gather %t at %at axis 0 : (tensor<5x4xf32>, tensor<12x4xi32>) -> tensor<12x4xf32>
  %s = descent.contract %c [0, 1], %y [0, 2] to [1, 2] : (tensor<12x4xf32>, tensor<12x6xf32>) -> tensor<4x6xf32>
  descent.output "y", %y : tensor<12x6xf32>
  descent.output "z", %z : tensor<3x8x3xf32>
  descent.output "s", %s : tensor<4x6xf32>
}
