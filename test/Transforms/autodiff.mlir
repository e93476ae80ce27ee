// What descent-autodiff makes of a gradient; that it is right is checked against finite differences by descent-interpret here, and for every operation by
// descent-gradient-tests.
// RUN: split-file %s %t
// RUN: descent-opt %t/shape.mlir --descent-autodiff -o %t/shape.out.mlir
// RUN: FileCheck %t/shape.mlir < %t/shape.out.mlir
// RUN: descent-interpret --compare %t/shape.mlir %t/shape.out.mlir --entry square --tolerance 1e-9
// RUN: descent-interpret --compare %t/shape.mlir %t/shape.out.mlir --entry order --tolerance 1e-9
// RUN: descent-interpret --compare %t/shape.mlir %t/shape.out.mlir --entry reach --tolerance 1e-9
// RUN: descent-interpret --compare %t/shape.mlir %t/shape.out.mlir --entry twice --tolerance 1e-6
// RUN: descent-opt %t/kinks.mlir --descent-autodiff | descent-interpret - | FileCheck %t/kinks.mlir
// RUN: descent-opt %t/errors.mlir --descent-autodiff -verify-diagnostics -split-input-file

//--- shape.mlir
descent.input @x : tensor<4xf32>
descent.input @y : tensor<4xf32>

// The example of the pass's documentation.
// CHECK-LABEL: descent.entry @square
descent.entry @square {
  // CHECK: %[[X:.*]] = descent.read @x
  %x = descent.read @x : tensor<4xf32>
  // CHECK: %[[LOSS:.*]] = descent.reduce_sum
  %y = descent.mul %x, %x : tensor<4xf32>
  %loss = descent.reduce_sum %y [0] : tensor<4xf32> to tensor<f32>
  // CHECK-NEXT: %[[ONE:.*]] = descent.constant dense<1.000000e+00> : tensor<f32>
  // CHECK-NEXT: %[[C:.*]] = descent.broadcast %[[ONE]] [] : tensor<f32> to tensor<4xf32>
  // CHECK-NEXT: %[[A:.*]] = descent.mul %[[C]], %[[X]] : tensor<4xf32>
  // CHECK-NEXT: %[[B:.*]] = descent.mul %[[C]], %[[X]] : tensor<4xf32>
  // CHECK-NEXT: %[[G:.*]] = descent.add %{{.*}}, %{{.*}} : tensor<4xf32>
  // CHECK-NEXT: descent.output "g", %[[G]] : tensor<4xf32>
  %g = descent.gradient %loss wrt %x : tensor<f32> wrt tensor<4xf32> to tensor<4xf32>
  descent.output "g", %g : tensor<4xf32>
}

// Contributions to one value are summed by one addition, in the order of the uses.
// CHECK-LABEL: descent.entry @order
descent.entry @order {
  %x = descent.read @x : tensor<4xf32>
  %a = descent.exp %x : tensor<4xf32>
  %b = descent.sin %x : tensor<4xf32>
  %c = descent.tanh %x : tensor<4xf32>
  %s = descent.add %a, %b, %c : tensor<4xf32>
  %loss = descent.reduce_sum %s [0] : tensor<4xf32> to tensor<f32>
  // CHECK: %[[CT:.*]] = descent.broadcast %{{.*}} [] : tensor<f32> to tensor<4xf32>
  // The last use comes first in the walk backwards and last in the sum.
  // CHECK: %[[ONE_MINUS:.*]] = descent.sub
  // CHECK-NEXT: %[[C:.*]] = descent.mul %[[CT]], %[[ONE_MINUS]]
  // CHECK-NEXT: %[[COS:.*]] = descent.cos
  // CHECK-NEXT: %[[B:.*]] = descent.mul %[[CT]], %[[COS]]
  // CHECK-NEXT: %[[A:.*]] = descent.mul %[[CT]], %{{.*}}
  // CHECK-NEXT: descent.add %[[A]], %[[B]], %[[C]] : tensor<4xf32>
  %g = descent.gradient %loss wrt %x : tensor<f32> wrt tensor<4xf32> to tensor<4xf32>
  descent.output "g", %g : tensor<4xf32>
}

// What the loss does not depend on, and what does not depend on the values, costs nothing.
// CHECK-LABEL: descent.entry @reach
descent.entry @reach {
  %x = descent.read @x : tensor<4xf32>
  %y = descent.read @y : tensor<4xf32>
  %unused = descent.exp %x : tensor<4xf32>
  %constant = descent.tanh %y : tensor<4xf32>
  %p = descent.mul %constant, %x : tensor<4xf32>
  %loss = descent.reduce_sum %p [0] : tensor<4xf32> to tensor<f32>
  // CHECK: %[[T:.*]] = descent.tanh
  // CHECK: descent.reduce_sum
  // CHECK-NEXT: descent.constant dense<1.000000e+00> : tensor<f32>
  // CHECK-NEXT: %[[CT:.*]] = descent.broadcast
  // CHECK-NEXT: %[[G:.*]] = descent.mul %[[CT]], %[[T]] : tensor<4xf32>
  // CHECK-NEXT: %[[ZERO:.*]] = descent.constant dense<0.000000e+00> : tensor<4xf32>
  // CHECK-NEXT: descent.output "g", %[[G]]
  // CHECK-NEXT: descent.output "h", %[[ZERO]]
  %g, %h = descent.gradient %loss wrt %x, %unused : tensor<f32> wrt tensor<4xf32>, tensor<4xf32> to tensor<4xf32>, tensor<4xf32>
  descent.output "g", %g : tensor<4xf32>
  descent.output "h", %h : tensor<4xf32>
}

// The gradient of a gradient, and with respect to a value in between.
// CHECK-LABEL: descent.entry @twice
descent.entry @twice {
  %x = descent.read @x : tensor<4xf32>
  %y = descent.sigmoid %x : tensor<4xf32>
  %z = descent.mul %y, %x : tensor<4xf32>
  %loss = descent.reduce_sum %z [0] : tensor<4xf32> to tensor<f32>
  %g, %gy = descent.gradient %loss wrt %x, %y : tensor<f32> wrt tensor<4xf32>, tensor<4xf32> to tensor<4xf32>, tensor<4xf32>
  %q = descent.mul %g, %g : tensor<4xf32>
  %norm = descent.reduce_sum %q [0] : tensor<4xf32> to tensor<f32>
  %h = descent.gradient %norm wrt %x : tensor<f32> wrt tensor<4xf32> to tensor<4xf32>
  // CHECK-NOT: descent.gradient
  // CHECK: descent.output "h"
  descent.output "g", %g : tensor<4xf32>
  descent.output "gy", %gy : tensor<4xf32>
  descent.output "h", %h : tensor<4xf32>
}

//--- kinks.mlir
// Conventions where there is no derivative, as in PyTorch.
descent.entry @kinks {
  %x = descent.constant dense<[-2.0, 0.0, 0.0, 2.0]> : tensor<4xf32>
  %y = descent.constant dense<[-3.0, 0.0, 1.0, 2.0]> : tensor<4xf32>

  // CHECK: abs: tensor<4xf32> = [-1, 0, 0, 1]
  %abs = descent.abs %x : tensor<4xf32>
  %l0 = descent.reduce_sum %abs [0] : tensor<4xf32> to tensor<f32>
  %g0 = descent.gradient %l0 wrt %x : tensor<f32> wrt tensor<4xf32> to tensor<4xf32>
  descent.output "abs", %g0 : tensor<4xf32>

  // CHECK: leaky_relu: tensor<4xf32> = [0.25, 0.25, 0.25, 1]
  %leaky = descent.leaky_relu %x, 0.25 : tensor<4xf32>
  %l1 = descent.reduce_sum %leaky [0] : tensor<4xf32> to tensor<f32>
  %g1 = descent.gradient %l1 wrt %x : tensor<f32> wrt tensor<4xf32> to tensor<4xf32>
  descent.output "leaky_relu", %g1 : tensor<4xf32>

  // A tie is shared.
  // CHECK: maximum.x: tensor<4xf32> = [1, 0.5, 0, 0.5]
  // CHECK: maximum.y: tensor<4xf32> = [0, 0.5, 1, 0.5]
  %maximum = descent.maximum %x, %y : tensor<4xf32>
  %l2 = descent.reduce_sum %maximum [0] : tensor<4xf32> to tensor<f32>
  %g2:2 = descent.gradient %l2 wrt %x, %y : tensor<f32> wrt tensor<4xf32>, tensor<4xf32> to tensor<4xf32>, tensor<4xf32>
  descent.output "maximum.x", %g2#0 : tensor<4xf32>
  descent.output "maximum.y", %g2#1 : tensor<4xf32>

  // CHECK: minimum.x: tensor<4xf32> = [0, 0.5, 1, 0.5]
  %minimum = descent.minimum %x, %y : tensor<4xf32>
  %l3 = descent.reduce_sum %minimum [0] : tensor<4xf32> to tensor<f32>
  %g3 = descent.gradient %l3 wrt %x : tensor<f32> wrt tensor<4xf32> to tensor<4xf32>
  descent.output "minimum.x", %g3 : tensor<4xf32>

  // CHECK: pool: tensor<4xf32> = [1, 0, 0, 0]
  // CHECK: reduce_max: tensor<4xf32> = [0.25, 0.25, 0.25, 0.25]
  %same = descent.constant dense<1.0> : tensor<4xf32>
  %largest = descent.reduce_max %same [0] : tensor<4xf32> to tensor<f32>
  %g4 = descent.gradient %largest wrt %same : tensor<f32> wrt tensor<4xf32> to tensor<4xf32>
  descent.output "reduce_max", %g4 : tensor<4xf32>
  // The maximum with its index has one winner: the first.
  %value, %index = descent.max_with_index %same [0] : tensor<4xf32> to tensor<f32>, tensor<i32>
  %g5 = descent.gradient %value wrt %same : tensor<f32> wrt tensor<4xf32> to tensor<4xf32>
  descent.output "pool", %g5 : tensor<4xf32>
}

//--- errors.mlir
descent.input @x : tensor<4xf32>
descent.entry @no_derivative {
  %x = descent.read @x : tensor<4xf32>
  // expected-error @+1 {{is not differentiable, and the gradient has to go through it}}
  %k = descent.kernel [4] reduce [] by [] map() [] {
      descent.yield
    } finish(%x : tensor<4xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<4xf32>
  %loss = descent.reduce_sum %k [0] : tensor<4xf32> to tensor<f32>
  // expected-note @+1 {{the gradient is asked for here}}
  %g = descent.gradient %loss wrt %x : tensor<f32> wrt tensor<4xf32> to tensor<4xf32>
  descent.output "g", %g : tensor<4xf32>
}
