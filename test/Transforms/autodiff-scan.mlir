// The derivative of a scan is a scan in the other direction. That it is right is checked against finite differences here, and for many scans by
// descent-gradient-tests.
// RUN: split-file %s %t
// RUN: descent-opt %t/scan.mlir --descent-autodiff -o %t/scan.out.mlir
// RUN: FileCheck %t/scan.mlir < %t/scan.out.mlir
// RUN: descent-interpret --compare %t/scan.mlir %t/scan.out.mlir --entry cell --tolerance 1e-9
// RUN: descent-interpret --compare %t/scan.mlir %t/scan.out.mlir --entry stored --tolerance 1e-9
// RUN: descent-interpret --compare %t/scan.mlir %t/scan.out.mlir --entry factored --tolerance 1e-9
// RUN: descent-interpret --compare %t/scan.mlir %t/scan.out.mlir --entry added --tolerance 1e-9
// RUN: descent-interpret --compare %t/scan.mlir %t/scan.out.mlir --entry nothing --tolerance 1e-9
// RUN: descent-interpret --compare %t/scan.mlir %t/scan.out.mlir --entry descend --tolerance 1e-7
// RUN: descent-opt %t/scan.out.mlir --descent-unroll-scans -o %t/unrolled.mlir
// RUN: descent-interpret --compare %t/scan.out.mlir %t/unrolled.mlir --entry descend --tolerance 1e-12
// RUN: descent-opt %t/errors.mlir --descent-autodiff -verify-diagnostics

//--- scan.mlir
descent.input @h : tensor<2x3xf32>
descent.input @x : tensor<5x2x3xf32>
descent.input @u : tensor<3x3xf32>
descent.input @b : tensor<3xf32>

// A cell that adds its input. The scan forward stacks one value more, the states that the steps begin with; that of the activations is there already. Gradients of
// weights are one product over all steps, those of biases one sum.
// CHECK-LABEL: descent.entry @cell
descent.entry @cell {
  // CHECK: %[[H:.*]] = descent.read @h
  // CHECK: %[[X:.*]] = descent.read @x
  // CHECK: %[[U:.*]] = descent.read @u
  // CHECK: %[[B:.*]] = descent.read @b
  %h = descent.read @h : tensor<2x3xf32>
  %x = descent.read @x : tensor<5x2x3xf32>
  %u = descent.read @u : tensor<3x3xf32>
  %b = descent.read @b : tensor<3xf32>
  // CHECK: %[[F:.*]], %[[S:.*]]:2 = descent.scan count 5 carry(%[[H]] : tensor<2x3xf32>) over(%[[X]] : tensor<5x2x3xf32>) with(%[[U]], %[[B]] : tensor<3x3xf32>, tensor<3xf32>) {
  // CHECK-NEXT: ^bb0(%[[HT:[a-z0-9]+]]: tensor<2x3xf32>,
  // CHECK: %[[N:.*]] = descent.tanh
  // CHECK-NEXT: descent.return %[[N]], %[[N]], %[[HT]]
  // CHECK-NEXT: } : tensor<2x3xf32> stack tensor<5x2x3xf32>, tensor<5x2x3xf32>
  // CHECK-DAG: %[[DF:.*]] = descent.broadcast %{{.*}} [] : tensor<f32> to tensor<2x3xf32>
  // CHECK-DAG: %[[DS:.*]] = descent.broadcast %{{.*}} [] : tensor<f32> to tensor<5x2x3xf32>
  // CHECK: %[[DH:.*]], %[[SUMS:.*]] = descent.scan count 5 reversed carry(%[[DF]] : tensor<2x3xf32>) over(%[[DS]], %[[S]]#0 : tensor<5x2x3xf32>, tensor<5x2x3xf32>) with(%[[U]] : tensor<3x3xf32>) {
  // CHECK-NEXT: ^bb0(%[[C:[a-z0-9]+]]: tensor<2x3xf32>, %[[D:[a-z0-9]+]]: tensor<2x3xf32>, %[[A:[a-z0-9]+]]: tensor<2x3xf32>, %[[W:[a-z0-9]+]]: tensor<3x3xf32>):
  // CHECK-NEXT: %[[T:.*]] = descent.add %[[D]], %[[C]]
  // CHECK-NEXT: %[[Q:.*]] = descent.mul %[[A]], %[[A]]
  // CHECK: %[[G:.*]] = descent.mul %[[T]], %{{.*}}
  // CHECK-NEXT: %[[NEXT:.*]] = descent.contract %[[G]] [0, 1], %[[W]]
  // CHECK-NEXT: descent.return %[[NEXT]], %[[G]]
  // CHECK-NEXT: } : tensor<2x3xf32> stack tensor<5x2x3xf32>
  // CHECK: %[[DU:.*]] = descent.contract %[[SUMS]] [3, 0, 1], %[[S]]#1 [3, 0, 2] to [1, 2]
  // CHECK: %[[DB:.*]] = descent.reduce_sum %[[SUMS]] [0, 1]
  %f, %s = descent.scan count 5 carry(%h : tensor<2x3xf32>) over(%x : tensor<5x2x3xf32>) with(%u, %b : tensor<3x3xf32>, tensor<3xf32>) {
  ^bb0(%h_t: tensor<2x3xf32>, %x_t: tensor<2x3xf32>, %w: tensor<3x3xf32>, %c: tensor<3xf32>):
    %p = descent.contract %h_t [0, 2], %w [1, 2] to [0, 1] : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
    %cb = descent.broadcast %c [1] : tensor<3xf32> to tensor<2x3xf32>
    %sum = descent.add %x_t, %p, %cb : tensor<2x3xf32>
    %n = descent.tanh %sum : tensor<2x3xf32>
    descent.return %n, %n : tensor<2x3xf32>, tensor<2x3xf32>
  } : tensor<2x3xf32> stack tensor<5x2x3xf32>
  %l0 = descent.reduce_sum %f [0, 1] : tensor<2x3xf32> to tensor<f32>
  %l1 = descent.reduce_sum %s [0, 1, 2] : tensor<5x2x3xf32> to tensor<f32>
  %l = descent.add %l0, %l1 : tensor<f32>
  // CHECK: descent.output "h", %[[DH]]
  // CHECK: descent.output "x", %[[SUMS]]
  // CHECK: descent.output "u", %[[DU]]
  // CHECK: descent.output "b", %[[DB]]
  %g:4 = descent.gradient %l wrt %h, %x, %u, %b : tensor<f32> wrt tensor<2x3xf32>, tensor<5x2x3xf32>, tensor<3x3xf32>, tensor<3xf32>
    to tensor<2x3xf32>, tensor<5x2x3xf32>, tensor<3x3xf32>, tensor<3xf32>
  descent.output "h", %g#0 : tensor<2x3xf32>
  descent.output "x", %g#1 : tensor<5x2x3xf32>
  descent.output "u", %g#2 : tensor<3x3xf32>
  descent.output "b", %g#3 : tensor<3xf32>
}

// What cotangents are multiplied by is taken together, and computed by the scan forward, from the product that it has in registers: to load one value costs less than
// to compute it again.
// CHECK-LABEL: descent.entry @stored
descent.entry @stored {
  %h = descent.read @h : tensor<2x3xf32>
  %u = descent.read @u : tensor<3x3xf32>
  // CHECK: %[[F:.*]], %[[S:.*]]:2 = descent.scan count 4
  // CHECK-NEXT: ^bb0(%[[HT:[a-z0-9]+]]: tensor<2x3xf32>, %{{[a-z0-9]+}}: tensor<3x3xf32>):
  // CHECK-NEXT: %[[P:.*]] = descent.contract
  // CHECK-NEXT: descent.sigmoid %[[P]]
  // CHECK-NEXT: %[[N:.*]] = descent.sin
  // CHECK-NEXT: %[[D:.*]] = descent.cos
  // CHECK: %[[C:.*]] = descent.mul %[[D]]
  // CHECK-NEXT: descent.return %[[N]], %[[HT]], %[[C]]
  // CHECK: descent.scan count 4 reversed
  // CHECK-NEXT: ^bb0(%[[CT:[a-z0-9]+]]: tensor<2x3xf32>, %[[K:[a-z0-9]+]]: tensor<2x3xf32>, %{{[a-z0-9]+}}: tensor<3x3xf32>):
  // CHECK-NEXT: %[[DP:.*]] = descent.mul %[[CT]], %[[K]]
  // CHECK-NEXT: %[[DH:.*]] = descent.contract %[[DP]]
  // CHECK-NEXT: descent.return %[[DH]], %[[DP]]
  %f = descent.scan count 4 carry(%h : tensor<2x3xf32>) over() with(%u : tensor<3x3xf32>) {
  ^bb0(%h_t: tensor<2x3xf32>, %w: tensor<3x3xf32>):
    %p = descent.contract %h_t [0, 2], %w [1, 2] to [0, 1] : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
    %a = descent.sigmoid %p : tensor<2x3xf32>
    %n = descent.sin %a : tensor<2x3xf32>
    descent.return %n : tensor<2x3xf32>
  } : tensor<2x3xf32>
  %l = descent.reduce_sum %f [0, 1] : tensor<2x3xf32> to tensor<f32>
  %g = descent.gradient %l wrt %u : tensor<f32> wrt tensor<3x3xf32> to tensor<3x3xf32>
  descent.output "u", %g : tensor<3x3xf32>
}

// A cotangent that comes back in two ways, once negated, is multiplied once by the sum of both.
// CHECK-LABEL: descent.entry @factored
descent.entry @factored {
  %h = descent.read @h : tensor<2x3xf32>
  %x = descent.read @x : tensor<5x2x3xf32>
  // CHECK: descent.scan count 5 reversed
  // CHECK-NEXT: ^bb0(%[[CT:[a-z0-9]+]]: tensor<2x3xf32>, %[[K:[a-z0-9]+]]: tensor<2x3xf32>):
  // CHECK-NEXT: %[[DP:.*]] = descent.mul %[[CT]], %[[K]]
  // CHECK-NEXT: descent.return %[[DP]]
  %f = descent.scan count 5 carry(%h : tensor<2x3xf32>) over(%x : tensor<5x2x3xf32>) with() {
  ^bb0(%h_t: tensor<2x3xf32>, %x_t: tensor<2x3xf32>):
    %a = descent.mul %h_t, %x_t : tensor<2x3xf32>
    %s = descent.sigmoid %a : tensor<2x3xf32>
    %t = descent.tanh %h_t : tensor<2x3xf32>
    %n = descent.sub %s, %t : tensor<2x3xf32>
    descent.return %n : tensor<2x3xf32>
  } : tensor<2x3xf32>
  %l = descent.reduce_sum %f [0, 1] : tensor<2x3xf32> to tensor<f32>
  %g = descent.gradient %l wrt %h : tensor<f32> wrt tensor<2x3xf32> to tensor<2x3xf32>
  descent.output "h", %g : tensor<2x3xf32>
}

// A capture that is used element by element: its cotangent is added up in a carried value.
// CHECK-LABEL: descent.entry @added
descent.entry @added {
  %h = descent.read @h : tensor<2x3xf32>
  // CHECK: descent.scan count 4 reversed carry(%{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<2x3xf32>)
  // CHECK-NEXT: ^bb0(%{{[a-z0-9]+}}: tensor<2x3xf32>, %[[SUM:[a-z0-9]+]]: tensor<2x3xf32>,
  // CHECK: %[[NEXT:.*]] = descent.add %[[SUM]], %{{.*}}
  // CHECK-NEXT: descent.return %{{.*}}, %[[NEXT]]
  %f = descent.scan count 4 carry(%h : tensor<2x3xf32>) over() with(%h : tensor<2x3xf32>) {
  ^bb0(%h_t: tensor<2x3xf32>, %w: tensor<2x3xf32>):
    %p = descent.mul %h_t, %w : tensor<2x3xf32>
    %n = descent.sin %p : tensor<2x3xf32>
    descent.return %n : tensor<2x3xf32>
  } : tensor<2x3xf32>
  %l = descent.reduce_sum %f [0, 1] : tensor<2x3xf32> to tensor<f32>
  %g = descent.gradient %l wrt %h : tensor<f32> wrt tensor<2x3xf32> to tensor<2x3xf32>
  descent.output "h", %g : tensor<2x3xf32>
}

// No gradient goes through: nothing is computed backward.
// CHECK-LABEL: descent.entry @nothing
descent.entry @nothing {
  %h = descent.read @h : tensor<2x3xf32>
  // CHECK: descent.scan
  // CHECK-NOT: descent.scan
  %f = descent.scan count 4 carry(%h : tensor<2x3xf32>) over() with() {
  ^bb0(%h_t: tensor<2x3xf32>):
    %p = descent.stop_gradient %h_t : tensor<2x3xf32>
    %n = descent.sin %p : tensor<2x3xf32>
    descent.return %n : tensor<2x3xf32>
  } : tensor<2x3xf32>
  %l = descent.reduce_sum %f [0, 1] : tensor<2x3xf32> to tensor<f32>
  // CHECK: %[[ZERO:.*]] = descent.constant dense<0.0{{.*}}> : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "h", %[[ZERO]]
  %g = descent.gradient %l wrt %h : tensor<f32> wrt tensor<2x3xf32> to tensor<2x3xf32>
  descent.output "h", %g : tensor<2x3xf32>
}

// Gradients in a body come first: steps of gradient descent, and the gradient through them.
// CHECK-LABEL: descent.entry @descend
descent.entry @descend {
  %h = descent.read @h : tensor<2x3xf32>
  // CHECK-NOT: descent.gradient
  %f = descent.scan count 3 carry(%h : tensor<2x3xf32>) over() with(%h : tensor<2x3xf32>) {
  ^bb0(%h_t: tensor<2x3xf32>, %w: tensor<2x3xf32>):
    %d = descent.mul %h_t, %w : tensor<2x3xf32>
    %s = descent.sin %d : tensor<2x3xf32>
    %l = descent.reduce_sum %s [0, 1] : tensor<2x3xf32> to tensor<f32>
    %g = descent.gradient %l wrt %h_t : tensor<f32> wrt tensor<2x3xf32> to tensor<2x3xf32>
    %n = descent.sub %h_t, %g : tensor<2x3xf32>
    descent.return %n : tensor<2x3xf32>
  } : tensor<2x3xf32>
  %l = descent.reduce_sum %f [0, 1] : tensor<2x3xf32> to tensor<f32>
  %g = descent.gradient %l wrt %h : tensor<f32> wrt tensor<2x3xf32> to tensor<2x3xf32>
  descent.output "h", %g : tensor<2x3xf32>
}

// What is stored as bf16 is summed in f32, over uses and over steps: in one carried value.
// CHECK-LABEL: descent.entry @narrow
descent.entry @narrow {
  %h = descent.read @h : tensor<2x3xf32>
  // CHECK: descent.scan count 4 reversed carry(%{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<2x3xf32>) over(
  // CHECK-NEXT: ^bb0(%[[CT:[a-z0-9]+]]: tensor<2x3xf32>, %[[SUM:[a-z0-9]+]]: tensor<2x3xf32>,
  // CHECK: %[[P:.*]] = descent.mul %[[CT]]
  // CHECK: %[[T:.*]] = descent.add %{{.*}}, %[[CT]] : tensor<2x3xf32>
  // CHECK: descent.add %[[SUM]], %{{.*}} : tensor<2x3xf32>
  %n = descent.cast %h : tensor<2x3xf32> to tensor<2x3xbf16>
  %f = descent.scan count 4 carry(%h : tensor<2x3xf32>) over() with(%n : tensor<2x3xbf16>) {
  ^bb0(%h_t: tensor<2x3xf32>, %w: tensor<2x3xbf16>):
    %a = descent.cast %w : tensor<2x3xbf16> to tensor<2x3xf32>
    %b = descent.cast %w : tensor<2x3xbf16> to tensor<2x3xf32>
    %p = descent.mul %h_t, %a : tensor<2x3xf32>
    %q = descent.add %p, %b : tensor<2x3xf32>
    descent.return %q : tensor<2x3xf32>
  } : tensor<2x3xf32>
  %l = descent.reduce_sum %f [0, 1] : tensor<2x3xf32> to tensor<f32>
  %g = descent.gradient %l wrt %h : tensor<f32> wrt tensor<2x3xf32> to tensor<2x3xf32>
  descent.output "h", %g : tensor<2x3xf32>
}

//--- errors.mlir
descent.input @x : tensor<4xf32>
descent.entry @no_derivative {
  %x = descent.read @x : tensor<4xf32>
  // expected-note @+1 {{the gradient is asked for here}}
  %f = descent.scan count 2 carry(%x : tensor<4xf32>) over() with() {
  ^bb0(%h: tensor<4xf32>):
    // expected-error @+1 {{is not differentiable, and the gradient has to go through it}}
    %k = descent.kernel [4] reduce [] by [] map() [] {
        descent.yield
      } finish(%h : tensor<4xf32>) [#descent.access<(d0) -> (d0)>] {
      ^bb0(%a: f32):
        descent.yield %a : f32
      } : tensor<4xf32>
    descent.return %k : tensor<4xf32>
  } : tensor<4xf32>
  %loss = descent.reduce_sum %f [0] : tensor<4xf32> to tensor<f32>
  %g = descent.gradient %loss wrt %x : tensor<f32> wrt tensor<4xf32> to tensor<4xf32>
  descent.output "g", %g : tensor<4xf32>
}
