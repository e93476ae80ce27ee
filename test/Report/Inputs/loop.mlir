// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Nine steps of h = h w + s, each of which needs the one before.
descent.state @w : tensor<16x16xf32> parameter <uniform, -0.1 : f32, 0.1 : f32>
descent.input @x : tensor<9x2x16xf32>
descent.entry @predict {
  %x = descent.read @x : tensor<9x2x16xf32>
  %w = descent.read @w : tensor<16x16xf32>
  %h0 = descent.constant dense<0.0> : tensor<2x16xf32>
  %h, %hs = descent.scan count 9 carry(%h0 : tensor<2x16xf32>) over(%x : tensor<9x2x16xf32>) with(%w : tensor<16x16xf32>) {
  ^bb0(%a: tensor<2x16xf32>, %s: tensor<2x16xf32>, %u: tensor<16x16xf32>):
    %p = descent.contract %a [0, 1], %u [1, 2] to [0, 2] : (tensor<2x16xf32>, tensor<16x16xf32>) -> tensor<2x16xf32>
    %z = descent.add %p, %s : tensor<2x16xf32>
    descent.return %z, %z : tensor<2x16xf32>, tensor<2x16xf32>
  } : tensor<2x16xf32> stack tensor<9x2x16xf32>
  descent.output "last", %h : tensor<2x16xf32>
  descent.output "all", %hs : tensor<9x2x16xf32>
}
