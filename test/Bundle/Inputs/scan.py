# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""scan.py STEPS [INNER]: prints an entry with a recurrent network of that many steps, each with a scan of INNER steps inside of it if given."""
import sys

steps, inner = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
row, sequence = "tensor<2x64xf32>", f"tensor<{steps}x2x64xf32>"
step = f"%z = descent.add %p, %s : {row}"
if inner:
    step = f"""%q = descent.add %p, %s : {row}
    %z = descent.scan count {inner} carry(%q : {row}) over() with() {{
    ^bb0(%i: {row}):
      %j = descent.tanh %i : {row}
      descent.return %j : {row}
    }} : {row}"""
print(f"""
descent.state @w : tensor<64x64xf32> parameter <uniform, -0.1 : f32, 0.1 : f32>
descent.input @x : {sequence}
descent.entry @predict {{
  %x = descent.read @x : {sequence}
  %w = descent.read @w : tensor<64x64xf32>
  %h0 = descent.constant dense<0.0> : {row}
  %h, %hs = descent.scan count {steps} carry(%h0 : {row}) over(%x : {sequence}) with(%w : tensor<64x64xf32>) {{
  ^bb0(%a: {row}, %s: {row}, %u: tensor<64x64xf32>):
    %p = descent.contract %a [0, 1], %u [1, 2] to [0, 2] : ({row}, tensor<64x64xf32>) -> {row}
    {step}
    descent.return %z, %z : {row}, {row}
  }} : {row} stack {sequence}
  descent.output "last", %h : {row}
  descent.output "all", %hs : {sequence}
}}""")
