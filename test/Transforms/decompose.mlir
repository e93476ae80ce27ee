// Composites are taken apart, and mean the same.
// RUN: descent-opt %s --descent-decompose -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: descent-interpret --compare %s %t.mlir --entry softmax --tolerance 1e-12
// RUN: descent-interpret --compare %s %t.mlir --entry cross_entropy --tolerance 1e-12
// RUN: descent-interpret --compare %s %t.mlir --entry functions --tolerance 1e-12
// Large logits do not overflow.
// RUN: descent-interpret --compare %s %t.mlir --entry cross_entropy --set z=[1000,2000,-3000,0,0,0] --tolerance 1e-12

descent.input @z : tensor<2x3xf32>
descent.input @label : tensor<2xi32> range [0, 3]

// CHECK-LABEL: descent.entry @softmax
descent.entry @softmax {
  // CHECK: %[[Z:.*]] = descent.read @z
  %z = descent.read @z : tensor<2x3xf32>
  // CHECK-NEXT: %[[MAX:.*]] = descent.reduce_max %[[Z]] [0] : tensor<2x3xf32> to tensor<3xf32>
  // CHECK-NEXT: %[[WIDE:.*]] = descent.broadcast %[[MAX]] [1] : tensor<3xf32> to tensor<2x3xf32>
  // CHECK-NEXT: %[[SHIFTED:.*]] = descent.sub %[[Z]], %[[WIDE]]
  // CHECK-NEXT: %[[E:.*]] = descent.exp %[[SHIFTED]]
  // CHECK-NEXT: %[[SUM:.*]] = descent.reduce_sum %[[E]] [0]
  // CHECK-NEXT: %[[SUMS:.*]] = descent.broadcast %[[SUM]] [1]
  // CHECK-NEXT: %[[Y:.*]] = descent.div %[[E]], %[[SUMS]]
  // CHECK-NEXT: descent.output "y", %[[Y]]
  %y = descent.softmax %z axis 0 : tensor<2x3xf32>
  descent.output "y", %y : tensor<2x3xf32>
}

// CHECK-LABEL: descent.entry @cross_entropy
descent.entry @cross_entropy {
  %z = descent.read @z : tensor<2x3xf32>
  %label = descent.read @label : tensor<2xi32>
  // CHECK-NOT: descent.softmax
  // CHECK: descent.compare eq
  // CHECK: descent.log
  %y = descent.softmax_cross_entropy %z, %label : (tensor<2x3xf32>, tensor<2xi32>) -> tensor<2xf32>
  // CHECK: descent.output "y"
  descent.output "y", %y : tensor<2xf32>
}

// What is left of functions when all derivatives are taken, in bodies too.
// CHECK-LABEL: descent.entry @functions
descent.entry @functions {
  // CHECK: %[[Z:.*]] = descent.read @z
  %z = descent.read @z : tensor<2x3xf32>
  // CHECK-NEXT: %[[M:.*]] = descent.mul %[[Z]], %[[Z]]
  // CHECK-NEXT: descent.scan count 2 carry(%[[M]] : tensor<2x3xf32>)
  // CHECK-NEXT: ^bb0(%[[H:.*]]: tensor<2x3xf32>):
  // CHECK-NEXT: %[[Q:.*]] = descent.mul %[[H]], %[[H]]
  // CHECK-NEXT: descent.return %[[Q]]
  %s = descent.stop_gradient %z : tensor<2x3xf32>
  %y = descent.custom "square"(%s) : (tensor<2x3xf32>) -> tensor<2x3xf32> forward {
  ^bb0(%a: tensor<2x3xf32>):
    %r = descent.mul %a, %a : tensor<2x3xf32>
    descent.return %r : tensor<2x3xf32>
  } vjp {
  ^bb0(%a: tensor<2x3xf32>, %r: tensor<2x3xf32>, %ct: tensor<2x3xf32>):
    descent.return %ct : tensor<2x3xf32>
  }
  %f = descent.scan count 2 carry(%y : tensor<2x3xf32>) over() with() {
  ^bb0(%h: tensor<2x3xf32>):
    %t = descent.stop_gradient %h : tensor<2x3xf32>
    %q = descent.custom "square"(%t) : (tensor<2x3xf32>) -> tensor<2x3xf32> forward {
    ^bb0(%a: tensor<2x3xf32>):
      %r = descent.mul %a, %a : tensor<2x3xf32>
      descent.return %r : tensor<2x3xf32>
    } vjp {
    ^bb0(%a: tensor<2x3xf32>, %r: tensor<2x3xf32>, %ct: tensor<2x3xf32>):
      descent.return %ct : tensor<2x3xf32>
    }
    descent.return %q : tensor<2x3xf32>
  } : tensor<2x3xf32>
  descent.output "f", %f : tensor<2x3xf32>
}
