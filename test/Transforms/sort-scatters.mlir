// Large scatters in partitions or by sorting. That they compute the same is compared, with chunks, digits and blocks so small that there are many of each.
// RUN: descent-opt %s --descent-sort-scatters="always chunk-bits=2 digit-bits=2 fan-bits=1" -o %t.small.mlir
// RUN: FileCheck %s --implicit-check-not="descent.scatter_add" < %t.small.mlir
// RUN: descent-interpret --compare %s %t.small.mlir --entry rows
// RUN: descent-interpret --compare %s %t.small.mlir --entry outside
// RUN: descent-interpret --compare %s %t.small.mlir --entry one
// RUN: descent-interpret --compare %s %t.small.mlir --entry lines
// RUN: descent-interpret --compare %s %t.small.mlir --entry mixed
// RUN: descent-interpret --compare %s %t.small.mlir --entry same
// RUN: descent-interpret --compare %s %t.small.mlir --entry added
// RUN: descent-interpret --compare %s %t.small.mlir --entry steps
// RUN: descent-opt %s --descent-sort-scatters=always -o %t.default.mlir
// RUN: descent-interpret --compare %s %t.default.mlir --entry rows
// RUN: descent-interpret --compare %s %t.default.mlir --entry added
// RUN: descent-opt %t.small.mlir --descent-lower-to-kernels --descent-fold-views --descent-form-kernels --descent-verify-kernels -o %t.kernels.mlir
// RUN: descent-interpret --compare %s %t.kernels.mlir --entry rows
// RUN: descent-interpret --compare %s %t.kernels.mlir --entry mixed
// RUN: descent-interpret --compare %s %t.kernels.mlir --entry added
// RUN: descent-opt %s --descent-sort-scatters | FileCheck %s --check-prefix=CHOICE
// RUN: descent-opt %s --descent-sort-scatters=partitions=3 -o %t.parts.mlir
// RUN: FileCheck %s --check-prefix=PARTS < %t.parts.mlir
// RUN: descent-interpret --compare %s %t.parts.mlir --entry rows
// RUN: descent-interpret --compare %s %t.parts.mlir --entry outside
// RUN: descent-interpret --compare %s %t.parts.mlir --entry one
// RUN: descent-interpret --compare %s %t.parts.mlir --entry lines
// RUN: descent-interpret --compare %s %t.parts.mlir --entry mixed
// RUN: descent-interpret --compare %s %t.parts.mlir --entry same
// RUN: descent-interpret --compare %s %t.parts.mlir --entry added
// RUN: descent-interpret --compare %s %t.parts.mlir --entry steps
// RUN: descent-opt %t.parts.mlir --descent-lower-to-kernels --descent-fold-views --descent-form-kernels --descent-verify-kernels -o %t.partkernels.mlir
// RUN: FileCheck %s --check-prefix=KERNELS < %t.partkernels.mlir
// RUN: descent-interpret --compare %s %t.partkernels.mlir --entry rows
// RUN: descent-interpret --compare %s %t.partkernels.mlir --entry mixed
// RUN: descent-interpret --compare %s %t.partkernels.mlir --entry added

descent.input @row : tensor<101xi32> range [0, 37]
descent.input @far : tensor<101xi32> range [-20, 60]
descent.input @few : tensor<101xi32> range [3, 5]
descent.input @x : tensor<101x3xf32>
descent.input @y : tensor<5x101x2x3xf32>
descent.input @each : tensor<5x101x2x3xi32> range [-1, 9]
descent.input @pairs : tensor<101x2xi32> range [-1, 9]
descent.input @step : tensor<2x101xi32> range [0, 7]
descent.input @many : tensor<60000xi32> range [0, 30000]
descent.input @vector : tensor<60000xf32>

// Duplicates, and entries without updates; not a whole number of chunks.
// CHECK-LABEL: descent.entry @rows
// CHOICE-LABEL: descent.entry @rows
// CHOICE: descent.scatter_add
// PARTS-LABEL: descent.entry @rows
// PARTS: %[[SUMS:.*]] = descent.scatter_add %{{.*}} axis 1 extent 37 : (tensor<3x34x3xf32>, tensor<3x34x3xi32>) -> tensor<3x37x3xf32>
// PARTS: descent.reduce_sum %[[SUMS]]
// The sum over the partitions stays a kernel of its own.
// KERNELS-LABEL: descent.entry @rows
// KERNELS: descent.kernel [3, 37, 3] reduce [34]
// KERNELS: descent.kernel [37, 3] reduce [3]
descent.entry @rows {
  %i = descent.read @row : tensor<101xi32>
  %x = descent.read @x : tensor<101x3xf32>
  %b = descent.broadcast %i [0] : tensor<101xi32> to tensor<101x3xi32>
  %s = descent.scatter_add %x at %b axis 0 extent 37 : (tensor<101x3xf32>, tensor<101x3xi32>) -> tensor<37x3xf32>
  descent.output "s", %s : tensor<37x3xf32>
}

// Negative indices and those behind the end add nowhere.
// CHECK-LABEL: descent.entry @outside
descent.entry @outside {
  %i = descent.read @far : tensor<101xi32>
  %x = descent.read @x : tensor<101x3xf32>
  %b = descent.broadcast %i [0] : tensor<101xi32> to tensor<101x3xi32>
  %s = descent.scatter_add %x at %b axis 0 extent 37 : (tensor<101x3xf32>, tensor<101x3xi32>) -> tensor<37x3xf32>
  descent.output "s", %s : tensor<37x3xf32>
}

// CHECK-LABEL: descent.entry @one
descent.entry @one {
  %i = descent.read @few : tensor<101xi32>
  %x = descent.read @x : tensor<101x3xf32>
  %b = descent.broadcast %i [0] : tensor<101xi32> to tensor<101x3xi32>
  %s = descent.scatter_add %x at %b axis 0 extent 1 : (tensor<101x3xf32>, tensor<101x3xi32>) -> tensor<1x3xf32>
  %t = descent.scatter_add %x at %b axis 0 extent 5 : (tensor<101x3xf32>, tensor<101x3xi32>) -> tensor<5x3xf32>
  descent.output "s", %s : tensor<1x3xf32>
  descent.output "t", %t : tensor<5x3xf32>
}

// Every line has indices of its own.
// CHECK-LABEL: descent.entry @lines
descent.entry @lines {
  %i = descent.read @each : tensor<5x101x2x3xi32>
  %y = descent.read @y : tensor<5x101x2x3xf32>
  %s = descent.scatter_add %y at %i axis 1 extent 8 : (tensor<5x101x2x3xf32>, tensor<5x101x2x3xi32>) -> tensor<5x8x2x3xf32>
  descent.output "s", %s : tensor<5x8x2x3xf32>
}

// Indices that are repeated along dimensions around those in which they differ.
// CHECK-LABEL: descent.entry @mixed
descent.entry @mixed {
  %i = descent.read @pairs : tensor<101x2xi32>
  %y = descent.read @y : tensor<5x101x2x3xf32>
  %b = descent.broadcast %i [1, 2] : tensor<101x2xi32> to tensor<5x101x2x3xi32>
  %s = descent.scatter_add %y at %b axis 1 extent 8 : (tensor<5x101x2x3xf32>, tensor<5x101x2x3xi32>) -> tensor<5x8x2x3xf32>
  descent.output "s", %s : tensor<5x8x2x3xf32>
}

// All updates of a line have the same index.
// CHECK-LABEL: descent.entry @same
descent.entry @same {
  %i = descent.read @row : tensor<101xi32>
  %x = descent.read @x : tensor<101x3xf32>
  %b = descent.broadcast %i [0] : tensor<101xi32> to tensor<101x3xi32>
  %s = descent.scatter_add %x at %b axis 1 extent 37 : (tensor<101x3xf32>, tensor<101x3xi32>) -> tensor<101x37xf32>
  descent.output "s", %s : tensor<101x37xf32>
}

// Scatters into one sum are sorted together, or add to the same partitions in one kernel each; what else is added stays.
// PARTS-LABEL: descent.entry @added
// PARTS: %[[FIRST:.*]] = descent.scatter_add
// PARTS: %[[SECOND:.*]] = descent.scatter_add
// PARTS: %[[BOTH:.*]] = descent.add %[[SECOND]], %[[FIRST]] : tensor<3x37x3xf32>
// PARTS: descent.reduce_sum %[[BOTH]]
// KERNELS-LABEL: descent.entry @added
// KERNELS: %[[FIRST:.*]] = descent.kernel [3, 37, 3] reduce [34]
// KERNELS: %[[BOTH:.*]] = descent.kernel [3, 37, 3] reduce [34]
// KERNELS: finish(%[[FIRST]] :
// KERNELS: descent.kernel [37, 3] reduce [3]
// CHECK-LABEL: descent.entry @added
// CHECK-COUNT-2: descent.concat
// CHECK-NOT: descent.concat
// CHECK: %[[SORTED:.*]] = descent.add %{{.*}} : tensor<37x3xf32>
// CHECK: descent.add %[[SORTED]], %{{.*}} : tensor<37x3xf32>
// CHECK: descent.output
descent.entry @added {
  %i = descent.read @row : tensor<101xi32>
  %j = descent.read @far : tensor<101xi32>
  %x = descent.read @x : tensor<101x3xf32>
  %b = descent.broadcast %i [0] : tensor<101xi32> to tensor<101x3xi32>
  %c = descent.broadcast %j [0] : tensor<101xi32> to tensor<101x3xi32>
  %n = descent.neg %x : tensor<101x3xf32>
  %s = descent.scatter_add %x at %b axis 0 extent 37 : (tensor<101x3xf32>, tensor<101x3xi32>) -> tensor<37x3xf32>
  %t = descent.scatter_add %n at %c axis 0 extent 37 : (tensor<101x3xf32>, tensor<101x3xi32>) -> tensor<37x3xf32>
  %o = descent.slice %x offsets [5, 0] strides [1, 1] : tensor<101x3xf32> to tensor<37x3xf32>
  %r = descent.add %s, %o, %t : tensor<37x3xf32>
  descent.output "r", %r : tensor<37x3xf32>
}

// In the body of a loop.
// CHECK-LABEL: descent.entry @steps
descent.entry @steps {
  %i = descent.read @step : tensor<2x101xi32>
  %x = descent.read @x : tensor<101x3xf32>
  %z = descent.constant dense<0.0> : tensor<7x3xf32>
  %f = descent.scan count 2 carry(%z : tensor<7x3xf32>) over(%i : tensor<2x101xi32>) with(%x : tensor<101x3xf32>) {
  ^bb0(%a: tensor<7x3xf32>, %k: tensor<101xi32>, %u: tensor<101x3xf32>):
    %b = descent.broadcast %k [0] : tensor<101xi32> to tensor<101x3xi32>
    %s = descent.scatter_add %u at %b axis 0 extent 7 : (tensor<101x3xf32>, tensor<101x3xi32>) -> tensor<7x3xf32>
    %n = descent.add %a, %s : tensor<7x3xf32>
    descent.return %n : tensor<7x3xf32>
  } : tensor<7x3xf32>
  descent.output "f", %f : tensor<7x3xf32>
}

// Without being told, only what is cheaper that way.
// CHOICE-LABEL: descent.entry @large
// CHOICE: descent.scatter_add %{{.*}} axis 1 extent 30000 : (tensor<4x15000x1xf32>, tensor<4x15000x1xi32>) -> tensor<4x30000x1xf32>
// CHOICE: descent.reduce_sum
// CHOICE: descent.output
// CHECK-LABEL: descent.entry @large
descent.entry @large {
  %i = descent.read @many : tensor<60000xi32>
  %x = descent.read @vector : tensor<60000xf32>
  %s = descent.scatter_add %x at %i axis 0 extent 30000 : (tensor<60000xf32>, tensor<60000xi32>) -> tensor<30000xf32>
  descent.output "s", %s : tensor<30000xf32>
}

// Three million entries are too many for partitions.
// CHOICE-LABEL: descent.entry @wide
// CHOICE-NOT: descent.scatter_add
// CHOICE: descent.output
// CHECK-LABEL: descent.entry @wide
descent.entry @wide {
  %i = descent.read @many : tensor<60000xi32>
  %x = descent.read @vector : tensor<60000xf32>
  %s = descent.scatter_add %x at %i axis 0 extent 3000000 : (tensor<60000xf32>, tensor<60000xi32>) -> tensor<3000000xf32>
  descent.output "s", %s : tensor<3000000xf32>
}
