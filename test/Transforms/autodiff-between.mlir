// A gradient to a computed value means that value, not one that is equal to it: with `between`, descent-autodiff comes before simplification for such entries, and
// leaves others alone.
// RUN: descent-opt %s --pass-pipeline="builtin.module(descent.entry(descent-autodiff{between=true}))" | FileCheck %s
// RUN: descent-opt %s --pass-pipeline="builtin.module(descent.entry(descent-autodiff{between=true},canonicalize,cse,descent-autodiff))" -o %t.mlir
// RUN: descent-interpret --compare %s %t.mlir --entry equal --tolerance 1e-9
// RUN: descent-interpret --compare %s %t.mlir --entry folded --tolerance 1e-9
// RUN: descent-interpret --compare %s %t.mlir --entry read --tolerance 1e-9

descent.input @x : tensor<4xf32>

// Two equal values, of which one is differentiated to.
// CHECK-LABEL: descent.entry @equal
descent.entry @equal {
  // CHECK-NOT: descent.gradient
  %x = descent.read @x : tensor<4xf32>
  %a = descent.exp %x : tensor<4xf32>
  %b = descent.exp %x : tensor<4xf32>
  %p = descent.mul %a, %b : tensor<4xf32>
  %l = descent.reduce_sum %p [0] : tensor<4xf32> to tensor<f32>
  %g = descent.gradient %l wrt %a : tensor<f32> wrt tensor<4xf32> to tensor<4xf32>
  descent.output "g", %g : tensor<4xf32>
}

// A value that folds to another.
// CHECK-LABEL: descent.entry @folded
descent.entry @folded {
  // CHECK-NOT: descent.gradient
  %x = descent.read @x : tensor<4xf32>
  %a = descent.reshape %x : tensor<4xf32> to tensor<4xf32>
  %p = descent.mul %a, %x : tensor<4xf32>
  %l = descent.reduce_sum %p [0] : tensor<4xf32> to tensor<f32>
  %g = descent.gradient %l wrt %a : tensor<f32> wrt tensor<4xf32> to tensor<4xf32>
  descent.output "g", %g : tensor<4xf32>
}

// CHECK-LABEL: descent.entry @read
descent.entry @read {
  // CHECK: descent.gradient
  %x = descent.read @x : tensor<4xf32>
  %p = descent.mul %x, %x : tensor<4xf32>
  %l = descent.reduce_sum %p [0] : tensor<4xf32> to tensor<f32>
  %g = descent.gradient %l wrt %x : tensor<f32> wrt tensor<4xf32> to tensor<4xf32>
  descent.output "g", %g : tensor<4xf32>
}
