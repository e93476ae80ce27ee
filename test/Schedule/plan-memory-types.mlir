// RUN: descent-opt %s --pass-pipeline="builtin.module(descent.entry(descent-lower-to-kernels,descent-fold-views,descent-form-kernels),descent-plan-memory,descent-place-barriers,descent-verify-schedule)" --split-input-file | FileCheck %s

// Places have the bytes of their elements, rounded up to words.
// CHECK-DAG: schedule.place @h at <@slab.state, {{[0-9]+}}, 8>
// CHECK-DAG: schedule.place @d at <@slab.work, {{[0-9]+}}, 24>
// CHECK-DAG: schedule.place @c at <@slab.work, {{[0-9]+}}, 12>
descent.state @h : tensor<3xf16> parameter <uniform, -1.0 : f32, 1.0 : f32>
descent.input @d : tensor<3xf64>
descent.input @c : tensor<3xi1>
// CHECK-LABEL: schedule.entry @widths
// CHECK: schedule.output "y" at <@slab.work, {{[0-9]+}}, 8> : tensor<3xf16>
descent.entry @widths {
  %h = descent.read @h : tensor<3xf16>
  %d = descent.read @d : tensor<3xf64>
  %c = descent.read @c : tensor<3xi1>
  %wide = descent.cast %h : tensor<3xf16> to tensor<3xf64>
  %sum = descent.add %wide, %d : tensor<3xf64>
  %s = descent.select %c, %sum, %d : tensor<3xf64>
  %y = descent.cast %s : tensor<3xf64> to tensor<3xf16>
  descent.output "y", %y : tensor<3xf16>
}

// -----

// Slices of an odd number of halves: iterations are three elements apart, not whole words. The carried value, which starts at one, is kept apart
// from the stack.
descent.input @x : tensor<5x3xf16>
descent.state @s : tensor<3xf16> buffer <constant, 0.0 : f32, 0.0 : f32>
// CHECK: schedule.kernel {{.*}} stride 3
// CHECK-LABEL: schedule.entry @odd
// CHECK: schedule.loop count 5
// CHECK: schedule.output "all" at <@slab.work, {{[0-9]+}}, 32> : tensor<5x3xf16>
descent.entry @odd {
  %x = descent.read @x : tensor<5x3xf16>
  %s0 = descent.read @s : tensor<3xf16>
  %last, %all = descent.scan count 5 carry(%s0 : tensor<3xf16>) over(%x : tensor<5x3xf16>) with() {
  ^bb0(%a: tensor<3xf16>, %b: tensor<3xf16>):
    %fa = descent.cast %a : tensor<3xf16> to tensor<3xf32>
    %fb = descent.cast %b : tensor<3xf16> to tensor<3xf32>
    %sum = descent.add %fa, %fb : tensor<3xf32>
    %n = descent.cast %sum : tensor<3xf32> to tensor<3xf16>
    descent.return %n, %n : tensor<3xf16>, tensor<3xf16>
  } : tensor<3xf16> stack tensor<5x3xf16>
  descent.output "all", %all : tensor<5x3xf16>
  descent.write @s, %last : tensor<3xf16>
}

// -----

// Two slots of odd size are whole words apart.
descent.input @x : tensor<5x3xf16>
descent.state @s : tensor<3xf16> buffer <constant, 0.0 : f32, 0.0 : f32>
// CHECK: schedule.kernel {{.*}} stride 4, alternating true
// CHECK-LABEL: schedule.entry @alternating
// CHECK: schedule.loop count 5
// CHECK: schedule.output "last"
descent.entry @alternating {
  %s0 = descent.read @s : tensor<3xf16>
  %last = descent.scan count 5 carry(%s0 : tensor<3xf16>) over() with() {
  ^bb0(%a: tensor<3xf16>):
    %r = descent.reverse %a [0] : tensor<3xf16>
    %f = descent.cast %r : tensor<3xf16> to tensor<3xf32>
    %sum = descent.add %f, %f : tensor<3xf32>
    %n = descent.cast %sum : tensor<3xf32> to tensor<3xf16>
    descent.return %n : tensor<3xf16>
  } : tensor<3xf16>
  descent.output "last", %last : tensor<3xf16>
}

// -----

// Packed halves start at multiples of 256 bytes: 128 elements.
descent.state @a : tensor<3xf16> buffer <constant, 0.0 : f32, 0.0 : f32>
descent.state @b : tensor<5xf16> buffer <constant, 0.0 : f32, 0.0 : f32>
// CHECK-DAG: schedule.place @a at <@slab.state, 0, 8>
// CHECK-DAG: schedule.place @b at <@slab.state, 256, 12>
// CHECK: schedule.output "p" at <@slab.{{state|work}}, {{[0-9]+}}, 512> : tensor<256xf16>
descent.entry @packed {
  %a = descent.read @a : tensor<3xf16>
  %b = descent.read @b : tensor<5xf16>
  %p = descent.pack %a, %b : (tensor<3xf16>, tensor<5xf16>) -> tensor<256xf16>
  descent.output "p", %p : tensor<256xf16>
}
