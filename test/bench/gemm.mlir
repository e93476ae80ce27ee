// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Matrix products, c = a b, to be timed beside hand-written shaders.

descent.input @a512 : tensor<512x512xf32>
descent.input @b512 : tensor<512x512xf32>
descent.input @a1024 : tensor<1024x1024xf32>
descent.input @b1024 : tensor<1024x1024xf32>

descent.entry @gemm512 {
  %a = descent.read @a512 : tensor<512x512xf32>
  %b = descent.read @b512 : tensor<512x512xf32>
  %c = descent.kernel [512, 512] reduce [512] by [#descent.combiner<sum>]
    map(%a, %b : tensor<512x512xf32>, tensor<512x512xf32>) [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d2, d1)>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<512x512xf32>
  descent.output "c", %c : tensor<512x512xf32>
}

descent.entry @gemm1024 {
  %a = descent.read @a1024 : tensor<1024x1024xf32>
  %b = descent.read @b1024 : tensor<1024x1024xf32>
  %c = descent.kernel [1024, 1024] reduce [1024] by [#descent.combiner<sum>]
    map(%a, %b : tensor<1024x1024xf32>, tensor<1024x1024xf32>) [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d2, d1)>] {
      ^bb0(%x: f32, %y: f32):
        %p = descent.mul %x, %y : f32
        descent.yield %p : f32
    } finish() [] {
      ^bb0(%s: f32):
        descent.yield %s : f32
    } : tensor<1024x1024xf32>
  descent.output "c", %c : tensor<1024x1024xf32>
}
