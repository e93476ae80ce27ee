// Attention without its matrices: which products are computed where they are read, and that the results are the same.
// RUN: descent-opt %s --descent-autodiff --descent-decompose --canonicalize --cse --descent-lower-to-kernels --descent-fold-views --descent-form-kernels --canonicalize --cse -o %t.before.mlir
// RUN: descent-opt %t.before.mlir --descent-form-attention=min-elements=1024 --descent-verify-kernels -o %t.after.mlir
// RUN: FileCheck %s < %t.after.mlir
// RUN: descent-opt %t.before.mlir --descent-form-attention | FileCheck %s --check-prefix=SMALL
// RUN: descent-opt %t.before.mlir --descent-form-attention="min-elements=1024 min-ratio=16" | FileCheck %s --check-prefix=SMALL
// RUN: descent-opt %t.before.mlir --descent-form-attention="min-elements=1024 max-columns=3" | FileCheck %s --check-prefix=SMALL
// RUN: descent-opt %t.before.mlir --descent-form-attention="min-elements=1024 max-inner=3" | FileCheck %s --check-prefix=SMALL
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry forward
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry gradients
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry dropped
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry looked_at
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry twice
// RUN: descent-interpret --compare %t.before.mlir %t.after.mlir --entry relu
// SMALL-NOT: descent.row_group

descent.input @q : tensor<2x40x4xf32>
descent.input @k : tensor<2x32x4xf32>
descent.input @v : tensor<2x32x8xf32>
descent.input @w : tensor<2x32x4xf32>
descent.input @g : tensor<2x40x4xf32>
descent.input @drop : tensor<2x40x32xf32>

// The scores are computed by all three reductions. What is left of them in memory is nothing.
// CHECK-LABEL: descent.entry @forward
descent.entry @forward {
  %q = descent.read @q : tensor<2x40x4xf32>
  %k = descent.read @k : tensor<2x32x4xf32>
  %v = descent.read @v : tensor<2x32x8xf32>
  // CHECK-NOT: descent.kernel
  // CHECK: descent.row_group [2, 40](%{{.*}}) : (tensor<2x40x4xf32>, tensor<2x32x4xf32>, tensor<2x32x8xf32>) -> tensor<2x40x8xf32> {
  // CHECK: %[[S:.*]] = descent.kernel [2, 40, 32] reduce [4] by [#descent.combiner<sum>]
  // CHECK: descent.select
  // CHECK: %[[M:.*]] = descent.kernel [2, 40] reduce [32] by [#descent.combiner<max>] map(%[[S]] :
  // CHECK: %[[L:.*]] = descent.kernel [2, 40] reduce [32] by [#descent.combiner<sum>] map(%[[S]], %[[M]] :
  // CHECK: %[[O:.*]] = descent.kernel [2, 40, 8] reduce [32] by [#descent.combiner<sum>] map(%[[S]], %[[M]], %[[L]],
  // CHECK: descent.return %[[O]]
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output
  %s = descent.contract %q [0, 1, 3], %k [0, 2, 3] to [0, 1, 2] : (tensor<2x40x4xf32>, tensor<2x32x4xf32>) -> tensor<2x40x32xf32>
  %t = descent.iota dim 1 : tensor<2x40x32xi32>
  %i = descent.iota dim 2 : tensor<2x40x32xi32>
  %low = descent.constant dense<0xFF800000> : tensor<2x40x32xf32>
  %causal = descent.compare le %i, %t : tensor<2x40x32xi32>
  %z = descent.select %causal, %s, %low : tensor<2x40x32xf32>
  %p = descent.softmax %z axis 2 : tensor<2x40x32xf32>
  %o = descent.contract %p [0, 1, 3], %v [0, 3, 2] to [0, 1, 2] : (tensor<2x40x32xf32>, tensor<2x32x8xf32>) -> tensor<2x40x8xf32>
  descent.output "o", %o : tensor<2x40x8xf32>
}

// Forward over queries; then the row sums of the output times its gradient, the gradient of the queries over queries, and those of keys and values, which have
// as many columns, in one kernel over keys.
// CHECK-LABEL: descent.entry @gradients
descent.entry @gradients {
  %q = descent.read @q : tensor<2x40x4xf32>
  %k = descent.read @k : tensor<2x32x4xf32>
  %v = descent.read @w : tensor<2x32x4xf32>
  %g = descent.read @g : tensor<2x40x4xf32>
  // CHECK: %[[F:.*]]:3 = descent.row_group [2, 40](%{{.*}}) : ({{.*}}) -> (tensor<2x40xf32>, tensor<2x40xf32>, tensor<2x40x4xf32>) {
  // CHECK: %[[D:.*]] = descent.kernel [2, 40] reduce [4] by [#descent.combiner<sum>] map(%{{.*}}, %[[F]]#2 : tensor<2x40x4xf32>, tensor<2x40x4xf32>)
  // CHECK-DAG: descent.kernel [2, 32, 4] reduce [40] by [#descent.combiner<sum>, #descent.combiner<sum>]
  // CHECK-DAG: descent.row_group [2, 32](%{{.*}}, %[[F]]#0, %[[F]]#1, %[[D]]) : ({{.*}}) -> (tensor<2x32x4xf32>, tensor<2x32x4xf32>) {
  // CHECK-DAG: descent.row_group [2, 40](%{{.*}}, %[[F]]#0, %[[F]]#1, %[[D]]) : ({{.*}}) -> tensor<2x40x4xf32> {
  // CHECK-DAG: descent.output "dv"
  %s = descent.contract %q [0, 1, 3], %k [0, 2, 3] to [0, 1, 2] : (tensor<2x40x4xf32>, tensor<2x32x4xf32>) -> tensor<2x40x32xf32>
  %p = descent.softmax %s axis 2 : tensor<2x40x32xf32>
  %o = descent.contract %p [0, 1, 3], %v [0, 3, 2] to [0, 1, 2] : (tensor<2x40x32xf32>, tensor<2x32x4xf32>) -> tensor<2x40x4xf32>
  %e = descent.mul %o, %g : tensor<2x40x4xf32>
  %loss = descent.reduce_sum %e [0, 1, 2] : tensor<2x40x4xf32> to tensor<f32>
  %dq, %dk, %dv = descent.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<2x40x4xf32>, tensor<2x32x4xf32>, tensor<2x32x4xf32> to tensor<2x40x4xf32>, tensor<2x32x4xf32>, tensor<2x32x4xf32>
  descent.output "loss", %loss : tensor<f32>
  descent.output "o", %o : tensor<2x40x4xf32>
  descent.output "dq", %dq : tensor<2x40x4xf32>
  descent.output "dk", %dk : tensor<2x32x4xf32>
  descent.output "dv", %dv : tensor<2x32x4xf32>
}

// With dropout the row sums stay sums over keys, in the kernel of the queries' gradient; still nothing of that size is stored.
// CHECK-LABEL: descent.entry @dropped
descent.entry @dropped {
  %q = descent.read @q : tensor<2x40x4xf32>
  %k = descent.read @k : tensor<2x32x4xf32>
  %v = descent.read @v : tensor<2x32x8xf32>
  %drop = descent.read @drop : tensor<2x40x32xf32>
  // CHECK: descent.row_group [2, 40]({{.*}}) -> (tensor<2x40xf32>, tensor<2x40xf32>, tensor<2x40x8xf32>) {
  // CHECK: descent.row_group [2, 40]({{.*}}) -> (tensor<2x40xf32>, tensor<2x40x4xf32>) {
  // CHECK: descent.row_group [2, 32]({{.*}}) -> (tensor<2x32x8xf32>, tensor<2x32x4xf32>) {
  // CHECK: descent.return
  // CHECK-NOT: descent.kernel
  // CHECK: descent.output "dq"
  %s = descent.contract %q [0, 1, 3], %k [0, 2, 3] to [0, 1, 2] : (tensor<2x40x4xf32>, tensor<2x32x4xf32>) -> tensor<2x40x32xf32>
  %p = descent.softmax %s axis 2 : tensor<2x40x32xf32>
  %d = descent.mul %p, %drop : tensor<2x40x32xf32>
  %o = descent.contract %d [0, 1, 3], %v [0, 3, 2] to [0, 1, 2] : (tensor<2x40x32xf32>, tensor<2x32x8xf32>) -> tensor<2x40x8xf32>
  %e = descent.sin %o : tensor<2x40x8xf32>
  %loss = descent.reduce_sum %e [0, 1, 2] : tensor<2x40x8xf32> to tensor<f32>
  %dq, %dk, %dv = descent.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<2x40x4xf32>, tensor<2x32x4xf32>, tensor<2x32x8xf32> to tensor<2x40x4xf32>, tensor<2x32x4xf32>, tensor<2x32x8xf32>
  descent.output "dq", %dq : tensor<2x40x4xf32>
  descent.output "dk", %dk : tensor<2x32x4xf32>
  descent.output "dv", %dv : tensor<2x32x8xf32>
}

// Somebody wants the probabilities: they are stored, and all is as before.
// CHECK-LABEL: descent.entry @looked_at
descent.entry @looked_at {
  %q = descent.read @q : tensor<2x40x4xf32>
  %k = descent.read @k : tensor<2x32x4xf32>
  %v = descent.read @v : tensor<2x32x8xf32>
  // CHECK-NOT: descent.row_group
  // CHECK: descent.output "p"
  %s = descent.contract %q [0, 1, 3], %k [0, 2, 3] to [0, 1, 2] : (tensor<2x40x4xf32>, tensor<2x32x4xf32>) -> tensor<2x40x32xf32>
  %p = descent.softmax %s axis 2 : tensor<2x40x32xf32>
  %o = descent.contract %p [0, 1, 3], %v [0, 3, 2] to [0, 1, 2] : (tensor<2x40x32xf32>, tensor<2x32x8xf32>) -> tensor<2x40x8xf32>
  descent.output "o", %o : tensor<2x40x8xf32>
  descent.output "p", %p : tensor<2x40x32xf32>
}

// A second derivative reads the matrices in more ways; whatever is formed is right.
// CHECK-LABEL: descent.entry @twice
descent.entry @twice {
  %q = descent.read @q : tensor<2x40x4xf32>
  %k = descent.read @k : tensor<2x32x4xf32>
  %v = descent.read @v : tensor<2x32x8xf32>
  %s = descent.contract %q [0, 1, 3], %k [0, 2, 3] to [0, 1, 2] : (tensor<2x40x4xf32>, tensor<2x32x4xf32>) -> tensor<2x40x32xf32>
  %p = descent.softmax %s axis 2 : tensor<2x40x32xf32>
  %o = descent.contract %p [0, 1, 3], %v [0, 3, 2] to [0, 1, 2] : (tensor<2x40x32xf32>, tensor<2x32x8xf32>) -> tensor<2x40x8xf32>
  %e = descent.sin %o : tensor<2x40x8xf32>
  %loss = descent.reduce_sum %e [0, 1, 2] : tensor<2x40x8xf32> to tensor<f32>
  %dq = descent.gradient %loss wrt %q : tensor<f32> wrt tensor<2x40x4xf32> to tensor<2x40x4xf32>
  %square = descent.mul %dq, %dq : tensor<2x40x4xf32>
  %norm = descent.reduce_sum %square [0, 1, 2] : tensor<2x40x4xf32> to tensor<f32>
  %ddk = descent.gradient %norm wrt %k : tensor<f32> wrt tensor<2x32x4xf32> to tensor<2x32x4xf32>
  descent.output "ddk", %ddk : tensor<2x32x4xf32>
}

// No softmax: a product that is as large is stored.
// CHECK-LABEL: descent.entry @relu
descent.entry @relu {
  %q = descent.read @q : tensor<2x40x4xf32>
  %k = descent.read @k : tensor<2x32x4xf32>
  %v = descent.read @v : tensor<2x32x8xf32>
  // CHECK-NOT: descent.row_group
  // CHECK: descent.output "o"
  %s = descent.contract %q [0, 1, 3], %k [0, 2, 3] to [0, 1, 2] : (tensor<2x40x4xf32>, tensor<2x32x4xf32>) -> tensor<2x40x32xf32>
  %p = descent.leaky_relu %s, 0.0 : tensor<2x40x32xf32>
  %o = descent.contract %p [0, 1, 3], %v [0, 3, 2] to [0, 1, 2] : (tensor<2x40x32xf32>, tensor<2x32x8xf32>) -> tensor<2x40x8xf32>
  descent.output "o", %o : tensor<2x40x8xf32>
}
