// What leaves a scan: results, carried values and operands that nobody needs, and products and reductions that no step has to wait for.
// RUN: descent-opt %s --canonicalize --cse -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: descent-interpret --compare %s %t.mlir --entry unused --tolerance 1e-12
// RUN: descent-interpret --compare %s %t.mlir --entry shared --tolerance 1e-12
// RUN: descent-interpret --compare %s %t.mlir --entry gradients --tolerance 1e-6
// RUN: descent-interpret --compare %s %t.mlir --entry before --tolerance 1e-12
// RUN: descent-interpret --compare %s %t.mlir --entry behind --tolerance 1e-12
// RUN: descent-interpret --compare %s %t.mlir --entry map --tolerance 1e-12
// RUN: descent-interpret --compare %s %t.mlir --entry views --tolerance 1e-12
// RUN: descent-interpret --compare %s %t.mlir --entry lookup --tolerance 1e-12
// RUN: descent-interpret --compare %s %t.mlir --entry kept --tolerance 1e-12
// RUN: descent-interpret --compare %s %t.mlir --entry gates --tolerance 1e-6
// RUN: descent-interpret --compare %s %t.mlir --entry whole --tolerance 1e-6
// RUN: descent-interpret --compare %s %t.mlir --entry padded --tolerance 1e-12

descent.input @h : tensor<2x3xf32>
descent.input @x : tensor<5x2x4xf32>
descent.input @w : tensor<3x4xf32>
descent.input @u : tensor<3x3xf32>
descent.input @i : tensor<5x2xi32> range [0, 3]
descent.input @v : tensor<6x3xf32>
descent.input @b : tensor<6xf32>

// CHECK-LABEL: descent.entry @unused
descent.entry @unused {
  %h = descent.read @h : tensor<2x3xf32>
  %x = descent.read @x : tensor<5x2x4xf32>
  %u = descent.read @u : tensor<3x3xf32>
  // CHECK: %[[H:.*]] = descent.read @h
  // The second carried value only feeds itself, the third stays as it is.
  // CHECK: %[[F:.*]] = descent.scan count 5 carry(%[[H]] : tensor<2x3xf32>) over() with(%[[H]] : tensor<2x3xf32>)
  // CHECK: } : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "f", %[[F]]
  // CHECK-NEXT: descent.output "same", %[[H]]
  %f:3, %s:2 = descent.scan count 5 carry(%h, %h, %h : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) over(%x : tensor<5x2x4xf32>) with(%u : tensor<3x3xf32>) {
  ^bb0(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>, %c: tensor<2x3xf32>, %x_t: tensor<2x4xf32>, %v: tensor<3x3xf32>):
    %an = descent.mul %a, %c : tensor<2x3xf32>
    %bn = descent.exp %b : tensor<2x3xf32>
    %e = descent.exp %x_t : tensor<2x4xf32>
    descent.return %an, %bn, %c, %e, %bn : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x4xf32>, tensor<2x3xf32>
  } : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32> stack tensor<5x2x4xf32>, tensor<5x2x3xf32>
  descent.output "f", %f#0 : tensor<2x3xf32>
  descent.output "same", %f#2 : tensor<2x3xf32>
}

// The same sequence or stacked value twice; constants are not captured.
// CHECK-LABEL: descent.entry @shared
descent.entry @shared {
  %h = descent.read @h : tensor<2x3xf32>
  %k = descent.constant dense<2.0> : tensor<2x3xf32>
  %x = descent.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  // CHECK: %{{.*}}, %[[S:.*]] = descent.scan count 2 carry(%{{.*}} : tensor<2x3xf32>) over(%{{.*}} : tensor<2x3xf32>) with() {
  // CHECK-NEXT: ^bb0(%{{.*}}: tensor<2x3xf32>, %{{.*}}: tensor<3xf32>):
  // CHECK: } : tensor<2x3xf32> stack tensor<2x2x3xf32>
  // CHECK: descent.output "s", %[[S]]
  // CHECK-NEXT: descent.output "t", %[[S]]
  %f, %s:2 = descent.scan count 2 carry(%h : tensor<2x3xf32>) over(%x, %x : tensor<2x3xf32>, tensor<2x3xf32>) with(%k : tensor<2x3xf32>) {
  ^bb0(%a: tensor<2x3xf32>, %y: tensor<3xf32>, %z: tensor<3xf32>, %c: tensor<2x3xf32>):
    %yz = descent.mul %y, %z : tensor<3xf32>
    %b = descent.broadcast %yz [1] : tensor<3xf32> to tensor<2x3xf32>
    %m = descent.mul %a, %c : tensor<2x3xf32>
    %n = descent.add %m, %b : tensor<2x3xf32>
    descent.return %n, %n, %n : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
  } : tensor<2x3xf32> stack tensor<2x2x3xf32>, tensor<2x2x3xf32>
  descent.output "f", %f : tensor<2x3xf32>
  descent.output "s", %s#0 : tensor<2x2x3xf32>
  descent.output "t", %s#1 : tensor<2x2x3xf32>
}

// A gradient tells captures apart, and needs the operations between its values and its loss: nothing moves.
// CHECK-LABEL: descent.entry @gradients
descent.entry @gradients {
  %u = descent.read @u : tensor<3x3xf32>
  // CHECK: descent.scan count 2 carry(%[[U:.*]] : tensor<3x3xf32>) over() with(%[[U]], %[[U]] : tensor<3x3xf32>, tensor<3x3xf32>)
  // CHECK: descent.contract
  // CHECK: descent.gradient
  %f = descent.scan count 2 carry(%u : tensor<3x3xf32>) over() with(%u, %u : tensor<3x3xf32>, tensor<3x3xf32>) {
  ^bb0(%a: tensor<3x3xf32>, %v: tensor<3x3xf32>, %w: tensor<3x3xf32>):
    %p = descent.contract %v [0, 1], %w [1, 2] to [0, 2] : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
    %l = descent.reduce_sum %p [0, 1] : tensor<3x3xf32> to tensor<f32>
    %g = descent.gradient %l wrt %v : tensor<f32> wrt tensor<3x3xf32> to tensor<3x3xf32>
    %n = descent.add %a, %g : tensor<3x3xf32>
    descent.return %n : tensor<3x3xf32>
  } : tensor<3x3xf32>
  descent.output "f", %f : tensor<3x3xf32>
}

// Before the loop: the product of all inputs, with what it is computed from, and the product of captures. The addition and the bias stay.
// CHECK-LABEL: descent.entry @before
descent.entry @before {
  %h = descent.read @h : tensor<2x3xf32>
  %x = descent.read @x : tensor<5x2x4xf32>
  %w = descent.read @w : tensor<3x4xf32>
  %u = descent.read @u : tensor<3x3xf32>
  // CHECK: %[[X:.*]] = descent.read @x
  // CHECK: %[[W:.*]] = descent.read @w
  // CHECK: %[[U:.*]] = descent.read @u
  // CHECK-DAG: %[[E:.*]] = descent.exp %[[X]] : tensor<5x2x4xf32>
  // CHECK-DAG: %[[XW:.*]] = descent.contract %[[E]] [3, 0, 2], %[[W]] [1, 2] to [3, 0, 1]
  // CHECK-DAG: %[[UU:.*]] = descent.contract %[[U]] [0, 1], %[[U]] [1, 2] to [0, 2]
  // CHECK: descent.scan count 5 reversed carry(%{{.*}} : tensor<2x3xf32>) over(%[[XW]] : tensor<5x2x3xf32>) with(%[[UU]] : tensor<3x3xf32>) {
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: descent.contract
  // CHECK-NEXT: descent.add
  // CHECK-NEXT: descent.tanh
  // CHECK-NEXT: descent.return
  %f = descent.scan count 5 reversed carry(%h : tensor<2x3xf32>) over(%x : tensor<5x2x4xf32>) with(%w, %u : tensor<3x4xf32>, tensor<3x3xf32>) {
  ^bb0(%a: tensor<2x3xf32>, %x_t: tensor<2x4xf32>, %v: tensor<3x4xf32>, %t: tensor<3x3xf32>):
    %e = descent.exp %x_t : tensor<2x4xf32>
    %p = descent.contract %e [0, 2], %v [1, 2] to [0, 1] : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
    %tt = descent.contract %t [0, 1], %t [1, 2] to [0, 2] : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
    %q = descent.contract %a [0, 2], %tt [1, 2] to [0, 1] : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
    %s = descent.add %p, %q : tensor<2x3xf32>
    %n = descent.tanh %s : tensor<2x3xf32>
    descent.return %n : tensor<2x3xf32>
  } : tensor<2x3xf32>
  descent.output "f", %f : tensor<2x3xf32>
}

// Behind the loop: an output projection and what is computed from it.
// CHECK-LABEL: descent.entry @behind
descent.entry @behind {
  %h = descent.read @h : tensor<2x3xf32>
  %u = descent.read @u : tensor<3x3xf32>
  // CHECK: %[[H:.*]] = descent.read @h
  // CHECK: %[[U:.*]] = descent.read @u
  // CHECK: %{{.*}}, %[[S:.*]] = descent.scan count 5 carry(%[[H]] : tensor<2x3xf32>) over() with() {
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: %[[N:.*]] = descent.sin
  // CHECK-NEXT: descent.return %[[N]], %[[N]]
  // CHECK: %[[P:.*]] = descent.contract %[[S]] [3, 0, 2], %[[U]] [1, 2] to [3, 0, 1]
  // CHECK: %[[Y:.*]] = descent.softmax %[[P]] axis 2
  // CHECK: descent.output "y", %[[Y]]
  %f, %y = descent.scan count 5 carry(%h : tensor<2x3xf32>) over() with(%u : tensor<3x3xf32>) {
  ^bb0(%a: tensor<2x3xf32>, %v: tensor<3x3xf32>):
    %n = descent.sin %a : tensor<2x3xf32>
    %p = descent.contract %n [0, 2], %v [1, 2] to [0, 1] : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
    %q = descent.softmax %p axis 1 : tensor<2x3xf32>
    descent.return %n, %q : tensor<2x3xf32>, tensor<2x3xf32>
  } : tensor<2x3xf32> stack tensor<5x2x3xf32>
  descent.output "f", %f : tensor<2x3xf32>
  descent.output "y", %y : tensor<5x2x3xf32>
}

// A scan that carries nothing is no loop.
// CHECK-LABEL: descent.entry @map
descent.entry @map {
  %x = descent.read @x : tensor<5x2x4xf32>
  %w = descent.read @w : tensor<3x4xf32>
  // CHECK-NOT: descent.scan
  // CHECK: descent.contract
  %s:3 = descent.scan count 5 carry() over(%x : tensor<5x2x4xf32>) with(%w : tensor<3x4xf32>) {
  ^bb0(%x_t: tensor<2x4xf32>, %v: tensor<3x4xf32>):
    %p = descent.contract %x_t [0, 2], %v [1, 2] to [0, 1] : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
    %n = descent.tanh %p : tensor<2x3xf32>
    %k = descent.exp %v : tensor<3x4xf32>
    descent.return %n, %k, %x_t : tensor<2x3xf32>, tensor<3x4xf32>, tensor<2x4xf32>
  } stack tensor<5x2x3xf32>, tensor<5x3x4xf32>, tensor<5x2x4xf32>
  descent.output "a", %s#0 : tensor<5x2x3xf32>
  descent.output "b", %s#1 : tensor<5x3x4xf32>
  descent.output "c", %s#2 : tensor<5x2x4xf32>
}

// Every operation that can be done for all slices at once.
// CHECK-LABEL: descent.entry @views
descent.entry @views {
  %x = descent.read @x : tensor<5x2x4xf32>
  %w = descent.read @w : tensor<3x4xf32>
  // CHECK-NOT: descent.scan
  // CHECK: descent.output
  %s:9 = descent.scan count 5 carry() over(%x : tensor<5x2x4xf32>) with(%w : tensor<3x4xf32>) {
  ^bb0(%a: tensor<2x4xf32>, %v: tensor<3x4xf32>):
    %t = descent.transpose %a [1, 0] : tensor<2x4xf32> to tensor<4x2xf32>
    %r = descent.reshape %t : tensor<4x2xf32> to tensor<2x2x2xf32>
    %b = descent.broadcast %r [0, 1, 3] : tensor<2x2x2xf32> to tensor<2x2x3x2xf32>
    %c = descent.concat %v, %a axis 0 : (tensor<3x4xf32>, tensor<2x4xf32>) -> tensor<5x4xf32>
    %l = descent.slice %c offsets [1, 0] strides [2, 3] : tensor<5x4xf32> to tensor<2x2xf32>
    %p = descent.pad %l low [1, 0] high [0, 2] zero : tensor<2x2xf32> to tensor<3x4xf32>
    %m = descent.reduce_max %p [1] : tensor<3x4xf32> to tensor<3xf32>
    %mv, %mi = descent.max_with_index %p [0] : tensor<3x4xf32> to tensor<4xf32>, tensor<4xi32>
    %q = descent.softmax %p axis 1 : tensor<3x4xf32>
    %i = descent.constant dense<[0, 3, 1]> : tensor<3xi32>
    %e = descent.softmax_cross_entropy %p, %i : (tensor<3x4xf32>, tensor<3xi32>) -> tensor<3xf32>
    %g = descent.compare gt %p, %v : tensor<3x4xf32>
    %h = descent.select %g, %v, %p : tensor<3x4xf32>
    %o = descent.contract %m [0], %mv [1] to [1, 0] : (tensor<3xf32>, tensor<4xf32>) -> tensor<4x3xf32>
    %u = descent.broadcast %a [0, 1] : tensor<2x4xf32> to tensor<2x4x2xf32>
    %ww = descent.window %u [1] strides [2] dilations [1] : tensor<2x4x2xf32> to tensor<2x2x2xf32>
    %uw = descent.unwindow %ww [1] strides [2] dilations [1] : tensor<2x2x2xf32> to tensor<2x4x2xf32>
    descent.return %b, %c, %m, %mi, %q, %e, %h, %o, %uw : tensor<2x2x3x2xf32>, tensor<5x4xf32>, tensor<3xf32>, tensor<4xi32>, tensor<3x4xf32>, tensor<3xf32>, tensor<3x4xf32>,
      tensor<4x3xf32>, tensor<2x4x2xf32>
  } stack tensor<5x2x2x3x2xf32>, tensor<5x5x4xf32>, tensor<5x3xf32>, tensor<5x4xi32>, tensor<5x3x4xf32>, tensor<5x3xf32>, tensor<5x3x4xf32>, tensor<5x4x3xf32>, tensor<5x2x4x2xf32>
  descent.output "0", %s#0 : tensor<5x2x2x3x2xf32>
  descent.output "1", %s#1 : tensor<5x5x4xf32>
  descent.output "2", %s#2 : tensor<5x3xf32>
  descent.output "3", %s#3 : tensor<5x4xi32>
  descent.output "4", %s#4 : tensor<5x3x4xf32>
  descent.output "5", %s#5 : tensor<5x3xf32>
  descent.output "6", %s#6 : tensor<5x3x4xf32>
  descent.output "7", %s#7 : tensor<5x4x3xf32>
  descent.output "8", %s#8 : tensor<5x2x4x2xf32>
}

// A table is not repeated for the slices that look something up in it.
// CHECK-LABEL: descent.entry @lookup
descent.entry @lookup {
  %i = descent.read @i : tensor<5x2xi32>
  %w = descent.read @w : tensor<3x4xf32>
  // CHECK: %[[W:.*]] = descent.read @w
  // CHECK-NOT: descent.scan
  // CHECK: descent.gather %[[W]] at %{{.*}} axis 0 : (tensor<3x4xf32>, tensor<10x4xi32>) -> tensor<10x4xf32>
  // CHECK: descent.gather %[[W]] at %{{.*}} axis 1 : (tensor<3x4xf32>, tensor<3x10xi32>) -> tensor<3x10xf32>
  %s:2 = descent.scan count 5 carry() over(%i : tensor<5x2xi32>) with(%w : tensor<3x4xf32>) {
  ^bb0(%j: tensor<2xi32>, %t: tensor<3x4xf32>):
    %r = descent.broadcast %j [0] : tensor<2xi32> to tensor<2x4xi32>
    %e = descent.gather %t at %r axis 0 : (tensor<3x4xf32>, tensor<2x4xi32>) -> tensor<2x4xf32>
    %c = descent.broadcast %j [1] : tensor<2xi32> to tensor<3x2xi32>
    %f = descent.gather %t at %c axis 1 : (tensor<3x4xf32>, tensor<3x2xi32>) -> tensor<3x2xf32>
    descent.return %e, %f : tensor<2x4xf32>, tensor<3x2xf32>
  } stack tensor<5x2x4xf32>, tensor<5x3x2xf32>
  descent.output "e", %s#0 : tensor<5x2x4xf32>
  descent.output "f", %s#1 : tensor<5x3x2xf32>
}

// What a carried value depends on stays.
// CHECK-LABEL: descent.entry @kept
descent.entry @kept {
  %h = descent.read @h : tensor<2x3xf32>
  %u = descent.read @u : tensor<3x3xf32>
  // CHECK: descent.scan
  // CHECK: descent.contract
  // CHECK: descent.reduce_sum
  // CHECK: descent.return
  %f, %y = descent.scan count 5 carry(%h : tensor<2x3xf32>) over() with(%u : tensor<3x3xf32>) {
  ^bb0(%a: tensor<2x3xf32>, %v: tensor<3x3xf32>):
    %p = descent.contract %a [0, 2], %v [1, 2] to [0, 1] : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
    %s = descent.reduce_sum %p [0] : tensor<2x3xf32> to tensor<3xf32>
    %b = descent.broadcast %s [1] : tensor<3xf32> to tensor<2x3xf32>
    %n = descent.tanh %b : tensor<2x3xf32>
    descent.return %n, %s : tensor<2x3xf32>, tensor<3xf32>
  } : tensor<2x3xf32> stack tensor<5x3xf32>
  descent.output "f", %f : tensor<2x3xf32>
  descent.output "y", %y : tensor<5x3xf32>
}

// A product with a bias that is only read in slices is a product a slice, of a slice of what has that dimension.
// CHECK-LABEL: descent.entry @gates
descent.entry @gates {
  %h = descent.read @h : tensor<2x3xf32>
  %v = descent.read @v : tensor<6x3xf32>
  %b = descent.read @b : tensor<6xf32>
  // CHECK: descent.scan count 5
  // CHECK-NEXT: ^bb0(%[[HT:[a-z0-9]+]]: tensor<2x3xf32>, %[[V:[a-z0-9]+]]: tensor<6x3xf32>, %[[B:[a-z0-9]+]]: tensor<6xf32>):
  // CHECK-DAG: %[[V0:.*]] = descent.slice %[[V]] offsets [0, 0] strides [1, 1] : tensor<6x3xf32> to tensor<3x3xf32>
  // CHECK-DAG: %[[V3:.*]] = descent.slice %[[V]] offsets [3, 0] strides [1, 1] : tensor<6x3xf32> to tensor<3x3xf32>
  // CHECK-DAG: descent.contract %[[HT]] [0, 2], %[[V0]] [1, 2] to [0, 1]
  // CHECK-DAG: descent.contract %[[HT]] [0, 2], %[[V3]] [1, 2] to [0, 1]
  // CHECK-DAG: descent.slice %[[B]] offsets [0] strides [1] : tensor<6xf32> to tensor<3xf32>
  // CHECK-DAG: descent.slice %[[B]] offsets [3] strides [1] : tensor<6xf32> to tensor<3xf32>
  // CHECK-NOT: tensor<2x6xf32>
  // CHECK: descent.output "f"
  %f = descent.scan count 5 carry(%h : tensor<2x3xf32>) over() with(%v, %b : tensor<6x3xf32>, tensor<6xf32>) {
  ^bb0(%a: tensor<2x3xf32>, %w: tensor<6x3xf32>, %c: tensor<6xf32>):
    %p = descent.contract %a [0, 2], %w [1, 2] to [0, 1] : (tensor<2x3xf32>, tensor<6x3xf32>) -> tensor<2x6xf32>
    %cb = descent.broadcast %c [1] : tensor<6xf32> to tensor<2x6xf32>
    %s = descent.add %p, %cb : tensor<2x6xf32>
    %s0 = descent.slice %s offsets [0, 0] strides [1, 1] : tensor<2x6xf32> to tensor<2x3xf32>
    %s3 = descent.slice %s offsets [0, 3] strides [1, 1] : tensor<2x6xf32> to tensor<2x3xf32>
    %t = descent.tanh %s0 : tensor<2x3xf32>
    %n = descent.mul %t, %s3 : tensor<2x3xf32>
    descent.return %n : tensor<2x3xf32>
  } : tensor<2x3xf32>
  descent.output "f", %f : tensor<2x3xf32>
}

// Slices that together are more than the product would compute some of it twice.
// CHECK-LABEL: descent.entry @whole
descent.entry @whole {
  %h = descent.read @h : tensor<2x3xf32>
  %v = descent.read @v : tensor<6x3xf32>
  // CHECK: descent.contract %{{.*}} [0, 2], %{{.*}} [1, 2] to [0, 1] : (tensor<2x3xf32>, tensor<6x3xf32>) -> tensor<2x6xf32>
  // CHECK-NOT: descent.contract
  // CHECK: descent.output "f"
  %f = descent.scan count 5 carry(%h : tensor<2x3xf32>) over() with(%v : tensor<6x3xf32>) {
  ^bb0(%a: tensor<2x3xf32>, %w: tensor<6x3xf32>):
    %p = descent.contract %a [0, 2], %w [1, 2] to [0, 1] : (tensor<2x3xf32>, tensor<6x3xf32>) -> tensor<2x6xf32>
    %s0 = descent.slice %p offsets [0, 0] strides [1, 1] : tensor<2x6xf32> to tensor<2x3xf32>
    %s1 = descent.slice %p offsets [0, 1] strides [1, 1] : tensor<2x6xf32> to tensor<2x3xf32>
    %s3 = descent.slice %p offsets [0, 3] strides [1, 1] : tensor<2x6xf32> to tensor<2x3xf32>
    %t = descent.add %s0, %s1, %s3 : tensor<2x3xf32>
    %n = descent.tanh %t : tensor<2x3xf32>
    descent.return %n : tensor<2x3xf32>
  } : tensor<2x3xf32>
  descent.output "f", %f : tensor<2x3xf32>
}

// Steps stack what is padded, not the zeros: pieces are put together behind the loop.
// CHECK-LABEL: descent.entry @padded
descent.entry @padded {
  %h = descent.read @h : tensor<2x3xf32>
  // CHECK: %{{.*}}, %[[S:.*]]:2 = descent.scan count 5
  // CHECK-NOT: descent.pad
  // CHECK: } : tensor<2x3xf32> stack tensor<5x2x3xf32>, tensor<5x2x3xf32>
  // CHECK-DAG: descent.pad %[[S]]#{{[01]}} low [0, 0, 0] high [0, 0, 3]
  // CHECK-DAG: descent.pad %[[S]]#{{[01]}} low [0, 0, 3] high [0, 0, 0]
  // CHECK: %[[ALL:.*]] = descent.add
  // CHECK-NEXT: descent.output "s", %[[ALL]]
  %f, %s = descent.scan count 5 carry(%h : tensor<2x3xf32>) over() with() {
  ^bb0(%a: tensor<2x3xf32>):
    %n = descent.sin %a : tensor<2x3xf32>
    %e = descent.exp %n : tensor<2x3xf32>
    %left = descent.pad %n low [0, 0] high [0, 3] zero : tensor<2x3xf32> to tensor<2x6xf32>
    %right = descent.pad %e low [0, 3] high [0, 0] zero : tensor<2x3xf32> to tensor<2x6xf32>
    %both = descent.add %left, %right : tensor<2x6xf32>
    descent.return %n, %both : tensor<2x3xf32>, tensor<2x6xf32>
  } : tensor<2x3xf32> stack tensor<5x2x6xf32>
  descent.output "s", %s : tensor<5x2x6xf32>
}
