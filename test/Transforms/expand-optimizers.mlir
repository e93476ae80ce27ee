// Optimizers become states and arithmetic on arenas, and compute what their formulas say (the interpreter evaluates descent.optimize by them).
// RUN: descent-opt %s --descent-expand-optimizers -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: descent-interpret --compare %s %t.mlir --entry sgd --steps 4 --first-step 3
// RUN: descent-interpret --compare %s %t.mlir --entry plain --steps 3
// RUN: descent-interpret --compare %s %t.mlir --entry adam --steps 5 --first-step 2 --lr-scale 0.5
// RUN: descent-interpret --compare %s %t.mlir --entry mixed --steps 3
// RUN: descent-interpret --compare %s %t.mlir --entry mixed --steps 3 --set d=nan

// A loss or a gradient that is not finite changes no state from then on, and its step is latched.
// RUN: descent-interpret %t.mlir --entry adam --set x=nan --first-step 7 --steps 2 --print w --print optim.1.exp_avg.w --print status.diverged | FileCheck %s --check-prefix=LATCHED
// LATCHED: w: tensor<2x3xf32> = {{\[\[}}0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]
// LATCHED-NEXT: optim.1.exp_avg.w: tensor<2x3xf32> = {{\[\[}}0, 0, 0], [0, 0, 0]]
// LATCHED-NEXT: status.diverged: tensor<i32> = 7
// An optimizer keeps what one before it in the entry has latched, and does nothing either.
// RUN: descent-interpret %t.mlir --entry two --set x=nan --first-step 4 --print status.diverged --print b | FileCheck %s --check-prefix=TWO
// TWO: status.diverged: tensor<i32> = 4
// TWO-NEXT: b: tensor<3xf32> = [0.25, 0.25, 0.25]
// RUN: descent-interpret --compare %s %t.mlir --entry two --set x=nan --steps 2
// RUN: descent-interpret --compare %s %t.mlir --entry two --steps 3
// Nor does it do anything if only one behind it diverges.
// RUN: descent-interpret %t.mlir --entry late --set y=nan --first-step 5 --steps 2 --print w --print optim.6.momentum_buffer.w --print b --print status.diverged | FileCheck %s --check-prefix=LATE
// LATE: w: tensor<2x3xf32> = {{\[\[}}0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]
// LATE-NEXT: optim.6.momentum_buffer.w: tensor<2x3xf32> = {{\[\[}}0, 0, 0], [0, 0, 0]]
// LATE-NEXT: b: tensor<3xf32> = [0.25, 0.25, 0.25]
// LATE-NEXT: status.diverged: tensor<i32> = 5
// RUN: descent-interpret --compare %s %t.mlir --entry late --set y=nan --steps 2
// RUN: descent-interpret --compare %s %t.mlir --entry late --steps 3
// RUN: descent-interpret %t.mlir --entry adam --set status.diverged=3 --first-step 7 --print w --print status.diverged | FileCheck %s --check-prefix=LATER
// LATER: w: tensor<2x3xf32> = {{\[\[}}0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]
// LATER-NEXT: status.diverged: tensor<i32> = 3

// Where all parameters together are too large for one arena, several step alike, under one guard.
// RUN: descent-opt %s --descent-expand-optimizers=max-arena=256 -o %t.split.mlir
// RUN: FileCheck %s --check-prefix=SPLIT < %t.split.mlir
// RUN: descent-interpret --compare %s %t.split.mlir --entry sgd --steps 4 --first-step 3
// RUN: descent-interpret --compare %s %t.split.mlir --entry adam --steps 5 --first-step 2 --lr-scale 0.5
// RUN: descent-interpret --compare %s %t.split.mlir --entry sgd --set x=nan --steps 3
// SPLIT-LABEL: descent.entry @sgd
// SPLIT-DAG: descent.pack %{{[^,]*}} : (tensor<2x3xf32>) -> tensor<64xf32>
// SPLIT-DAG: descent.pack %{{[^,]*}} : (tensor<3xf32>) -> tensor<64xf32>
// SPLIT-NOT: descent.pack %{{.*}}, %
// SPLIT: descent.write @w
// SPLIT: descent.write @b
// SPLIT-LABEL: descent.entry @plain
// Half more than that is one arena still.
// RUN: descent-opt %s --descent-expand-optimizers=max-arena=344 | diff %t.mlir -

descent.input @x : tensor<2x3xf32>
descent.state @w : tensor<2x3xf32> parameter <constant, 0.5 : f32, 0.0 : f32>
descent.state @b : tensor<3xf32> parameter <constant, 0.25 : f32, 0.0 : f32>
descent.state @only : tensor<3xf32> parameter <uniform, -1.0 : f32, 1.0 : f32>

// The states of each rule come before the entry, with their parameters' types, zero at first.
// CHECK-DAG: descent.state @status.diverged : tensor<i32> status <constant, 0.0
// CHECK-DAG: descent.state @optim.0.momentum_buffer.w : tensor<2x3xf32> optimizer <constant, 0.0
// CHECK-DAG: descent.state @optim.0.momentum_buffer.b : tensor<3xf32> optimizer <constant, 0.0

// Nesterov's momentum, with dampening, which the first step does not have, and weight decay.
// CHECK-LABEL: descent.entry @sgd
descent.entry @sgd {
  %x = descent.read @x : tensor<2x3xf32>
  %gb = descent.reduce_sum %x [0] : tensor<2x3xf32> to tensor<3xf32>
  %loss = descent.reduce_sum %gb [0] : tensor<3xf32> to tensor<f32>
  // One arena each for parameters, gradients and momentum.
  // CHECK-DAG: descent.pack %{{.*}}, %{{.*}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<128xf32>
  // CHECK-DAG: descent.pack %{{.*}}, %{{.*}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<128xf32>
  // CHECK-DAG: descent.pack %{{.*}}, %{{.*}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<128xf32>
  // CHECK-NOT: descent.optimize
  // CHECK: descent.write @w, %{{.*}} : tensor<2x3xf32>
  // CHECK-NEXT: descent.write @b, %{{.*}} : tensor<3xf32>
  descent.optimize 0 #descent.sgd<lr = 0.125 : f32, momentum = 0.5 : f32, dampening = 0.25 : f32, weight_decay = 0.0625 : f32, nesterov = true> [@w, @b] watch %loss by %x, %gb : tensor<f32> by tensor<2x3xf32>, tensor<3xf32>
}

// Without momentum there is no state but the latch.
// CHECK-LABEL: descent.entry @plain
descent.entry @plain {
  %x = descent.read @x : tensor<2x3xf32>
  %g = descent.reduce_sum %x [0] : tensor<2x3xf32> to tensor<3xf32>
  %loss = descent.reduce_sum %g [0] : tensor<3xf32> to tensor<f32>
  // CHECK-NOT: @optim
  // CHECK: descent.write @only, %{{.*}} : tensor<3xf32>
  descent.optimize 2 #descent.sgd<lr = 0.125 : f32, momentum = 0.0 : f32, dampening = 0.0 : f32, weight_decay = 0.0 : f32, nesterov = false> [@only] watch %loss by %g : tensor<f32> by tensor<3xf32>
}

// CHECK: descent.state @optim.1.exp_avg.w : tensor<2x3xf32> optimizer <constant, 0.0
// CHECK: descent.state @optim.1.exp_avg_sq.b : tensor<3xf32> optimizer <constant, 0.0
// CHECK-LABEL: descent.entry @adam
descent.entry @adam {
  %x = descent.read @x : tensor<2x3xf32>
  %gb = descent.reduce_sum %x [0] : tensor<2x3xf32> to tensor<3xf32>
  %loss = descent.reduce_sum %gb [0] : tensor<3xf32> to tensor<f32>
  // CHECK: descent.is_finite %{{.*}} : tensor<128xf32>
  // CHECK: descent.is_finite %{{.*}} : tensor<f32>
  // CHECK: descent.control lr_scale
  descent.optimize 1 #descent.adam<lr = 0.0625 : f32, beta1 = 0.875 : f32, beta2 = 0.96875 : f32, eps = 9.765625e-04 : f32, weight_decay = 0.015625 : f32> [@w, @b] watch %loss by %x, %gb : tensor<f32> by tensor<2x3xf32>, tensor<3xf32>
}

// Two optimizers in one entry: one write of the latch.
// CHECK-LABEL: descent.entry @two
descent.entry @two {
  %x = descent.read @x : tensor<2x3xf32>
  %one = descent.constant dense<1.0> : tensor<3xf32>
  %fine = descent.constant dense<1.0> : tensor<f32>
  %loss = descent.reduce_sum %x [0, 1] : tensor<2x3xf32> to tensor<f32>
  // CHECK-COUNT-1: descent.write @status.diverged
  // CHECK-NOT: descent.write @status.diverged
  descent.optimize 3 #descent.sgd<lr = 0.125 : f32, momentum = 0.0 : f32, dampening = 0.0 : f32, weight_decay = 0.0 : f32, nesterov = false> [@w] watch %loss by %x : tensor<f32> by tensor<2x3xf32>
  descent.optimize 4 #descent.sgd<lr = 0.125 : f32, momentum = 0.0 : f32, dampening = 0.0 : f32, weight_decay = 0.0 : f32, nesterov = false> [@b] watch %fine by %one : tensor<f32> by tensor<3xf32>
}

// The first stands before the second's gradient is known.
descent.input @y : tensor<3xf32>
// CHECK-LABEL: descent.entry @late
descent.entry @late {
  %x = descent.read @x : tensor<2x3xf32>
  %loss = descent.reduce_sum %x [0, 1] : tensor<2x3xf32> to tensor<f32>
  // CHECK-NOT: descent.write
  // CHECK: descent.read @y
  // CHECK: descent.write @status.diverged
  // CHECK: descent.write @w
  // CHECK: descent.write @b
  descent.optimize 6 #descent.sgd<lr = 0.125 : f32, momentum = 0.5 : f32, dampening = 0.25 : f32, weight_decay = 0.0 : f32, nesterov = false> [@w] watch %loss by %x : tensor<f32> by tensor<2x3xf32>
  %y = descent.read @y : tensor<3xf32>
  %g = descent.add %y, %y : tensor<3xf32>
  descent.optimize 7 #descent.sgd<lr = 0.125 : f32, momentum = 0.0 : f32, dampening = 0.0 : f32, weight_decay = 0.0 : f32, nesterov = false> [@b] watch %loss by %g : tensor<f32> by tensor<3xf32>
}

// Parameters of two element types: an arena of each, and one correction, in the wider type.
descent.input @d : tensor<5xf64>
descent.state @v : tensor<5xf64> parameter <constant, 0.5 : f32, 0.0 : f32>
// CHECK: descent.state @optim.5.bias_correction1 : tensor<f64>
// CHECK-LABEL: descent.entry @mixed
descent.entry @mixed {
  %x = descent.read @x : tensor<2x3xf32>
  %d = descent.read @d : tensor<5xf64>
  %loss = descent.reduce_sum %x [0, 1] : tensor<2x3xf32> to tensor<f32>
  // CHECK-DAG: descent.pack %{{[^,]*}} : (tensor<2x3xf32>) -> tensor<64xf32>
  // CHECK-DAG: descent.pack %{{[^,]*}} : (tensor<5xf64>) -> tensor<32xf64>
  // CHECK-COUNT-1: descent.write @optim.5.bias_correction1
  // CHECK-NOT: descent.write @optim.5.bias_correction1
  descent.optimize 5 #descent.adam<lr = 0.0625 : f32, beta1 = 0.875 : f32, beta2 = 0.96875 : f32, eps = 9.765625e-04 : f32, weight_decay = 0.015625 : f32> [@w, @v] watch %loss by %x, %d : tensor<f32> by tensor<2x3xf32>, tensor<5xf64>
}
