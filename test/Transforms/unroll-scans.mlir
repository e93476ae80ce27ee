// RUN: descent-opt %s --descent-unroll-scans=max-count=3 -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: descent-interpret --compare %s %t.mlir --entry short --tolerance 1e-15
// RUN: descent-interpret --compare %s %t.mlir --entry one --tolerance 1e-15
// RUN: descent-interpret --compare %s %t.mlir --entry long --tolerance 1e-15

descent.input @h : tensor<2xf32>
descent.input @x : tensor<3x2xf32>

// From the last to the first; a value of iteration t lies at t.
// CHECK-LABEL: descent.entry @short
descent.entry @short {
  // CHECK: %[[H:.*]] = descent.read @h
  // CHECK: %[[X:.*]] = descent.read @x
  %h = descent.read @h : tensor<2xf32>
  %x = descent.read @x : tensor<3x2xf32>
  // CHECK-NOT: descent.scan
  // CHECK: descent.slice %[[X]] offsets [2, 0] strides [1, 1] : tensor<3x2xf32> to tensor<1x2xf32>
  // CHECK: %[[N2:.*]] = descent.mul %[[H]], %{{.*}}
  // CHECK: descent.slice %[[X]] offsets [1, 0]
  // CHECK: %[[N1:.*]] = descent.mul %[[N2]], %{{.*}}
  // CHECK: descent.slice %[[X]] offsets [0, 0]
  // CHECK: %[[N0:.*]] = descent.mul %[[N1]], %{{.*}}
  // CHECK: %[[R0:.*]] = descent.reshape %[[N0]]
  // CHECK: %[[R1:.*]] = descent.reshape %[[N1]]
  // CHECK: %[[R2:.*]] = descent.reshape %[[N2]]
  // CHECK: %[[S:.*]] = descent.concat %[[R0]], %[[R1]], %[[R2]] axis 0
  // CHECK: descent.output "f", %[[N0]]
  // CHECK: descent.output "s", %[[S]]
  %f, %s = descent.scan count 3 reversed carry(%h : tensor<2xf32>) over(%x : tensor<3x2xf32>) with() {
  ^bb0(%a: tensor<2xf32>, %b: tensor<2xf32>):
    %n = descent.mul %a, %b : tensor<2xf32>
    descent.return %n, %n : tensor<2xf32>, tensor<2xf32>
  } : tensor<2xf32> stack tensor<3x2xf32>
  descent.output "f", %f : tensor<2xf32>
  descent.output "s", %s : tensor<3x2xf32>
}

// CHECK-LABEL: descent.entry @one
descent.entry @one {
  %h = descent.read @h : tensor<2xf32>
  // CHECK-NOT: descent.scan
  // CHECK-NOT: descent.concat
  %f, %s = descent.scan count 1 carry(%h : tensor<2xf32>) over() with(%h : tensor<2xf32>) {
  ^bb0(%a: tensor<2xf32>, %b: tensor<2xf32>):
    %n = descent.mul %a, %b : tensor<2xf32>
    descent.return %n, %n : tensor<2xf32>, tensor<2xf32>
  } : tensor<2xf32> stack tensor<1x2xf32>
  // CHECK: descent.output "f"
  descent.output "f", %f : tensor<2xf32>
  descent.output "s", %s : tensor<1x2xf32>
}

// The inner one is short.
// CHECK-LABEL: descent.entry @long
descent.entry @long {
  %h = descent.read @h : tensor<2xf32>
  // CHECK: descent.scan count 4
  // CHECK-NOT: descent.scan
  %f = descent.scan count 4 carry(%h : tensor<2xf32>) over() with() {
  ^bb0(%a: tensor<2xf32>):
    %g = descent.scan count 2 carry(%a : tensor<2xf32>) over() with() {
    ^bb0(%b: tensor<2xf32>):
      %n = descent.sin %b : tensor<2xf32>
      descent.return %n : tensor<2xf32>
    } : tensor<2xf32>
    descent.return %g : tensor<2xf32>
  } : tensor<2xf32>
  descent.output "f", %f : tensor<2xf32>
}
