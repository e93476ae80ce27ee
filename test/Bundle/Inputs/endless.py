# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints an entry whose loop has more iterations than a run may launch kernels."""
print("""
descent.input @x : tensor<2x2xf32>
descent.entry @predict {
  %x = descent.read @x : tensor<2x2xf32>
  %h = descent.scan count 5000000 carry(%x : tensor<2x2xf32>) over() with() {
  ^bb0(%a: tensor<2x2xf32>):
    %z = descent.tanh %a : tensor<2x2xf32>
    descent.return %z : tensor<2x2xf32>
  } : tensor<2x2xf32>
  descent.output "last", %h : tensor<2x2xf32>
}""")
