# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Layers with parameters and those that images and sequences need, against torch.nn, or NumPy where torch has none."""
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from cases import normal, spread, ties
from expressions import Expression, Module, integers, within


class Function(nn.Module):
    """A module of named parameters and a function of them and the operands."""

    def __init__(self, function, **shapes):
        super().__init__()
        self.function = function
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))

    def forward(self, *operands):
        return self.function(self, *operands)


def products():
    yield Module("dense", "odd", "dense(x0, 5)", lambda: nn.Linear(7, 5), (3, 7))
    yield Module("dense", "no-bias", "dense(x0, units: 4, bias: false)", lambda: nn.Linear(9, 4, bias=False), (5, 9))
    yield Module("dense", "leading", "dense(x0, units: 6, init: normal(0.0, 1.0))", lambda: nn.Linear(7, 6), (3, 2, 5, 7))
    yield Module("dense", "around-tiles", "dense(x0, 65)", lambda: nn.Linear(131, 65), (67, 131), draw=normal)
    yield Module("bilinear", "odd", "bilinear(x0, x1, 5)", lambda: nn.Bilinear(3, 4, 5), (6, 3), (6, 4))
    yield Module("bilinear", "no-bias", "bilinear(x0, x1, units: 2, bias: false)", lambda: nn.Bilinear(3, 4, 2, bias=False), (6, 3), (6, 4))
    yield Module("conv1d", "odd", "conv1d(x0, 4, 3)", lambda: nn.Conv1d(2, 4, 3), (3, 2, 7))
    yield Module("conv1d", "everything", 'conv1d(x0, filters: 4, kernel: 3, stride: 2, pad: 2, pad_mode: "zero", groups: 2, dilation: 2, bias: false)',
                 lambda: nn.Conv1d(2, 4, 3, 2, 2, 2, 2, False), (3, 2, 11))
    yield Module("conv3d", "odd", "conv3d(x0, 3, [2, 3, 2])", lambda: nn.Conv3d(2, 3, (2, 3, 2)), (2, 2, 4, 5, 3))
    yield Module("conv3d", "everything", 'conv3d(x0, filters: 4, kernel: [2, 3, 2], stride: [1, 2, 1], pad: [1, 0, 1], pad_mode: "zero", groups: 2, dilation: [1, 1, 2], bias: false)',
                 lambda: nn.Conv3d(2, 4, (2, 3, 2), (1, 2, 1), (1, 0, 1), (1, 1, 2), 2, False), (2, 2, 4, 5, 5))
    for mode, name in (("edge", "replicate"), ("reflect", "reflect"), ("circular", "circular")):
        yield Module("conv1d", mode, 'conv1d(x0, 2, 3, pad: 2, pad_mode: "%s", init: zeros_init())' % mode, lambda n=name: nn.Conv1d(2, 2, 3, padding=2, padding_mode=n), (2, 2, 5))
        yield Module("conv2d", mode, 'conv2d(x0, 2, [3, 2], pad: [2, 1], pad_mode: "%s", init: zeros_init())' % mode, lambda n=name: nn.Conv2d(2, 2, (3, 2), padding=(2, 1), padding_mode=n), (2, 2, 5, 4))
        yield Module("conv3d", mode, 'conv3d(x0, 2, 2, pad: 1, pad_mode: "%s", init: zeros_init())' % mode, lambda n=name: nn.Conv3d(1, 2, 2, padding=1, padding_mode=n), (2, 1, 3, 4, 3))
    yield Module("depthwise_conv2d", "odd", "depthwise_conv2d(x0, 3)", lambda: nn.Conv2d(3, 3, 3, groups=3), (2, 3, 7, 6))
    yield Module("depthwise_conv2d", "everything", "depthwise_conv2d(x0, kernel: [3, 2], multiplier: 2, stride: 2, pad: 1, dilation: [1, 2], bias: false)",
                 lambda: nn.Conv2d(3, 6, (3, 2), 2, 1, (1, 2), 3, False), (2, 3, 7, 6))
    yield Module("conv_transpose1d", "odd", "conv_transpose1d(x0, 3, 4)", lambda: nn.ConvTranspose1d(2, 3, 4), (3, 2, 5))
    yield Module("conv_transpose1d", "everything", "conv_transpose1d(x0, filters: 4, kernel: 3, stride: 3, pad: 1, output_pad: 2, groups: 2, dilation: 2, bias: false)",
                 lambda: nn.ConvTranspose1d(2, 4, 3, 3, 1, 2, 2, False, 2), (3, 2, 5))
    yield Module("conv_transpose2d", "odd", "conv_transpose2d(x0, 3, [4, 3])", lambda: nn.ConvTranspose2d(2, 3, (4, 3)), (3, 2, 5, 3))
    yield Module("conv_transpose2d", "upsampling", "conv_transpose2d(x0, 3, 4, stride: 2, pad: 1)", lambda: nn.ConvTranspose2d(2, 3, 4, 2, 1), (3, 2, 5, 3))
    yield Module("conv_transpose2d", "everything", "conv_transpose2d(x0, filters: 4, kernel: [3, 2], stride: [2, 3], pad: [1, 0], output_pad: [1, 2], groups: 2, dilation: [2, 1], bias: false)",
                 lambda: nn.ConvTranspose2d(2, 4, (3, 2), (2, 3), (1, 0), (1, 2), 2, False, (2, 1)), (3, 2, 5, 3))
    yield Module("embedding", "odd", "embedding(x0, 7, 5)", lambda: nn.Embedding(7, 5), (4,), draw=integers(0, 7))
    yield Module("embedding", "sequence", "embedding(x0, entries: 11, features: 3, init: uniform(-1.0, 1.0))", lambda: nn.Embedding(11, 3), (4, 6), draw=integers(0, 11))
    yield Module("embedding", "large", "embedding(x0, 5000, 8)", lambda: nn.Embedding(5000, 8), (67, 90), draw=integers(0, 5000))
    yield Module("sine", "odd", "sine(x0, 5)", lambda: Function(lambda m, x: torch.sin(30 * F.linear(x, m.weight, m.bias)), weight=(5, 3), bias=(5,)), (7, 3), draw=within(-0.1, 0.1), relative=1e-4)
    yield Module("sine", "first", "sine(x0, units: 5, frequency: 2.0, first: true)", lambda: Function(lambda m, x: torch.sin(2 * F.linear(x, m.weight, m.bias)), weight=(5, 3), bias=(5,)), (7, 3))
    yield Module("prelu", "odd", "prelu(x0)", nn.PReLU, (3, 5, 7))
    yield Module("prelu", "channels", "prelu(x0, channels: 5, slope: 0.1)", lambda: nn.PReLU(5), (3, 5, 7))


def norms():
    for name, shape, make in (("odd", (5, 3, 7), nn.BatchNorm1d), ("flat", (9, 3), nn.BatchNorm1d), ("images", (3, 3, 5, 4), nn.BatchNorm2d)):
        yield Module("batch_norm", name, "batch_norm(x0)", lambda m=make: m(3), shape)
    yield Module("batch_norm", "plain", "batch_norm(x0, eps: 0.01, momentum: 0.5, affine: false)", lambda: nn.BatchNorm2d(3, 0.01, 0.5, False), (3, 3, 5, 4))
    yield Module("batch_norm", "untracked", "batch_norm(x0, track: false)", lambda: nn.BatchNorm2d(3, track_running_stats=False), (3, 3, 5, 4))
    yield Module("layer_norm", "odd", "layer_norm(x0)", lambda: nn.LayerNorm(7), (3, 5, 7))
    yield Module("layer_norm", "two", "layer_norm(x0, axes: 2, eps: 0.01)", lambda: nn.LayerNorm((5, 7), 0.01), (3, 5, 7))
    yield Module("layer_norm", "plain", "layer_norm(x0, affine: false)", lambda: nn.LayerNorm(7, elementwise_affine=False), (3, 5, 7))
    yield Module("rms_norm", "odd", "rms_norm(x0)", lambda: Function(lambda m, x: x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt() * m.weight, weight=(7,)), (3, 5, 7))
    yield Module("rms_norm", "eps", "rms_norm(x0, eps: 0.1)", lambda: Function(lambda m, x: x / (x.square().mean(-1, keepdim=True) + 0.1).sqrt() * m.weight, weight=(7,)), (3, 7))
    yield Module("group_norm", "odd", "group_norm(x0, 2)", lambda: nn.GroupNorm(2, 6), (3, 6, 5, 3))
    yield Module("group_norm", "plain", "group_norm(x0, groups: 3, eps: 0.01, affine: false)", lambda: nn.GroupNorm(3, 6, 0.01, False), (3, 6, 5))
    yield Module("instance_norm", "odd", "instance_norm(x0)", lambda: nn.InstanceNorm2d(3), (2, 3, 5, 4))
    yield Module("instance_norm", "affine", "instance_norm(x0, eps: 0.01, affine: true)", lambda: nn.InstanceNorm1d(3, 0.01, affine=True), (2, 3, 7))
    yield Expression("normalize", "odd", "normalize(x0)", lambda x: F.normalize(x, dim=-1), (3, 5, 7), second=True)
    yield Expression("normalize", "one", "normalize(x0, p: 1.0, axes: [1], eps: 1e-6)", lambda x: F.normalize(x, 1, 1, 1e-6), (3, 5, 7))


def recurrent():
    for op, make, more in (("rnn", nn.RNN, {}), ("gru", nn.GRU, {}), ("lstm", nn.LSTM, {})):
        yield Module(op, "odd", "%s(x0, units: 5)" % op, lambda m=make: m(4, 5, batch_first=True), (3, 6, 4), call=lambda m, x: m(x)[0], relative=1e-5)
        yield Module(op, "stacked", '%s(x0, units: 5, layers: 2, bidirectional: true, dropout: 0.0, outputs: "last")' % op, lambda m=make: m(4, 5, 2, batch_first=True, bidirectional=True),
                     (2, 5, 4), call=lambda m, x: m(x)[0][:, -1])
        yield Module(op, "no-bias", "%s(x0, units: 3, bias: false, return_state: true)[1]" % op, lambda m=make: m(4, 3, bias=False, batch_first=True), (2, 5, 4),
                     call=lambda m, x, o=op: m(x)[1][0] if o == "lstm" else m(x)[1])
        yield Module(op, "one-step", "%s(x0, units: 3)" % op, lambda m=make: m(4, 3, batch_first=True), (2, 1, 4), call=lambda m, x: m(x)[0])
    yield Module("rnn", "relu", 'rnn(x0, units: 3, activation: "relu")', lambda: nn.RNN(4, 3, nonlinearity="relu", batch_first=True), (2, 5, 4), call=lambda m, x: m(x)[0])
    yield Module("gru", "state", "gru(x0, x1, units: 3)", lambda: nn.GRU(4, 3, batch_first=True), (2, 5, 4), (1, 2, 3), call=lambda m, x, h: m(x, h)[0])
    yield Module("rnn", "state", "rnn(x0, x1, units: 3)", lambda: nn.RNN(4, 3, batch_first=True), (2, 5, 4), (1, 2, 3), call=lambda m, x, h: m(x, h)[0])
    yield Module("lstm", "state", "lstm(x0, x1, x2, units: 3)", lambda: nn.LSTM(4, 3, batch_first=True), (2, 5, 4), (1, 2, 3), (1, 2, 3), call=lambda m, x, h, c: m(x, (h, c))[0])
    yield Module("lstm", "long", "lstm(x0, units: 3)", lambda: nn.LSTM(2, 3, batch_first=True), (2, 70, 2), call=lambda m, x: m(x)[0], relative=1e-4)
    yield Expression("scan", "odd", "scan(step: (s, a) => [[s * 0.5 + a], [s]], sequences: [x0], init: [x1], axis: 1, reversed: false)[0][0]", lambda x, s: running(x, s), (3, 5, 2), (3, 2), second=True)
    yield Expression("scan", "reversed", "scan((s, a) => [[s * 0.5 + a], [s]], [x0], [x1], axis: 1, reversed: true)[0][0]", lambda x, s: running(x.flip(1), s).flip(1), (3, 5, 2), (3, 2))
    yield Expression("scan", "final", "scan((s, a) => [[tanh(s + a)], []], [x0], [x1], 0)[1][0]", lambda x, s: final(x, s), (9, 2), (2,), second=True)


def running(x, s):
    outputs = []
    for t in range(x.shape[1]):
        outputs.append(s)
        s = s * 0.5 + x[:, t]
    return torch.stack(outputs, 1)


def final(x, s):
    for a in x:
        s = torch.tanh(s + a)
    return s


def attention():
    def sdpa(q, k, v, mask=None, causal=False, scale=None):
        scores = q @ k.transpose(-1, -2) * (scale or 1 / math.sqrt(q.shape[-1]))
        if causal:
            scores = scores.masked_fill(torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1), -math.inf)
        if mask is not None:
            scores = scores + mask
        return torch.softmax(scores, -1) @ v

    op = "scaled_dot_product_attention"
    yield Expression(op, "odd", op + "(x0, x1, x2)", sdpa, (2, 3, 5, 4), (2, 3, 7, 4), (2, 3, 7, 6), second=True)
    yield Expression(op, "causal", op + "(x0, x1, x2, causal: true, scale: 0.3)", lambda q, k, v: sdpa(q, k, v, None, True, 0.3), (2, 5, 4), (2, 5, 4), (2, 5, 3))
    yield Expression(op, "mask", op + "(x0, x1, x2, x3)", sdpa, (2, 5, 4), (2, 7, 4), (2, 7, 3), (5, 7))
    yield Expression(op, "bool", op + "(x0, x1, x2, mask: x3 > -1)", lambda q, k, v, m: sdpa(q, k, v, torch.zeros_like(m).masked_fill(m <= -1, -math.inf)), (2, 5, 4), (2, 7, 4), (2, 7, 3), (5, 7))

    # Long enough to be computed without the matrix of positions by positions.
    yield Expression(op, "long", op + "(x0, x1, x2)", sdpa, (2, 96, 8), (2, 132, 8), (2, 132, 6))
    yield Expression(op, "long-causal", op + "(x0, x1, x2, causal: true)", lambda q, k, v: sdpa(q, k, v, None, True), (1, 2, 130, 8), (1, 2, 130, 8), (1, 2, 130, 8))
    yield Expression(op, "long-mask", op + "(x0, x1, x2, x3)", sdpa, (2, 130, 8), (2, 130, 8), (2, 130, 3), (130, 130))

    def attend(m, *x, **options):
        query = x[0]
        key = x[1] if len(x) > 1 else query
        return m(query, key, x[2] if len(x) > 2 else key, need_weights=False, **options)[0]

    op = "multi_head_attention"
    causal = torch.ones(5, 5, dtype=torch.bool).triu(1)
    yield Module(op, "odd", op + "(x0, heads: 3)", lambda: nn.MultiheadAttention(6, 3, batch_first=True), (2, 5, 6), call=attend)
    yield Module(op, "causal", op + "(x0, heads: 2, causal: true, bias: false, dropout: 0.0)", lambda: nn.MultiheadAttention(6, 2, bias=False, batch_first=True), (2, 5, 6),
                 call=lambda m, x: attend(m, x, attn_mask=causal))
    yield Module(op, "memory", op + "(x0, x1, x2, heads: 2)", lambda: nn.MultiheadAttention(4, 2, batch_first=True), (2, 5, 4), (2, 3, 4), (2, 3, 4), call=attend)
    yield Module(op, "long", op + "(x0, heads: 2)", lambda: nn.MultiheadAttention(16, 2, batch_first=True), (2, 130, 16), call=attend)
    quiet = dict(dropout=0.0, batch_first=True)
    op = "transformer_encoder"
    yield Module(op, "odd", op + "(x0, heads: 2, feedforward: 7, dropout: 0.0)", lambda: nn.TransformerEncoderLayer(6, 2, 7, **quiet), (2, 5, 6))
    yield Module(op, "first", op + '(x0, heads: 3, feedforward: 7, dropout: 0.0, activation: "gelu", norm_first: true, causal: true)',
                 lambda: nn.TransformerEncoderLayer(6, 3, 7, activation="gelu", norm_first=True, **quiet), (2, 5, 6), call=lambda m, x: m(x, causal))
    op = "transformer_decoder"
    yield Module(op, "odd", op + "(x0, x1, heads: 2, feedforward: 7, dropout: 0.0)", lambda: nn.TransformerDecoderLayer(6, 2, 7, **quiet), (2, 5, 6), (2, 3, 6), call=lambda m, x, y: m(x, y, causal))
    yield Module(op, "first", op + '(x0, x1, heads: 3, feedforward: 7, dropout: 0.0, activation: "gelu", norm_first: true, causal: false)',
                 lambda: nn.TransformerDecoderLayer(6, 3, 7, activation="gelu", norm_first=True, **quiet), (2, 5, 6), (2, 3, 6))


def pools():
    for n, shape in ((1, (3, 2, 9)), (2, (3, 2, 7, 5)), (3, (2, 2, 5, 4, 5))):
        op, function = "max_pool%dd" % n, getattr(F, "max_pool%dd" % n)
        yield Expression(op, "odd", op + "(x0, kernel: 3, stride: 2, pad: 1)", lambda x, f=function: f(x, 3, 2, 1), shape)
        yield Expression(op, "disjoint", op + "(x0, 2)", lambda x, f=function: f(x, 2), shape)
        yield Expression(op, "ties", op + "(x0, kernel: 2, stride: 1, dilation: 2)", lambda x, f=function: f(x, 2, 1, 0, 2), shape, draw=ties)
        op, function = "avg_pool%dd" % n, getattr(F, "avg_pool%dd" % n)
        yield Expression(op, "odd", op + "(x0, kernel: 3, stride: 2, pad: 1)", lambda x, f=function: f(x, 3, 2, 1), shape)
        yield Expression(op, "disjoint", op + "(x0, 2)", lambda x, f=function: f(x, 2), shape)
        yield Expression(op, "without-pad", op + "(x0, kernel: 3, stride: 2, pad: 1, count_include_pad: false)", lambda x, f=function: f(x, 3, 2, 1, count_include_pad=False), shape)
    yield Expression("global_avg_pool", "odd", "global_avg_pool(x0)", lambda x: x.mean((2, 3)), (3, 2, 7, 5))
    yield Expression("global_max_pool", "odd", "global_max_pool(x0)", lambda x: x.amax((2, 3)), (3, 2, 7, 5))
    for op in ("adaptive_avg_pool2d", "adaptive_max_pool2d"):
        yield Expression(op, "odd", op + "(x0, output: [3, 2])", lambda x, f=getattr(F, op): f(x, (3, 2)), (3, 2, 7, 5))
        yield Expression(op, "even", op + "(x0, 2)", lambda x, f=getattr(F, op): f(x, 2), (3, 2, 6, 4))
    for kernel, stride in ((3, 2), (4, 2), (5, 3), (2, 1)):
        yield Expression("blur_pool2d", "k%d" % kernel, "blur_pool2d(x0, kernel: %d, stride: %d)" % (kernel, stride), lambda x, k=kernel, s=stride: blur(x, k, s), (2, 3, 7, 6))
    yield Expression("upsample_nearest", "odd", "upsample_nearest(x0, factor: [2, 3])", lambda x: F.interpolate(x, scale_factor=(2, 3)), (2, 3, 4, 3))
    for align in ("false", "true"):
        yield Expression("upsample_bilinear", "odd-" + align, "upsample_bilinear(x0, factor: [2, 3], align_corners: %s)" % align,
                         lambda x, a=align == "true": F.interpolate(x, scale_factor=(2, 3), mode="bilinear", align_corners=a), (2, 3, 4, 3))


def blur(x, kernel, stride):
    taps = torch.tensor([math.comb(kernel - 1, k) for k in range(kernel)], dtype=x.dtype) / 2 ** (kernel - 1)
    low = (kernel - 1) // 2
    high = kernel - 1 - low
    weight = (taps[:, None] * taps).expand(x.shape[1], 1, kernel, kernel)
    return F.conv2d(F.pad(x, (low, high, low, high), "reflect"), weight, stride=stride, groups=x.shape[1])


def encodings():
    def waves(t, d, base):
        angle = torch.arange(t, dtype=torch.float64)[:, None] * base ** (-2 * torch.arange(d // 2, dtype=torch.float64) / d)
        return angle

    def sinusoidal(x, base=10000.0):
        angle = waves(x.shape[1], x.shape[2], base)
        return x + torch.stack([angle.sin(), angle.cos()], -1).flatten(1)

    yield Expression("sinusoidal_encoding", "odd", "sinusoidal_encoding(x0)", sinusoidal, (2, 5, 6))
    yield Expression("sinusoidal_encoding", "base", "sinusoidal_encoding(x0, base: 100.0)", lambda x: sinusoidal(x, 100.0), (2, 50, 6))
    yield Module("learned_positions", "odd", "learned_positions(x0)", lambda: Function(lambda m, x: x + m.weight, weight=(5, 6)), (2, 5, 6))
    yield Module("learned_positions", "init", "learned_positions(x0, init: zeros_init())", lambda: Function(lambda m, x: x + m.weight, weight=(5, 6)), (2, 5, 6))

    def frequency(x, levels):
        angle = x[..., None] * math.pi * 2.0 ** torch.arange(levels)
        return torch.stack([angle.sin(), angle.cos()], -1).flatten(-3)

    yield Expression("frequency_encoding", "odd", "frequency_encoding(x0, levels: 3, include_input: false)", lambda x: frequency(x, 3), (7, 2), second=True)
    yield Expression("frequency_encoding", "input", "frequency_encoding(x0, 4, include_input: true)", lambda x: torch.cat([x, frequency(x, 4)], -1), (3, 5, 3))

    def rotary(x, base=10000.0):
        half = x.shape[-1] // 2
        angle = waves(x.shape[-2], x.shape[-1], base)
        a, b = x[..., :half], x[..., half:]
        return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], -1)

    yield Expression("rotary_encoding", "odd", "rotary_encoding(x0)", rotary, (2, 3, 5, 6))
    yield Expression("rotary_encoding", "base", "rotary_encoding(x0, base: 100.0)", lambda x: rotary(x, 100.0), (2, 5, 8))

    for name, d, samples, options in (("odd", 2, 23, (3, 2, 64, 4, 16)), ("volume", 3, 23, (2, 3, 50, 2, 7)), ("one-level", 2, 23, (1, 2, 16, 5, 5)),
                                      ("large", 2, 3001, (3, 2, 2000, 16, 32))):
        levels, features, entries, coarsest, finest = options
        yield Module("hash_grid", name, "hash_grid(x0, levels: %d, features: %d, entries: %d, coarsest: %d, finest: %d)" % options,
                     lambda o=options, d=d: Function(lambda m, x: hash_grid(x, m.table, *o), table=(sum(n for _, n in grid_levels(d, *o)), o[1])), (samples, d), draw=within(0.01, 0.99))


def grid_levels(d, levels, features, entries, coarsest, finest):
    """(cells a side, entries of the table) of each level."""
    growth = (finest / coarsest) ** (1 / (levels - 1)) if levels > 1 else 1.0
    sides = [int(math.floor(coarsest * growth ** level + 1e-6)) for level in range(levels)]
    return [(side, min((side + 1) ** d, entries)) for side in sides]


def hash_grid(x, table, levels, features, entries, coarsest, finest):
    """Mueller et al. 2022, section 3."""
    d, start, results = x.shape[-1], 0, []
    for side, count in grid_levels(d, levels, features, entries, coarsest, finest):
        scaled = x * side
        cell = scaled.detach().floor().clamp(max=side - 1)
        fraction = scaled - cell
        total = 0
        for corner in range(2 ** d):
            bits = torch.tensor([(corner >> k) & 1 for k in range(d)])
            position = cell.long() + bits
            if (side + 1) ** d <= entries:
                index = sum(position[..., k] * (side + 1) ** k for k in range(d))
            else:
                index = 0
                for k, prime in enumerate([1, 2654435761, 805459861][:d]):
                    index = index ^ (position[..., k] * prime) % 2 ** 32
                index = index % count
            weight = torch.where(bits == 1, fraction, 1 - fraction).prod(-1, keepdim=True)
            total = total + weight * table[start + index]
        results.append(total)
        start += count
    return torch.cat(results, -1)


def structure():
    layers = "{ |> dense(6) |> tanh |> dense(4) }"

    class Block(nn.Sequential):
        def __init__(self):
            super().__init__(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 4))

    yield Module("sequential", "odd", "sequential(x0, %s)" % layers, Block, (3, 4))
    yield Module("sequential", "body", "sequential(x0, body: %s)" % layers, Block, (3, 4))
    yield Module("residual", "odd", "residual(x0, %s)" % layers, Block, (3, 4), call=lambda m, x: x + m(x))
    yield Module("residual", "body", "residual(x0, body: %s)" % layers, Block, (3, 4), call=lambda m, x: x + m(x))

    yield Expression("identity", "odd", "identity(x0)", lambda x: x, (3, 4))
    yield Expression("parallel", "odd", "parallel(x0, branches: [{ |> tanh }, { |> sin }])", lambda x: torch.cat([x.tanh(), x.sin()], 1), (3, 4))
    yield Expression("parallel", "concat", 'parallel(x0, branches: [{ |> tanh }, { |> sin }], combine: "concat", axis: 2)', lambda x: torch.cat([x.tanh(), x.sin()], 2), (3, 4, 2))
    yield Expression("parallel", "add", 'parallel(x0, branches: [{ |> tanh }, { |> sin }], combine: "add")', lambda x: x.tanh() + x.sin(), (3, 4))
    yield Expression("dropout", "off", "dropout(x0, p: 0.5)", lambda x: x, (3, 4))
    yield Expression("dropout2d", "off", "dropout2d(x0, p: 0.5)", lambda x: x, (3, 4, 2))


def cases():
    for group in (products, norms, recurrent, attention, pools, encodings, structure):
        yield from group()
