// Every fold and rewrite of the dialect: what it becomes, and that it means the same.
// RUN: descent-opt %s --canonicalize > %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: descent-interpret --compare %s %t.mlir --entry elementwise
// RUN: descent-interpret --compare %s %t.mlir --entry constants
// RUN: descent-interpret --compare %s %t.mlir --entry views
// RUN: descent-interpret --compare %s %t.mlir --entry kept
// RUN: descent-interpret --compare %s %t.mlir --entry sums --tolerance 1e-6

descent.input @x : tensor<2x3xf32>
descent.input @y : tensor<2x3xf32>
descent.input @i : tensor<2x3xi32> range [0, 9]

// CHECK-LABEL: descent.entry @elementwise
descent.entry @elementwise {
  // CHECK: %[[X:.*]] = descent.read @x
  // CHECK-NEXT: %[[Y:.*]] = descent.read @y
  // CHECK-NEXT: %[[I:.*]] = descent.read @i
  %x = descent.read @x : tensor<2x3xf32>
  %y = descent.read @y : tensor<2x3xf32>
  %i = descent.read @i : tensor<2x3xi32>
  %zero = descent.constant dense<0.0> : tensor<2x3xf32>
  %one = descent.constant dense<1.0> : tensor<2x3xf32>
  %no = descent.constant dense<0> : tensor<2x3xi32>
  %true = descent.constant dense<true> : tensor<2x3xi1>

  // --x = x
  %n = descent.neg %x : tensor<2x3xf32>
  %nn = descent.neg %n : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "neg_neg", %[[X]] :
  descent.output "neg_neg", %nn : tensor<2x3xf32>

  // A sum of one value is the value; zeros vanish from sums.
  %a = descent.add %x : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "add_one", %[[X]] :
  descent.output "add_one", %a : tensor<2x3xf32>
  %b = descent.add %zero, %x, %zero, %y : tensor<2x3xf32>
  // CHECK-NEXT: %[[B:.*]] = descent.add %[[X]], %[[Y]] : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "add_zero", %[[B]] :
  descent.output "add_zero", %b : tensor<2x3xf32>
  %c = descent.add %no, %i : tensor<2x3xi32>
  // CHECK-NEXT: descent.output "add_zero_i32", %[[I]] :
  descent.output "add_zero_i32", %c : tensor<2x3xi32>

  %d = descent.sub %x, %zero : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "sub_zero", %[[X]] :
  descent.output "sub_zero", %d : tensor<2x3xf32>
  %e = descent.sub %zero, %x : tensor<2x3xf32>
  // CHECK-NEXT: %[[E:.*]] = descent.neg %[[X]]
  // CHECK-NEXT: descent.output "zero_sub", %[[E]] :
  descent.output "zero_sub", %e : tensor<2x3xf32>

  %f = descent.mul %x, %one : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "mul_one", %[[X]] :
  descent.output "mul_one", %f : tensor<2x3xf32>
  %g = descent.mul %one, %y : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "one_mul", %[[Y]] :
  descent.output "one_mul", %g : tensor<2x3xf32>
  %h = descent.div %x, %one : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "div_one", %[[X]] :
  descent.output "div_one", %h : tensor<2x3xf32>

  %m = descent.compare lt %x, %y : tensor<2x3xf32>
  %same = descent.select %m, %x, %x : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "select_same", %[[X]] :
  descent.output "select_same", %same : tensor<2x3xf32>
  %first = descent.select %true, %y, %x : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "select_true", %[[Y]] :
  descent.output "select_true", %first : tensor<2x3xf32>
  %k = descent.cast %x : tensor<2x3xf32> to tensor<2x3xf32>
  // CHECK-NEXT: descent.output "cast_same", %[[X]] :
  descent.output "cast_same", %k : tensor<2x3xf32>
}

// CHECK-LABEL: descent.entry @constants
descent.entry @constants {
  %x = descent.read @x : tensor<2x3xf32>
  %zero = descent.constant dense<0.0> : tensor<2x3xf32>
  %two = descent.constant dense<2.0> : tensor<2x3xf32>
  %three = descent.constant dense<3.0> : tensor<2x3xf32>
  %true = descent.constant dense<true> : tensor<2x3xi1>
  // CHECK-DAG: %[[ZERO:.*]] = descent.constant dense<0.000000e+00> : tensor<2x3xf32>
  // CHECK-DAG: %[[NEG:.*]] = descent.constant dense<-2.000000e+00> : tensor<2x3xf32>
  // CHECK-DAG: %[[ADD:.*]] = descent.constant dense<5.000000e+00> : tensor<2x3xf32>
  // CHECK-DAG: %[[SUB:.*]] = descent.constant dense<-1.000000e+00> : tensor<2x3xf32>
  // CHECK-DAG: %[[MUL:.*]] = descent.constant dense<6.000000e+00> : tensor<2x3xf32>
  // CHECK-DAG: %[[DIV:.*]] = descent.constant dense<1.500000e+00> : tensor<2x3xf32>
  // CHECK-DAG: %[[ONES:.*]] = descent.constant dense<1> : tensor<2x3xi32>
  // CHECK-DAG: %[[SHAPED:.*]] = descent.constant dense<2.000000e+00> : tensor<6xf32>
  // CHECK-DAG: %[[TURNED:.*]] = descent.constant dense<2.000000e+00> : tensor<3x2xf32>
  // CHECK-DAG: %[[WIDE:.*]] = descent.constant dense<2.000000e+00> : tensor<2x4x3xf32>
  // CHECK-DAG: %[[CUT:.*]] = descent.constant dense<2.000000e+00> : tensor<1x3xf32>
  %neg = descent.neg %two : tensor<2x3xf32>
  // CHECK: descent.output "neg", %[[NEG]] :
  descent.output "neg", %neg : tensor<2x3xf32>
  %add = descent.add %two, %three : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "add", %[[ADD]] :
  descent.output "add", %add : tensor<2x3xf32>
  %sub = descent.sub %two, %three : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "sub", %[[SUB]] :
  descent.output "sub", %sub : tensor<2x3xf32>
  %mul = descent.mul %two, %three : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "mul", %[[MUL]] :
  descent.output "mul", %mul : tensor<2x3xf32>
  %none = descent.mul %x, %zero : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "mul_zero", %[[ZERO]] :
  descent.output "mul_zero", %none : tensor<2x3xf32>
  %div = descent.div %three, %two : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "div", %[[DIV]] :
  descent.output "div", %div : tensor<2x3xf32>
  %cast = descent.cast %true : tensor<2x3xi1> to tensor<2x3xi32>
  // CHECK-NEXT: descent.output "cast", %[[ONES]] :
  descent.output "cast", %cast : tensor<2x3xi32>
  %reshape = descent.reshape %two : tensor<2x3xf32> to tensor<6xf32>
  // CHECK-NEXT: descent.output "reshape", %[[SHAPED]] :
  descent.output "reshape", %reshape : tensor<6xf32>
  %transpose = descent.transpose %two [1, 0] : tensor<2x3xf32> to tensor<3x2xf32>
  // CHECK-NEXT: descent.output "transpose", %[[TURNED]] :
  descent.output "transpose", %transpose : tensor<3x2xf32>
  %broadcast = descent.broadcast %two [0, 2] : tensor<2x3xf32> to tensor<2x4x3xf32>
  // CHECK-NEXT: descent.output "broadcast", %[[WIDE]] :
  descent.output "broadcast", %broadcast : tensor<2x4x3xf32>
  %slice = descent.slice %two offsets [1, 0] strides [1, 1] : tensor<2x3xf32> to tensor<1x3xf32>
  // CHECK-NEXT: descent.output "slice", %[[CUT]] :
  descent.output "slice", %slice : tensor<1x3xf32>
}

// CHECK-LABEL: descent.entry @views
descent.entry @views {
  // CHECK: %[[X:.*]] = descent.read @x
  %x = descent.read @x : tensor<2x3xf32>
  // Views that change nothing.
  %a = descent.reshape %x : tensor<2x3xf32> to tensor<2x3xf32>
  %b = descent.transpose %a [0, 1] : tensor<2x3xf32> to tensor<2x3xf32>
  %c = descent.broadcast %b [0, 1] : tensor<2x3xf32> to tensor<2x3xf32>
  %d = descent.slice %c offsets [0, 0] strides [1, 1] : tensor<2x3xf32> to tensor<2x3xf32>
  %e = descent.pad %d low [0, 0] high [0, 0] zero : tensor<2x3xf32> to tensor<2x3xf32>
  %f = descent.concat %e axis 0 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK-NEXT: descent.output "same", %[[X]] :
  descent.output "same", %f : tensor<2x3xf32>

  // Views of views.
  %g = descent.reshape %x : tensor<2x3xf32> to tensor<6xf32>
  %h = descent.reshape %g : tensor<6xf32> to tensor<3x2xf32>
  // CHECK-NEXT: %[[H:.*]] = descent.reshape %[[X]] : tensor<2x3xf32> to tensor<3x2xf32>
  // CHECK-NEXT: descent.output "reshapes", %[[H]] :
  descent.output "reshapes", %h : tensor<3x2xf32>
  %back = descent.reshape %h : tensor<3x2xf32> to tensor<2x3xf32>
  // CHECK-NEXT: descent.output "there_and_back", %[[X]] :
  descent.output "there_and_back", %back : tensor<2x3xf32>

  %i = descent.broadcast %x [0, 2] : tensor<2x3xf32> to tensor<2x4x3xf32>
  %j = descent.broadcast %i [1, 2, 3] : tensor<2x4x3xf32> to tensor<5x2x4x3xf32>
  // CHECK-NEXT: %[[I:.*]] = descent.broadcast %[[X]] [0, 2] : tensor<2x3xf32> to tensor<2x4x3xf32>
  // CHECK-NEXT: %[[J:.*]] = descent.broadcast %[[X]] [1, 3] : tensor<2x3xf32> to tensor<5x2x4x3xf32>
  // CHECK-NEXT: descent.output "broadcasts", %[[J]] :
  descent.output "broadcasts", %j : tensor<5x2x4x3xf32>

  // Result dimension i of the second is dimension permutation[i] of the first's result.
  %k = descent.transpose %i [1, 2, 0] : tensor<2x4x3xf32> to tensor<4x3x2xf32>
  %l = descent.transpose %k [2, 0, 1] : tensor<4x3x2xf32> to tensor<2x4x3xf32>
  // CHECK-NEXT: descent.output "transposed_back", %[[I]] :
  descent.output "transposed_back", %l : tensor<2x4x3xf32>
  %m = descent.transpose %k [1, 0, 2] : tensor<4x3x2xf32> to tensor<3x4x2xf32>
  // CHECK-NEXT: %[[M:.*]] = descent.transpose %[[I]] [2, 1, 0] : tensor<2x4x3xf32> to tensor<3x4x2xf32>
  // CHECK-NEXT: descent.output "transposes", %[[M]] :
  descent.output "transposes", %m : tensor<3x4x2xf32>

  // What is reversed twice is not.
  %ra = descent.reverse %x [0, 1] : tensor<2x3xf32>
  %rb = descent.reverse %ra [1] : tensor<2x3xf32>
  // CHECK-NEXT: %[[R:.*]] = descent.reverse %[[X]] [0] : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "reversed_partly", %[[R]] :
  descent.output "reversed_partly", %rb : tensor<2x3xf32>
  %rc = descent.reverse %rb [0] : tensor<2x3xf32>
  // CHECK-NEXT: descent.output "reversed_twice", %[[X]] :
  descent.output "reversed_twice", %rc : tensor<2x3xf32>
  %rd = descent.reshape %x : tensor<2x3xf32> to tensor<1x6xf32>
  %re = descent.reverse %rd [0] : tensor<1x6xf32>
  // CHECK-NEXT: %[[LINE:.*]] = descent.reshape %[[X]] : tensor<2x3xf32> to tensor<1x6xf32>
  // CHECK-NEXT: descent.output "reversed_one", %[[LINE]] :
  descent.output "reversed_one", %re : tensor<1x6xf32>

  // What is cut away need not be summed.
  %s = descent.reduce_sum %i [1] : tensor<2x4x3xf32> to tensor<2x3xf32>
  %t = descent.slice %s offsets [1, 0] strides [1, 2] : tensor<2x3xf32> to tensor<1x2xf32>
  // CHECK-NEXT: %[[S:.*]] = descent.slice %[[I]] offsets [1, 0, 0] strides [1, 1, 2] : tensor<2x4x3xf32> to tensor<1x4x2xf32>
  // CHECK-NEXT: %[[T:.*]] = descent.reduce_sum %[[S]] [1] : tensor<1x4x2xf32> to tensor<1x2xf32>
  // CHECK-NEXT: descent.output "slice_sum", %[[T]] :
  descent.output "slice_sum", %t : tensor<1x2xf32>
}

// What must not be folded.
// CHECK-LABEL: descent.entry @kept
descent.entry @kept {
  %x = descent.read @x : tensor<2x3xf32>
  %mixed = descent.constant dense<[[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]> : tensor<2x3xf32>
  %zero = descent.constant dense<0.0> : tensor<2x3xf32>
  %one = descent.constant dense<1.0> : tensor<2x3xf32>
  // CHECK: descent.mul %{{.*}}, %{{.*}} : tensor<2x3xf32>
  %a = descent.mul %x, %mixed : tensor<2x3xf32>
  descent.output "mixed", %a : tensor<2x3xf32>
  // CHECK: descent.div %{{.*}}, %{{.*}} : tensor<2x3xf32>
  %b = descent.div %x, %x : tensor<2x3xf32>
  descent.output "div_self", %b : tensor<2x3xf32>
  // Infinities are made at run time.
  // CHECK: descent.div %{{.*}}, %{{.*}} : tensor<2x3xf32>
  %c = descent.div %one, %zero : tensor<2x3xf32>
  descent.output "infinity", %c : tensor<2x3xf32>
  // A conversion from float rounds.
  // CHECK: descent.cast %{{.*}} : tensor<2x3xf32> to tensor<2x3xi32>
  %d = descent.cast %x : tensor<2x3xf32> to tensor<2x3xi32>
  descent.output "round", %d : tensor<2x3xi32>
  // Two readers: summing less for one of them would sum twice.
  // CHECK: descent.reduce_sum %{{.*}} [1] : tensor<2x3xf32> to tensor<2xf32>
  // CHECK-NEXT: descent.slice
  %e = descent.reduce_sum %x [1] : tensor<2x3xf32> to tensor<2xf32>
  %f = descent.slice %e offsets [1] strides [1] : tensor<2xf32> to tensor<1xf32>
  descent.output "sum", %e : tensor<2xf32>
  descent.output "part", %f : tensor<1xf32>
}

// Sums of what is transposed and padded: of what it was before. Where that would leave another order, it stays.
// CHECK-LABEL: descent.entry @sums
descent.entry @sums {
  // CHECK: %[[X:.*]] = descent.read @x
  // CHECK: %[[Y:.*]] = descent.read @y
  %x = descent.read @x : tensor<2x3xf32>
  %y = descent.read @y : tensor<2x3xf32>
  // CHECK: %[[A:.*]] = descent.reduce_sum %[[X]] [0] : tensor<2x3xf32> to tensor<3xf32>
  %t = descent.transpose %x [1, 0] : tensor<2x3xf32> to tensor<3x2xf32>
  %a = descent.reduce_sum %t [1] : tensor<3x2xf32> to tensor<3xf32>
  // CHECK: %[[R:.*]] = descent.reduce_sum %[[X]] [0]
  // CHECK-NEXT: %[[P:.*]] = descent.pad %[[R]] low [1] high [2]
  // CHECK: %[[S:.*]] = descent.reduce_sum %[[Y]] [0]
  // CHECK-NEXT: %[[Q:.*]] = descent.pad %[[S]] low [3] high [0]
  // CHECK-NEXT: %[[B:.*]] = descent.add %[[P]], %[[Q]] : tensor<6xf32>
  %p = descent.pad %x low [4, 1] high [0, 2] zero : tensor<2x3xf32> to tensor<6x6xf32>
  %q = descent.pad %y low [0, 3] high [4, 0] zero : tensor<2x3xf32> to tensor<6x6xf32>
  %both = descent.add %p, %q : tensor<6x6xf32>
  %b = descent.reduce_sum %both [0] : tensor<6x6xf32> to tensor<6xf32>
  // CHECK: %[[T:.*]] = descent.transpose
  // CHECK-NEXT: %[[C:.*]] = descent.reduce_sum %[[T]] [1]
  %cube = descent.broadcast %x [0, 2] : tensor<2x3xf32> to tensor<2x4x3xf32>
  %turned = descent.transpose %cube [2, 1, 0] : tensor<2x4x3xf32> to tensor<3x4x2xf32>
  %c = descent.reduce_sum %turned [1] : tensor<3x4x2xf32> to tensor<3x2xf32>
  // CHECK: %[[U:.*]] = descent.pad
  // CHECK-NEXT: %[[D:.*]] = descent.reduce_sum %[[U]]
  %u = descent.pad %x low [0, 1] high [0, 2] lowest : tensor<2x3xf32> to tensor<2x6xf32>
  %d = descent.reduce_sum %u [0] : tensor<2x6xf32> to tensor<6xf32>
  // CHECK: descent.output "a", %[[A]]
  // CHECK: descent.output "b", %[[B]]
  // CHECK: descent.output "c", %[[C]]
  // CHECK: descent.output "d", %[[D]]
  descent.output "a", %a : tensor<3xf32>
  descent.output "b", %b : tensor<6xf32>
  descent.output "c", %c : tensor<3x2xf32>
  descent.output "d", %d : tensor<6xf32>
}
