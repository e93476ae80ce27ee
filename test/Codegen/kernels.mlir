// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels of awkward shapes for KernelTests: each entry's kernel is run on the device under several strategies and compared with the interpreter.

descent.input @a7x13 : tensor<7x13xf32>
descent.input @b13 : tensor<13xf32>
descent.input @a13x17 : tensor<13x17xf32>
descent.input @b17x11 : tensor<17x11xf32>
descent.input @a24x32 : tensor<24x32xf32>
descent.input @b40x32 : tensor<40x32xf32>
descent.input @x : tensor<3x4x7x9xf32>
descent.input @w : tensor<6x2x3x3xf32>
descent.input @dy : tensor<3x6x4x5xf32>
descent.input @image : tensor<3x4x14x14xf32>
descent.input @filter : tensor<8x4x3x3xf32>
descent.input @labels : tensor<13xi32> range [0, 11]
descent.input @mask : tensor<7x13xi1>
descent.input @i7x13 : tensor<7x13xi32> range [-9, 9]
descent.input @long : tensor<1027xf32>
descent.input @even : tensor<4096xf32>
descent.input @places : tensor<13x5xi32> range [-3, 45]
descent.input @places5 : tensor<5x128xi32> range [0, 41]
descent.input @updates : tensor<13x5x3xf32>
descent.input @far_places : tensor<5xi32> range [0, 600000]
descent.input @sums : tensor<5x41x3xf32>

// Elementwise over an odd shape, with a broadcast, an index and a bounds test in the body.
descent.entry @elementwise {
  %a = descent.read @a7x13 : tensor<7x13xf32>
  %b = descent.read @b13 : tensor<13xf32>
  %r = descent.kernel [7, 13] reduce [] by [] map() [] { descent.yield }
    finish(%a, %b : tensor<7x13xf32>, tensor<13xf32>)
      [#descent.access<(d0, d1) -> (d0, d1)>, #descent.access<(d0, d1) -> (d1)>] {
      ^bb0(%x: f32, %y: f32):
        %i = descent.index affine_map<(d0, d1) -> (d0 * 100 + d1 floordiv 3 - 5)>
        %f = descent.cast %i : i32 to f32
        %in = descent.in_bounds affine_set<(d0, d1) : (d0 - 2 >= 0, -d0 + 5 >= 0, d1 - 1 >= 0)>
        %s = descent.add %x, %y, %f : f32
        %z = descent.select %in, %s, %x : f32
        descent.yield %z : f32
    } : tensor<7x13xf32>
  descent.output "r", %r : tensor<7x13xf32>
}

// Two results of other shapes, over arenas that vectors fit, and one that they do not.
descent.entry @flat {
  %a = descent.read @even : tensor<4096xf32>
  %r:2 = descent.kernel [4096] reduce [] by [] map() [] { descent.yield }
    finish(%a, %a : tensor<4096xf32>, tensor<4096xf32>)
      [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (-d0 + 4095)>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        %d = descent.sub %x, %y : f32
        descent.yield %p, %d : f32, f32
    } : tensor<64x64xf32>, tensor<4096xf32>
  descent.output "p", %r#0 : tensor<64x64xf32>
  descent.output "d", %r#1 : tensor<4096xf32>
}
descent.entry @tail {
  %a = descent.read @long : tensor<1027xf32>
  %r = descent.kernel [1027] reduce [] by [] map() [] { descent.yield }
    finish(%a : tensor<1027xf32>) [#descent.access<(d0) -> (d0)>] {
      ^bb0(%x: f32):
        %p = descent.mul %x, %x : f32
        descent.yield %p : f32
    } : tensor<1027xf32>
  descent.output "r", %r : tensor<1027xf32>
}

descent.entry @matmul_odd {
  %a = descent.read @a13x17 : tensor<13x17xf32>
  %b = descent.read @b17x11 : tensor<17x11xf32>
  %c = descent.read @b13 : tensor<13xf32>
  %r = descent.kernel [13, 11] reduce [17] by [#descent.combiner<sum>]
    map(%a, %b : tensor<13x17xf32>, tensor<17x11xf32>)
      [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d2, d1)>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish(%c : tensor<13xf32>) [#descent.access<(d0, d1) -> (d0)>] {
      ^bb0(%s: f32, %bias: f32):
        %z = descent.add %s, %bias : f32
        %l = descent.leaky_relu %z, 0.01 : f32
        descent.yield %l : f32
    } : tensor<13x11xf32>
  descent.output "r", %r : tensor<13x11xf32>
}
descent.entry @matmul_even {
  %a = descent.read @a24x32 : tensor<24x32xf32>
  %b = descent.read @b40x32 : tensor<40x32xf32>
  %r = descent.kernel [24, 40] reduce [32] by [#descent.combiner<sum>]
    map(%a, %b : tensor<24x32xf32>, tensor<40x32xf32>)
      [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d1, d2)>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<24x40xf32>
  descent.output "r", %r : tensor<24x40xf32>
}

// A grouped 3x3 convolution with stride 2 and padding 1, and its gradients.
descent.entry @conv_strided {
  %x = descent.read @x : tensor<3x4x7x9xf32>
  %w = descent.read @w : tensor<6x2x3x3xf32>
  %r = descent.kernel [3, 2, 3, 4, 5] reduce [2, 3, 3] by [#descent.combiner<sum>]
    map(%x, %w : tensor<3x4x7x9xf32>, tensor<6x2x3x3xf32>)
      [#descent.access<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1 * 2 + d5, d3 * 2 + d6 - 1, d4 * 2 + d7 - 1)
         if [d3 * 2 + d6 - 1, -d3 * 2 - d6 + 7, d4 * 2 + d7 - 1, -d4 * 2 - d7 + 9] else 0.0 : f32>,
       #descent.access<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d1 * 3 + d2, d5, d6, d7)>] {
      ^bb0(%e: f32, %f: f32):
        %p = descent.mul %e, %f : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<3x6x4x5xf32>
  descent.output "r", %r : tensor<3x6x4x5xf32>
}
descent.entry @conv_strided_dx {
  %dy = descent.read @dy : tensor<3x6x4x5xf32>
  %w = descent.read @w : tensor<6x2x3x3xf32>
  %r = descent.kernel [3, 2, 2, 7, 9] reduce [3, 3, 3] by [#descent.combiner<sum>]
    map(%dy, %w : tensor<3x6x4x5xf32>, tensor<6x2x3x3xf32>)
      [#descent.access<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1 * 3 + d5, (d3 - d6 + 1) floordiv 2, (d4 - d7 + 1) floordiv 2)
         if [d3 - d6 + 1, -d3 + d6 + 6, (d3 - d6 + 1) mod 2 == 0, d4 - d7 + 1, -d4 + d7 + 8, (d4 - d7 + 1) mod 2 == 0] else 0.0 : f32>,
       #descent.access<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d1 * 3 + d5, d2, d6, d7)>] {
      ^bb0(%e: f32, %f: f32):
        %p = descent.mul %e, %f : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<3x4x7x9xf32>
  descent.output "r", %r : tensor<3x4x7x9xf32>
}
descent.entry @conv_strided_dw {
  %dy = descent.read @dy : tensor<3x6x4x5xf32>
  %x = descent.read @x : tensor<3x4x7x9xf32>
  %r = descent.kernel [2, 3, 2, 3, 3] reduce [3, 4, 5] by [#descent.combiner<sum>]
    map(%dy, %x : tensor<3x6x4x5xf32>, tensor<3x4x7x9xf32>)
      [#descent.access<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d5, d0 * 3 + d1, d6, d7)>,
       #descent.access<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d5, d0 * 2 + d2, d6 * 2 + d3 - 1, d7 * 2 + d4 - 1)
         if [d6 * 2 + d3 - 1, -d6 * 2 - d3 + 7, d7 * 2 + d4 - 1, -d7 * 2 - d4 + 9] else 0.0 : f32>] {
      ^bb0(%e: f32, %f: f32):
        %p = descent.mul %e, %f : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<6x2x3x3xf32>
  descent.output "r", %r : tensor<6x2x3x3xf32>
}

// A convolution wide enough for vectors, whose input goes through an activation on the way in.
descent.entry @conv {
  %x = descent.read @image : tensor<3x4x14x14xf32>
  %w = descent.read @filter : tensor<8x4x3x3xf32>
  %r = descent.kernel [3, 8, 14, 14] reduce [4, 3, 3] by [#descent.combiner<sum>]
    map(%x, %w : tensor<3x4x14x14xf32>, tensor<8x4x3x3xf32>)
      [#descent.access<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d4, d2 + d5 - 1, d3 + d6 - 1)
         if [d2 + d5 - 1, -d2 - d5 + 14, d3 + d6 - 1, -d3 - d6 + 14] else 0.0 : f32>,
       #descent.access<(d0, d1, d2, d3, d4, d5, d6) -> (d1, d4, d5, d6)>] {
      ^bb0(%e: f32, %f: f32):
        %l = descent.leaky_relu %e, 0.0 : f32
        %p = descent.mul %l, %f : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<3x8x14x14xf32>
  descent.output "r", %r : tensor<3x8x14x14xf32>
}

// Padding that repeats the edge: no guard, digits clamped by the access itself is not affine, so a mirror instead.
descent.entry @mirrored {
  %a = descent.read @b13 : tensor<13xf32>
  %r = descent.kernel [39] reduce [] by [] map() [] { descent.yield }
    finish(%a : tensor<13xf32>) [#descent.access<(d0) -> (-(d0 mod 13) + 12)>] {
      ^bb0(%x: f32):
        descent.yield %x : f32
    } : tensor<3x13xf32>
  descent.output "r", %r : tensor<3x13xf32>
}

// A whole tensor to one number, by two combiners at once.
descent.entry @to_scalar {
  %a = descent.read @long : tensor<1027xf32>
  %r:2 = descent.kernel [] reduce [1027] by [#descent.combiner<sum>, #descent.combiner<max>]
    map(%a : tensor<1027xf32>) [#descent.access<(d0) -> (d0)>] {
      ^bb0(%x: f32):
        %q = descent.mul %x, %x : f32
        descent.yield %q, %x : f32, f32
    } finish() [] {
      ^bb0(%s: f32, %m: f32):
        descent.yield %s, %m : f32, f32
    } : tensor<f32>, tensor<f32>
  descent.output "s", %r#0 : tensor<f32>
  descent.output "m", %r#1 : tensor<f32>
}

// Overlapping windows padded with the lowest value.
descent.entry @max_pool {
  %x = descent.read @x : tensor<3x4x7x9xf32>
  %r:2 = descent.kernel [3, 4, 4, 5] reduce [3, 3] by [#descent.combiner<max_index>]
    map(%x : tensor<3x4x7x9xf32>)
      [#descent.access<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2 * 2 + d4 - 1, d3 * 2 + d5 - 1)
         if [d2 * 2 + d4 - 1, -d2 * 2 - d4 + 7, d3 * 2 + d5 - 1, -d3 * 2 - d5 + 9] else 0xFF800000 : f32>] {
      ^bb0(%e: f32):
        descent.yield %e : f32
    } finish() [] {
      ^bb0(%m: f32, %i: i32):
        descent.yield %m, %i : f32, i32
    } : tensor<3x4x4x5xf32>, tensor<3x4x4x5xi32>
  descent.output "m", %r#0 : tensor<3x4x4x5xf32>
  descent.output "i", %r#1 : tensor<3x4x4x5xi32>
}

// Integers and truth values in memory.
descent.entry @integers {
  %i = descent.read @i7x13 : tensor<7x13xi32>
  %l = descent.read @labels : tensor<13xi32>
  %m = descent.read @mask : tensor<7x13xi1>
  %r:3 = descent.kernel [7, 13] reduce [] by [] map() [] { descent.yield }
    finish(%i, %l, %m : tensor<7x13xi32>, tensor<13xi32>, tensor<7x13xi1>)
      [#descent.access<(d0, d1) -> (d0, d1)>, #descent.access<(d0, d1) -> (d1)>, #descent.access<(d0, d1) -> (d0, -d1 + 12)>] {
      ^bb0(%x: i32, %y: i32, %b: i1):
        %s = descent.sub %x, %y : i32
        %p = descent.mul %s, %s : i32
        %c = descent.compare lt %x, %y : i32
        %cb = descent.and %c, %b : i1
        %z = descent.select %cb, %p, %x : i32
        %f = descent.cast %cb : i1 to f32
        descent.yield %z, %cb, %f : i32, i1, f32
    } : tensor<7x13xi32>, tensor<7x13xi1>, tensor<7x13xf32>
  descent.output "z", %r#0 : tensor<7x13xi32>
  descent.output "c", %r#1 : tensor<7x13xi1>
  descent.output "f", %r#2 : tensor<7x13xf32>
}

// A one-hot product: the index of the reduction inside the body.
descent.entry @picked {
  %b = descent.read @b17x11 : tensor<17x11xf32>
  %l = descent.read @labels : tensor<13xi32>
  %r = descent.kernel [13, 17] reduce [11] by [#descent.combiner<sum>]
    map(%b, %l : tensor<17x11xf32>, tensor<13xi32>)
      [#descent.access<(d0, d1, d2) -> (d1, d2)>, #descent.access<(d0, d1, d2) -> (d0)>] {
      ^bb0(%x: f32, %k: i32):
        %i = descent.index affine_map<(d0, d1, d2) -> (d2)>
        %c = descent.compare eq %i, %k : i32
        %z = descent.constant 0.0 : f32
        %s = descent.select %c, %x, %z : f32
        descent.yield %s : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<13x17xf32>
  descent.output "r", %r : tensor<13x17xf32>
}

// Randomness and its use.
descent.entry @dropout {
  %a = descent.read @a7x13 : tensor<7x13xf32>
  %r:2 = descent.kernel [7, 13] reduce [] by [] map() [] { descent.yield }
    finish(%a : tensor<7x13xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%x: f32):
        %lo = descent.constant 123456789 : i32
        %hi = descent.constant -5 : i32
        %step = descent.constant 42 : i32
        %i = descent.index affine_map<(d0, d1) -> (d0 * 13 + d1)>
        %bits = descent.philox %lo, %hi, %step, %i stream 7 : i32
        %half = descent.constant 1073741824 : i32
        %keep = descent.compare ge %bits, %half : i32
        %zero = descent.constant 0.0 : f32
        %k = descent.select %keep, %x, %zero : f32
        descent.yield %k, %bits : f32, i32
    } : tensor<7x13xf32>, tensor<7x13xi32>
  descent.output "k", %r#0 : tensor<7x13xf32>
  descent.output "bits", %r#1 : tensor<7x13xi32>
}

// A window over a product: both factors are guarded alike.
descent.entry @guarded_product {
  %x = descent.read @image : tensor<3x4x14x14xf32>
  %w = descent.read @filter : tensor<8x4x3x3xf32>
  %r = descent.kernel [3, 4, 14, 14] reduce [3, 3, 4] by [#descent.combiner<sum>]
    map(%x, %w : tensor<3x4x14x14xf32>, tensor<8x4x3x3xf32>)
      [#descent.access<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d6, d2 - d4 + 1, d3 - d5 + 1)
         if [d2 - d4 + 1, -d2 + d4 + 12, d3 - d5 + 1, -d3 + d5 + 12] else 0.0 : f32>,
       #descent.access<(d0, d1, d2, d3, d4, d5, d6) -> (d6, d1, d4, d5)
         if [d2 - d4 + 1, -d2 + d4 + 12, d3 - d5 + 1, -d3 + d5 + 12] else 0.0 : f32>] {
      ^bb0(%e: f32, %f: f32):
        %p = descent.mul %e, %f : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<3x4x14x14xf32>
  descent.output "r", %r : tensor<3x4x14x14xf32>
}

// Reductions over a single element.
descent.entry @unit_reduction {
  %a = descent.read @a7x13 : tensor<7x13xf32>
  %r:2 = descent.kernel [7, 13] reduce [1, 1] by [#descent.combiner<max_index>]
    map(%a : tensor<7x13xf32>) [#descent.access<(d0, d1, d2, d3) -> (d0, d1)>] {
      ^bb0(%x: f32):
        %q = descent.mul %x, %x : f32
        descent.yield %q : f32
    } finish() [] {
      ^bb0(%m: f32, %i: i32):
        descent.yield %m, %i : f32, i32
    } : tensor<7x13xf32>, tensor<7x13xi32>
  descent.output "m", %r#0 : tensor<7x13xf32>
  descent.output "i", %r#1 : tensor<7x13xi32>
}

// Loads at computed indices: some outside of the table, which counts them as its ends; others are functions of the iteration's place, and of those one leaves it too.
descent.input @rows : tensor<7xi32> range [-3, 20]
descent.input @flags : tensor<13x4xi1>
descent.entry @gather {
  %t = descent.read @a13x17 : tensor<13x17xf32>
  %f = descent.read @flags : tensor<13x4xi1>
  %i = descent.read @rows : tensor<7xi32>
  %r:2 = descent.kernel [7, 13] reduce [] by [] map() [] { descent.yield }
    finish(%t, %f, %i : tensor<13x17xf32>, tensor<13x4xi1>, tensor<7xi32>)
      [#descent.access<whole>, #descent.access<whole>, #descent.access<(d0, d1) -> (d0)>] {
      ^bb0(%table: tensor<13x17xf32>, %flag: tensor<13x4xi1>, %row: i32):
        %d0 = descent.index affine_map<(d0, d1) -> (d0)>
        %d1 = descent.index affine_map<(d0, d1) -> (d1)>
        %past = descent.index affine_map<(d0, d1) -> (2 * d1 - 4)>
        %three = descent.constant 3 : i32
        %a = descent.load %table[%row, %d1] : tensor<13x17xf32> -> f32
        %b = descent.load %table[%d1, %row] : tensor<13x17xf32> -> f32
        %c = descent.load %table[%d1, %past] : tensor<13x17xf32> -> f32
        %g = descent.load %flag[%row, %three] : tensor<13x4xi1> -> i1
        %s = descent.sub %a, %b : f32
        %z = descent.select %g, %s, %c : f32
        descent.yield %z, %c : f32, f32
    } : tensor<7x13xf32>, tensor<91xf32>
  descent.output "z", %r#0 : tensor<7x13xf32>
  descent.output "c", %r#1 : tensor<91xf32>
}

// Loads inside a reduction, and behind it at an index that it found.
descent.entry @gather_reduced {
  %t = descent.read @a13x17 : tensor<13x17xf32>
  %i = descent.read @rows : tensor<7xi32>
  %w = descent.read @b17x11 : tensor<17x11xf32>
  %r:2 = descent.kernel [7, 11] reduce [17] by [#descent.combiner<sum>, #descent.combiner<max_index>]
    map(%t, %i, %w : tensor<13x17xf32>, tensor<7xi32>, tensor<17x11xf32>)
      [#descent.access<whole>, #descent.access<(d0, d1, d2) -> (d0)>, #descent.access<(d0, d1, d2) -> (d2, d1)>] {
      ^bb0(%table: tensor<13x17xf32>, %row: i32, %f: f32):
        %d2 = descent.index affine_map<(d0, d1, d2) -> (d2)>
        %e = descent.load %table[%row, %d2] : tensor<13x17xf32> -> f32
        %p = descent.mul %e, %f : f32
        descent.yield %p, %p : f32, f32
    } finish(%t : tensor<13x17xf32>) [#descent.access<whole>] {
      ^bb0(%sum: f32, %max: f32, %at: i32, %table: tensor<13x17xf32>):
        %zero = descent.constant 0 : i32
        %l = descent.load %table[%zero, %at] : tensor<13x17xf32> -> f32
        %z = descent.add %sum, %l : f32
        descent.yield %z, %max : f32, f32
    } : tensor<7x11xf32>, tensor<7x11xf32>
  descent.output "z", %r#0 : tensor<7x11xf32>
  descent.output "m", %r#1 : tensor<7x11xf32>
}

// Products, and combinations of integers, which wrap.
descent.entry @products {
  %a = descent.read @a7x13 : tensor<7x13xf32>
  %i = descent.read @i7x13 : tensor<7x13xi32>
  %r:4 = descent.kernel [7] reduce [13] by [#descent.combiner<product>, #descent.combiner<product>, #descent.combiner<sum>, #descent.combiner<max>]
    map(%a, %i : tensor<7x13xf32>, tensor<7x13xi32>) [#descent.access<(d0, d1) -> (d0, d1)>, #descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%x: f32, %n: i32):
        %big = descent.constant 400000001 : i32
        %m = descent.mul %n, %big : i32
        %one = descent.constant 1 : i32
        %odd = descent.add %m, %m, %one : i32
        descent.yield %x, %odd, %m, %m : f32, i32, i32, i32
    } finish() [] {
      ^bb0(%p: f32, %q: i32, %s: i32, %t: i32):
        descent.yield %p, %q, %s, %t : f32, i32, i32, i32
    } : tensor<7xf32>, tensor<7xi32>, tensor<7xi32>, tensor<7xi32>
  descent.output "p", %r#0 : tensor<7xf32>
  descent.output "q", %r#1 : tensor<7xi32>
  descent.output "s", %r#2 : tensor<7xi32>
  descent.output "t", %r#3 : tensor<7xi32>
}

// The first of equal integers counts; those without a sign compare without one.
descent.entry @integer_maxima {
  %i = descent.read @i7x13 : tensor<7x13xi32>
  %r:4 = descent.kernel [7] reduce [13] by [#descent.combiner<max_index>, #descent.combiner<max_index>]
    map(%i : tensor<7x13xi32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%n: i32):
        %u = descent.cast %n : i32 to ui32
        descent.yield %n, %u : i32, ui32
    } finish() [] {
      ^bb0(%m: i32, %j: i32, %u: ui32, %k: i32):
        descent.yield %m, %j, %u, %k : i32, i32, ui32, i32
    } : tensor<7xi32>, tensor<7xi32>, tensor<7xui32>, tensor<7xi32>
  descent.output "m", %r#0 : tensor<7xi32>
  descent.output "j", %r#1 : tensor<7xi32>
  descent.output "u", %r#2 : tensor<7xui32>
  descent.output "k", %r#3 : tensor<7xi32>
}

// Sums to computed places, some of which lie outside; under a condition beside that, and from other sums on.
descent.entry @scattered {
  %u = descent.read @updates : tensor<13x5x3xf32>
  %p = descent.read @places : tensor<13x5xi32>
  %r = descent.kernel [5, 41, 3] reduce [13] by [#descent.combiner<sum>]
    map(%u, %p : tensor<13x5x3xf32>, tensor<13x5xi32>)
      [#descent.access<(d0, d1, d2, d3) -> (d3, d0, d2)>, #descent.access<(d0, d1, d2, d3) -> (d3, d0)>] {
      ^bb0(%x: f32, %at: i32):
        %zero = descent.constant 0.0 : f32
        %place = descent.index affine_map<(d0, d1, d2, d3) -> (d1)>
        %hit = descent.compare eq %at, %place : i32
        %s = descent.select %hit, %x, %zero : f32
        descent.yield %s : f32
    } finish() [] {
      ^bb0(%sum: f32):
        descent.yield %sum : f32
    } : tensor<5x41x3xf32>
  descent.output "r", %r : tensor<5x41x3xf32>
}
descent.entry @scattered_more {
  %u = descent.read @updates : tensor<13x5x3xf32>
  %p = descent.read @places : tensor<13x5xi32>
  %b = descent.read @sums : tensor<5x41x3xf32>
  %r = descent.kernel [5, 41, 3] reduce [13] by [#descent.combiner<sum>]
    map(%u, %p : tensor<13x5x3xf32>, tensor<13x5xi32>)
      [#descent.access<(d0, d1, d2, d3) -> (d3, d0, d2)>, #descent.access<(d0, d1, d2, d3) -> (d3, d0)>] {
      ^bb0(%x: f32, %at: i32):
        %zero = descent.constant 0.0 : f32
        %place = descent.index affine_map<(d0, d1, d2, d3) -> (d1)>
        %counts = descent.in_bounds affine_set<(d0, d1, d2, d3) : (d3 + d0 - 2 >= 0)>
        %hit = descent.compare eq %place, %at : i32
        %s = descent.select %hit, %x, %zero : f32
        %t = descent.select %counts, %s, %zero : f32
        descent.yield %t : f32
    } finish(%b : tensor<5x41x3xf32>) [#descent.access<(d0, d1, d2) -> (d0, d1, d2)>] {
      ^bb0(%sum: f32, %before: f32):
        %z = descent.add %sum, %before : f32
        descent.yield %z : f32
    } : tensor<5x41x3xf32>
  descent.output "r", %r : tensor<5x41x3xf32>
}
descent.entry @scattered_counts {
  %p = descent.read @places5 : tensor<5x128xi32>
  %r = descent.kernel [41, 5] reduce [128] by [#descent.combiner<sum>]
    map(%p : tensor<5x128xi32>) [#descent.access<(d0, d1, d2) -> (d1, d2)>] {
      ^bb0(%at: i32):
        %zero = descent.constant 0 : i32
        %one = descent.constant 1 : i32
        %place = descent.index affine_map<(d0, d1, d2) -> (d0)>
        %hit = descent.compare eq %at, %place : i32
        %s = descent.select %hit, %one, %zero : i32
        descent.yield %s : i32
    } finish() [] {
      ^bb0(%sum: i32):
        descent.yield %sum : i32
    } : tensor<41x5xi32>
  descent.output "r", %r : tensor<41x5xi32>
}

// So many places that a loop over eight at a time would have more trips than llvmpipe makes.
descent.entry @scattered_far {
  %p = descent.read @far_places : tensor<5xi32>
  %r = descent.kernel [600000] reduce [5] by [#descent.combiner<sum>]
    map(%p : tensor<5xi32>) [#descent.access<(d0, d1) -> (d1)>] {
      ^bb0(%at: i32):
        %zero = descent.constant 0.0 : f32
        %x = descent.cast %at : i32 to f32
        %place = descent.index affine_map<(d0, d1) -> (d0)>
        %hit = descent.compare eq %at, %place : i32
        %s = descent.select %hit, %x, %zero : f32
        descent.yield %s : f32
    } finish() [] {
      ^bb0(%sum: f32):
        descent.yield %sum : f32
    } : tensor<600000xf32>
  descent.output "r", %r : tensor<600000xf32>
}

// Two products in one kernel, as the gates of a cell, each of them multiply-adds, and what is made of both behind them.
descent.entry @two_products {
  %a = descent.read @a13x17 : tensor<13x17xf32>
  %b = descent.read @b17x11 : tensor<17x11xf32>
  %r:2 = descent.kernel [13, 5] reduce [17] by [#descent.combiner<sum>, #descent.combiner<sum>]
    map(%a, %b, %b : tensor<13x17xf32>, tensor<17x11xf32>, tensor<17x11xf32>)
      [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d2, d1)>, #descent.access<(d0, d1, d2) -> (d2, d1 + 5)>] {
      ^bb0(%x: f32, %y: f32, %z: f32):
        %p = descent.mul %x, %y : f32
        %q = descent.mul %x, %z : f32
        descent.yield %p, %q : f32, f32
    } finish() [] {
      ^bb0(%s: f32, %t: f32):
        %u = descent.tanh %s : f32
        %v = descent.mul %u, %t : f32
        descent.yield %v, %s : f32, f32
    } : tensor<13x5xf32>, tensor<13x5xf32>
  descent.output "v", %r#0 : tensor<13x5xf32>
  descent.output "s", %r#1 : tensor<13x5xf32>
}
