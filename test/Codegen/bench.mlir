// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels for descent-kernel-bench: the shapes that a convolutional network's training step is made of, and the classics.

descent.input @a : tensor<512x512xf32>
descent.input @b : tensor<512x512xf32>
descent.input @x1568 : tensor<128x1568xf32>
descent.input @w1568 : tensor<128x1568xf32>
descent.input @dy128 : tensor<128x128xf32>
descent.input @x128 : tensor<128x128xf32>
descent.input @w10 : tensor<10x128xf32>
descent.input @cx : tensor<128x16x14x14xf32>
descent.input @cw : tensor<32x8x3x3xf32>
descent.input @cdy : tensor<128x32x14x14xf32>
descent.input @c1x : tensor<128x1x28x28xf32>
descent.input @c1w : tensor<16x1x3x3xf32>
descent.input @c1dy : tensor<128x16x28x28xf32>
descent.input @va : tensor<4194304xf32>
descent.input @vb : tensor<4194304xf32>
descent.input @m : tensor<2048x2048xf32>
descent.input @pi : tensor<128x16x14x14xi32> range [0, 4]
descent.input @pdy : tensor<128x16x14x14xf32>
descent.input @p : tensor<204672xf32>
descent.input @g : tensor<204672xf32>
descent.input @m1 : tensor<204672xf32>
descent.input @v1 : tensor<204672xf32>

// c = a b
descent.entry @matmul {
  %a = descent.read @a : tensor<512x512xf32>
  %b = descent.read @b : tensor<512x512xf32>
  %r0 = descent.kernel [512, 512] reduce [512] by [#descent.combiner<sum>]
    map(%a, %b : tensor<512x512xf32>, tensor<512x512xf32>) [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d2, d1)>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<512x512xf32>
  descent.output "r0", %r0 : tensor<512x512xf32>
}

// y = x w^T, as the forward pass of a dense layer
descent.entry @dense {
  %x1568 = descent.read @x1568 : tensor<128x1568xf32>
  %w1568 = descent.read @w1568 : tensor<128x1568xf32>
  %r0 = descent.kernel [128, 128] reduce [1568] by [#descent.combiner<sum>]
    map(%x1568, %w1568 : tensor<128x1568xf32>, tensor<128x1568xf32>) [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d1, d2)>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<128x128xf32>
  descent.output "r0", %r0 : tensor<128x128xf32>
}

// dx = dy w
descent.entry @dense_dx {
  %dy128 = descent.read @dy128 : tensor<128x128xf32>
  %w1568 = descent.read @w1568 : tensor<128x1568xf32>
  %r0 = descent.kernel [128, 1568] reduce [128] by [#descent.combiner<sum>]
    map(%dy128, %w1568 : tensor<128x128xf32>, tensor<128x1568xf32>) [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d2, d1)>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<128x1568xf32>
  descent.output "r0", %r0 : tensor<128x1568xf32>
}

// dw = dy^T x
descent.entry @dense_dw {
  %dy128 = descent.read @dy128 : tensor<128x128xf32>
  %x1568 = descent.read @x1568 : tensor<128x1568xf32>
  %r0 = descent.kernel [128, 1568] reduce [128] by [#descent.combiner<sum>]
    map(%dy128, %x1568 : tensor<128x128xf32>, tensor<128x1568xf32>) [#descent.access<(d0, d1, d2) -> (d2, d0)>, #descent.access<(d0, d1, d2) -> (d2, d1)>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<128x1568xf32>
  descent.output "r0", %r0 : tensor<128x1568xf32>
}

// y = x w^T with ten columns
descent.entry @logits {
  %x128 = descent.read @x128 : tensor<128x128xf32>
  %w10 = descent.read @w10 : tensor<10x128xf32>
  %r0 = descent.kernel [128, 10] reduce [128] by [#descent.combiner<sum>]
    map(%x128, %w10 : tensor<128x128xf32>, tensor<10x128xf32>) [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d1, d2)>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<128x10xf32>
  descent.output "r0", %r0 : tensor<128x10xf32>
}

// 3x3 convolution, 16 to 32 channels in two groups
descent.entry @conv {
  %cx = descent.read @cx : tensor<128x16x14x14xf32>
  %cw = descent.read @cw : tensor<32x8x3x3xf32>
  %r0 = descent.kernel [128, 2, 16, 14, 14] reduce [8, 3, 3] by [#descent.combiner<sum>]
    map(%cx, %cw : tensor<128x16x14x14xf32>, tensor<32x8x3x3xf32>) [#descent.access<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1 * 8 + d5, d3 + d6 - 1, d4 + d7 - 1) if [d3 + d6 - 1, 13 - (d3 + d6 - 1), d4 + d7 - 1, 13 - (d4 + d7 - 1)] else 0.0 : f32>, #descent.access<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d1 * 16 + d2, d5, d6, d7)>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<128x32x14x14xf32>
  descent.output "r0", %r0 : tensor<128x32x14x14xf32>
}

// its gradient by the input
descent.entry @conv_dx {
  %cdy = descent.read @cdy : tensor<128x32x14x14xf32>
  %cw = descent.read @cw : tensor<32x8x3x3xf32>
  %r0 = descent.kernel [128, 2, 8, 14, 14] reduce [16, 3, 3] by [#descent.combiner<sum>]
    map(%cdy, %cw : tensor<128x32x14x14xf32>, tensor<32x8x3x3xf32>) [#descent.access<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1 * 16 + d5, d3 - d6 + 1, d4 - d7 + 1) if [d3 - d6 + 1, 13 - (d3 - d6 + 1), d4 - d7 + 1, 13 - (d4 - d7 + 1)] else 0.0 : f32>, #descent.access<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d1 * 16 + d5, d2, d6, d7)>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<128x16x14x14xf32>
  descent.output "r0", %r0 : tensor<128x16x14x14xf32>
}

// its gradient by the weights
descent.entry @conv_dw {
  %cdy = descent.read @cdy : tensor<128x32x14x14xf32>
  %cx = descent.read @cx : tensor<128x16x14x14xf32>
  %r0 = descent.kernel [2, 16, 8, 3, 3] reduce [128, 14, 14] by [#descent.combiner<sum>]
    map(%cdy, %cx : tensor<128x32x14x14xf32>, tensor<128x16x14x14xf32>) [#descent.access<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d5, d0 * 16 + d1, d6, d7)>, #descent.access<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d5, d0 * 8 + d2, d6 + d3 - 1, d7 + d4 - 1) if [d6 + d3 - 1, 13 - (d6 + d3 - 1), d7 + d4 - 1, 13 - (d7 + d4 - 1)] else 0.0 : f32>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<32x8x3x3xf32>
  descent.output "r0", %r0 : tensor<32x8x3x3xf32>
}

// the same in 16 parts of the batch
descent.entry @conv_dw_split {
  %cdy = descent.read @cdy : tensor<128x32x14x14xf32>
  %cx = descent.read @cx : tensor<128x16x14x14xf32>
  %r0 = descent.kernel [16, 2, 16, 8, 3, 3] reduce [8, 14, 14] by [#descent.combiner<sum>]
    map(%cdy, %cx : tensor<128x32x14x14xf32>, tensor<128x16x14x14xf32>) [#descent.access<(d0, d1, d2, d3, d4, d5, d6, d7, d8) -> (d0 * 8 + d6, d1 * 16 + d2, d7, d8)>, #descent.access<(d0, d1, d2, d3, d4, d5, d6, d7, d8) -> (d0 * 8 + d6, d1 * 8 + d3, d7 + d4 - 1, d8 + d5 - 1) if [d7 + d4 - 1, 13 - (d7 + d4 - 1), d8 + d5 - 1, 13 - (d8 + d5 - 1)] else 0.0 : f32>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<16x32x8x3x3xf32>
  descent.output "r0", %r0 : tensor<16x32x8x3x3xf32>
}

// 3x3 convolution, 1 to 16 channels
descent.entry @conv1 {
  %c1x = descent.read @c1x : tensor<128x1x28x28xf32>
  %c1w = descent.read @c1w : tensor<16x1x3x3xf32>
  %r0 = descent.kernel [128, 16, 28, 28] reduce [1, 3, 3] by [#descent.combiner<sum>]
    map(%c1x, %c1w : tensor<128x1x28x28xf32>, tensor<16x1x3x3xf32>) [#descent.access<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d4, d2 + d5 - 1, d3 + d6 - 1) if [d2 + d5 - 1, 27 - (d2 + d5 - 1), d3 + d6 - 1, 27 - (d3 + d6 - 1)] else 0.0 : f32>, #descent.access<(d0, d1, d2, d3, d4, d5, d6) -> (d1, d4, d5, d6)>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<128x16x28x28xf32>
  descent.output "r0", %r0 : tensor<128x16x28x28xf32>
}

// its gradient by the weights, in 128 parts
descent.entry @conv1_dw_split {
  %c1dy = descent.read @c1dy : tensor<128x16x28x28xf32>
  %c1x = descent.read @c1x : tensor<128x1x28x28xf32>
  %r0 = descent.kernel [128, 16, 1, 3, 3] reduce [28, 28] by [#descent.combiner<sum>]
    map(%c1dy, %c1x : tensor<128x16x28x28xf32>, tensor<128x1x28x28xf32>) [#descent.access<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d5, d6)>, #descent.access<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d2, d5 + d3 - 1, d6 + d4 - 1) if [d5 + d3 - 1, 27 - (d5 + d3 - 1), d6 + d4 - 1, 27 - (d6 + d4 - 1)] else 0.0 : f32>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<128x16x1x3x3xf32>
  descent.output "r0", %r0 : tensor<128x16x1x3x3xf32>
}

// c = a + b
descent.entry @add {
  %va = descent.read @va : tensor<4194304xf32>
  %vb = descent.read @vb : tensor<4194304xf32>
  %r0 = descent.kernel [4194304] reduce [] by []
    map() [] {
      descent.yield
    } finish(%va, %vb : tensor<4194304xf32>, tensor<4194304xf32>) [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>] {
      ^bb0(%x: f32, %y: f32):
        %z = descent.add %x, %y : f32
        descent.yield %z : f32
    } : tensor<4194304xf32>
  descent.output "r0", %r0 : tensor<4194304xf32>
}

// sums of rows
descent.entry @row_sums {
  %m = descent.read @m : tensor<2048x2048xf32>
  %r0 = descent.kernel [2048] reduce [2048] by [#descent.combiner<sum>]
    map(%m : tensor<2048x2048xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
      ^bb0(%x: f32):
        descent.yield %x : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<2048xf32>
  descent.output "r0", %r0 : tensor<2048xf32>
}

// sums of columns, in 16 parts
descent.entry @column_sums {
  %m = descent.read @m : tensor<2048x2048xf32>
  %r0 = descent.kernel [16, 2048] reduce [128] by [#descent.combiner<sum>]
    map(%m : tensor<2048x2048xf32>) [#descent.access<(d0, d1, d2) -> (d0 * 128 + d2, d1)>] {
      ^bb0(%x: f32):
        descent.yield %x : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<16x2048xf32>
  descent.output "r0", %r0 : tensor<16x2048xf32>
}

// 2x2 maxima and their places
descent.entry @max_pool {
  %c1dy = descent.read @c1dy : tensor<128x16x28x28xf32>
  %r0, %r1 = descent.kernel [128, 16, 14, 14] reduce [2, 2] by [#descent.combiner<max_index>]
    map(%c1dy : tensor<128x16x28x28xf32>) [#descent.access<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2 * 2 + d4, d3 * 2 + d5)>] {
      ^bb0(%x: f32):
        descent.yield %x : f32
    } finish() [] {
      ^bb0(%s: f32, %i: i32):
        descent.yield %s, %i : f32, i32
    } : tensor<128x16x14x14xf32>, tensor<128x16x14x14xi32>
  descent.output "r0", %r0 : tensor<128x16x14x14xf32>
  descent.output "r1", %r1 : tensor<128x16x14x14xi32>
}

// the gradient of 2x2 maxima from their places
descent.entry @max_pool_dx {
  %pi = descent.read @pi : tensor<128x16x14x14xi32>
  %pdy = descent.read @pdy : tensor<128x16x14x14xf32>
  %r0 = descent.kernel [128, 16, 28, 28] reduce [] by []
    map() [] {
      descent.yield
    } finish(%pi, %pdy : tensor<128x16x14x14xi32>, tensor<128x16x14x14xf32>) [#descent.access<(d0, d1, d2, d3) -> (d0, d1, d2 floordiv 2, d3 floordiv 2)>, #descent.access<(d0, d1, d2, d3) -> (d0, d1, d2 floordiv 2, d3 floordiv 2)>] {
      ^bb0(%i: i32, %g: f32):
        %k = descent.index affine_map<(d0, d1, d2, d3) -> ((d2 mod 2) * 2 + d3 mod 2)>
        %z = descent.constant 0.0 : f32
        %c = descent.compare eq %i, %k : i32
        %r = descent.select %c, %g, %z : f32
        descent.yield %r : f32
    } : tensor<128x16x28x28xf32>
  descent.output "r0", %r0 : tensor<128x16x28x28xf32>
}

// Adam's update of all parameters
descent.entry @adam {
  %p = descent.read @p : tensor<204672xf32>
  %g = descent.read @g : tensor<204672xf32>
  %m1 = descent.read @m1 : tensor<204672xf32>
  %v1 = descent.read @v1 : tensor<204672xf32>
  %r0, %r1, %r2 = descent.kernel [204672] reduce [] by []
    map() [] {
      descent.yield
    } finish(%p, %g, %m1, %v1 : tensor<204672xf32>, tensor<204672xf32>, tensor<204672xf32>, tensor<204672xf32>) [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>] {
      ^bb0(%p0: f32, %g0: f32, %m0: f32, %v0: f32):
        %b1 = descent.constant 0.9 : f32
        %c1 = descent.constant 0.1 : f32
        %b2 = descent.constant 0.999 : f32
        %c2 = descent.constant 0.001 : f32
        %eps = descent.constant 1.0e-8 : f32
        %mm = descent.mul %m0, %b1 : f32
        %gg = descent.mul %g0, %c1 : f32
        %m2 = descent.add %mm, %gg : f32
        %g2 = descent.mul %g0, %g0 : f32
        %g3 = descent.mul %g2, %c2 : f32
        %vv = descent.mul %v0, %b2 : f32
        %v2 = descent.add %vv, %g3 : f32
        %va = descent.abs %v2 : f32
        %s = descent.sqrt %va : f32
        %se = descent.add %s, %eps : f32
        %q = descent.div %m2, %se : f32
        %u = descent.mul %q, %c2 : f32
        %pn = descent.sub %p0, %u : f32
        descent.yield %pn, %m2, %v2 : f32, f32, f32
    } : tensor<204672xf32>, tensor<204672xf32>, tensor<204672xf32>
  descent.output "r0", %r0 : tensor<204672xf32>
  descent.output "r1", %r1 : tensor<204672xf32>
  descent.output "r2", %r2 : tensor<204672xf32>
}
