// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels for descent-kernel-bench: the shapes that a convolutional network's training step is made of, and the classics.

descent.input @a : tensor<512x512xf32>
descent.input @b : tensor<512x512xf32>

// c = a b
descent.entry @matmul {
  %a = descent.read @a : tensor<512x512xf32>
  %b = descent.read @b : tensor<512x512xf32>
  %c = descent.kernel [512, 512] reduce [512] by [#descent.combiner<sum>]
    map(%a, %b : tensor<512x512xf32>, tensor<512x512xf32>)
      [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d2, d1)>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<512x512xf32>
  descent.output "c", %c : tensor<512x512xf32>
}
