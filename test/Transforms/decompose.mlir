// Composites are taken apart, and mean the same.
// RUN: descent-opt %s --descent-decompose -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: descent-interpret --compare %s %t.mlir --entry softmax --tolerance 1e-12
// RUN: descent-interpret --compare %s %t.mlir --entry cross_entropy --tolerance 1e-12
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
