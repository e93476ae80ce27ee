// What would have more than 128 MiB for all steps stays in the loop, and is computed again by the derivative.
// RUN: descent-opt %s --canonicalize --cse | FileCheck %s
// RUN: descent-opt %s --canonicalize --descent-autodiff --canonicalize --cse | FileCheck %s --check-prefix=GRADIENT

descent.input @x : tensor<64x1024x64xf32>
descent.input @w : tensor<64x1024xf32>
descent.input @v : tensor<1024xf32>
descent.input @h : tensor<1024xf32>

// 4 MiB a step.
// CHECK-LABEL: descent.entry @hoisted
descent.entry @hoisted {
  %x = descent.read @x : tensor<64x1024x64xf32>
  %w = descent.read @w : tensor<64x1024xf32>
  %v = descent.read @v : tensor<1024xf32>
  %h = descent.read @h : tensor<1024xf32>
  // CHECK-NOT: descent.contract
  // CHECK: descent.scan count 64
  // CHECK: %[[Z:.*]] = descent.contract {{.*}} -> tensor<1024x1024xf32>
  // CHECK: %[[T:.*]] = descent.tanh %[[Z]]
  // CHECK: descent.contract %[[T]] {{.*}} -> tensor<1024xf32>
  // CHECK: descent.return
  // Nothing is stacked: the scan backward computes it again, and adds up the gradient.
  // GRADIENT-LABEL: descent.entry @hoisted
  // GRADIENT-NOT: tensor<64x1024x1024xf32>
  // GRADIENT: descent.scan count 64 reversed carry({{.*}}tensor<64x1024xf32>
  // GRADIENT: descent.tanh
  // GRADIENT: descent.return
  // GRADIENT-NOT: tensor<64x1024x1024xf32>
  // GRADIENT-LABEL: descent.entry @sunk
  %f = descent.scan count 64 carry(%h : tensor<1024xf32>) over(%x : tensor<64x1024x64xf32>) with(%w, %v : tensor<64x1024xf32>, tensor<1024xf32>) {
  ^bb0(%a: tensor<1024xf32>, %x_t: tensor<1024x64xf32>, %w_t: tensor<64x1024xf32>, %v_t: tensor<1024xf32>):
    %z = descent.contract %x_t [0, 2], %w_t [2, 1] to [0, 1] : (tensor<1024x64xf32>, tensor<64x1024xf32>) -> tensor<1024x1024xf32>
    %t = descent.tanh %z : tensor<1024x1024xf32>
    %y = descent.contract %t [0, 1], %v_t [1] to [0] : (tensor<1024x1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
    %n = descent.add %a, %y : tensor<1024xf32>
    descent.return %n : tensor<1024xf32>
  } : tensor<1024xf32>
  %loss = descent.reduce_sum %f [0] : tensor<1024xf32> to tensor<f32>
  %g = descent.gradient %loss wrt %w : tensor<f32> wrt tensor<64x1024xf32> to tensor<64x1024xf32>
  descent.output "g", %g : tensor<64x1024xf32>
}

// Behind the loop the square of every state would be needed at once.
// CHECK-LABEL: descent.entry @sunk
descent.entry @sunk {
  %h = descent.read @h : tensor<1024xf32>
  // CHECK: descent.scan count 64
  // CHECK: descent.contract {{.*}} -> tensor<1024x1024xf32>
  // CHECK: descent.reduce_max
  // CHECK: descent.return
  // CHECK: } : {{.*}}stack tensor<64x1024xf32>
  // CHECK-NOT: descent.reduce_max
  %f, %m = descent.scan count 64 carry(%h : tensor<1024xf32>) over() with() {
  ^bb0(%a: tensor<1024xf32>):
    %n = descent.sin %a : tensor<1024xf32>
    %z = descent.contract %a [0], %n [1] to [0, 1] : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024x1024xf32>
    %r = descent.reduce_max %z [0] : tensor<1024x1024xf32> to tensor<1024xf32>
    descent.return %n, %r : tensor<1024xf32>, tensor<1024xf32>
  } : tensor<1024xf32> stack tensor<64x1024xf32>
  descent.output "m", %m : tensor<64x1024xf32>
}
