# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""gru.py STEPS BATCH HIDDEN INPUTS: prints the training step of a GRU as PyTorch defines it, with a squared error at every step and plain gradient descent."""
import sys

T, B, H, I = (int(argument) for argument in sys.argv[1:])


def t(*shape):
    return "tensor<%sf32>" % "".join("%dx" % extent for extent in shape)


wi, wh, bi, bh, v = t(3 * H, I), t(3 * H, H), t(3 * H), t(3 * H), t(1, H)
hT, gT, xT = t(B, H), t(B, 3 * H), t(B, I)
print(f"""
descent.state @wi : {wi} parameter #descent.init<uniform, -0.125 : f32, 0.125 : f32>
descent.state @wh : {wh} parameter #descent.init<uniform, -0.125 : f32, 0.125 : f32>
descent.state @bi : {bi} parameter #descent.init<uniform, -0.125 : f32, 0.125 : f32>
descent.state @bh : {bh} parameter #descent.init<uniform, -0.125 : f32, 0.125 : f32>
descent.state @v : {v} parameter #descent.init<uniform, -0.125 : f32, 0.125 : f32>
descent.input @x : {t(T, B, I)}
descent.input @y : {t(T, B, 1)}
descent.entry @train {{
  %x = descent.read @x : {t(T, B, I)}
  %y = descent.read @y : {t(T, B, 1)}
  %wi = descent.read @wi : {wi}
  %wh = descent.read @wh : {wh}
  %bi = descent.read @bi : {bi}
  %bh = descent.read @bh : {bh}
  %v = descent.read @v : {v}
  %h0 = descent.constant dense<0.0> : {hT}
  %h, %hs = descent.scan count {T} carry(%h0 : {hT}) over(%x : {t(T, B, I)}) with(%wi, %wh, %bi, %bh : {wi}, {wh}, {bi}, {bh}) {{
  ^bb0(%a: {hT}, %s: {xT}, %cwi: {wi}, %cwh: {wh}, %cbi: {bi}, %cbh: {bh}):
    %p = descent.contract %s [0, 2], %cwi [1, 2] to [0, 1] : ({xT}, {wi}) -> {gT}
    %q = descent.contract %a [0, 2], %cwh [1, 2] to [0, 1] : ({hT}, {wh}) -> {gT}
    %bib = descent.broadcast %cbi [1] : {bi} to {gT}
    %bhb = descent.broadcast %cbh [1] : {bh} to {gT}
    %gi = descent.add %p, %bib : {gT}
    %gh = descent.add %q, %bhb : {gT}""")
for n, (src, o) in {"ir": ("gi", 0), "iz": ("gi", H), "in": ("gi", 2 * H), "hr": ("gh", 0), "hz": ("gh", H), "hn": ("gh", 2 * H)}.items():
    print(f"    %{n} = descent.slice %{src} offsets [0, {o}] strides [1, 1] : {gT} to {hT}")
print(f"""    %r0 = descent.add %ir, %hr : {hT}
    %r = descent.sigmoid %r0 : {hT}
    %z0 = descent.add %iz, %hz : {hT}
    %z = descent.sigmoid %z0 : {hT}
    %rn = descent.mul %r, %hn : {hT}
    %n0 = descent.add %in, %rn : {hT}
    %n = descent.tanh %n0 : {hT}
    %d = descent.sub %a, %n : {hT}
    %zd = descent.mul %z, %d : {hT}
    %next = descent.add %n, %zd : {hT}
    descent.return %next, %next : {hT}, {hT}
  }} : {hT} stack {t(T, B, H)}
  %o = descent.contract %hs [0, 1, 3], %v [2, 3] to [0, 1, 2] : ({t(T, B, H)}, {v}) -> {t(T, B, 1)}
  %e = descent.sub %o, %y : {t(T, B, 1)}
  %ee = descent.mul %e, %e : {t(T, B, 1)}
  %sum = descent.reduce_sum %ee [0, 1, 2] : {t(T, B, 1)} to tensor<f32>
  %k = descent.constant dense<{1.0 / (T * B)!r}> : tensor<f32>
  %loss = descent.mul %sum, %k : tensor<f32>
  %g:5 = descent.gradient %loss wrt %wi, %wh, %bi, %bh, %v : tensor<f32> wrt {wi}, {wh}, {bi}, {bh}, {v} to {wi}, {wh}, {bi}, {bh}, {v}
  descent.output "loss", %loss : tensor<f32>""")
for i, (n, ty) in enumerate([("wi", wi), ("wh", wh), ("bi", bi), ("bh", bh), ("v", v)]):
    print(f"""  %lr{n} = descent.constant dense<0.1> : {ty}
  %u{n} = descent.mul %lr{n}, %g#{i} : {ty}
  %new{n} = descent.sub %{n}, %u{n} : {ty}
  descent.write @{n}, %new{n} : {ty}""")
print("}")
