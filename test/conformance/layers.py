# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Layers, one at a time. The first case of each is on odd shapes and always run."""
import numpy as np

from cases import Forward, Layer, normal, spread, ties, wide
from dropout import Dropout


def products():
    yield Layer("dense", "odd", {"units": 5}, [(3, 7)])
    yield Layer("dense", "no-bias", {"units": 4, "bias": False}, [(5, 9)])
    yield Layer("dense", "one", {"units": 1}, [(1, 1)])
    yield Layer("dense", "leading-dimensions", {"units": 6}, [(3, 2, 5, 7)])
    yield Layer("dense", "no-batch", {"units": 6}, [(4, 5)], batched=False)
    yield Layer("dense", "tiles", {"units": 72}, [(64, 80)], normal)
    yield Layer("dense", "around-tiles", {"units": 65}, [(67, 131)], normal)
    yield Layer("dense", "long-reduction", {"units": 3}, [(2, 5000)], normal, relative=1e-4)

    yield Layer("conv2d", "odd", {"filters": 4, "kernel": 3}, [(3, 2, 7, 5)])
    yield Layer("conv2d", "pad", {"filters": 3, "kernel": 3, "pad": 1}, [(2, 3, 5, 6)])
    yield Layer("conv2d", "edge", {"filters": 3, "kernel": [3, 5], "pad": [1, 2], "pad_mode": "edge"}, [(2, 2, 5, 6)])
    yield Layer("conv2d", "edge-wide", {"filters": 2, "kernel": 3, "pad": [4, 3], "pad_mode": "edge", "stride": 2},
                [(2, 1, 3, 2)])
    yield Layer("conv2d", "zero", {"filters": 2, "kernel": 2, "pad": 3, "pad_mode": "zero"}, [(2, 1, 3, 2)])
    yield Layer("conv2d", "stride", {"filters": 3, "kernel": [3, 2], "stride": [2, 3], "pad": [1, 0]}, [(2, 2, 8, 9)])
    yield Layer("conv2d", "dilation", {"filters": 3, "kernel": [2, 3], "dilation": [3, 2], "pad": [2, 1]}, [(2, 2, 7, 8)])
    yield Layer("conv2d", "groups", {"filters": 6, "kernel": 3, "groups": 2, "pad": 1}, [(2, 4, 5, 5)])
    yield Layer("conv2d", "depthwise", {"filters": 6, "kernel": 3, "groups": 3, "stride": 2, "bias": False}, [(2, 3, 7, 6)])
    yield Layer("conv2d", "pointwise", {"filters": 5, "kernel": 1}, [(3, 4, 3, 5)])
    yield Layer("conv2d", "patches", {"filters": 5, "kernel": [2, 3], "stride": [2, 3]}, [(3, 2, 5, 6)])
    yield Layer("conv2d", "everything", {"filters": 4, "kernel": [3, 2], "stride": [2, 1], "pad": [3, 2], "dilation": [2, 3],
                                         "groups": 2, "pad_mode": "edge"}, [(2, 4, 9, 7)])
    yield Layer("conv2d", "no-batch", {"filters": 3, "kernel": 2}, [(2, 2, 4, 4)], batched=False)
    yield Layer("conv2d", "tiles", {"filters": 16, "kernel": 3, "pad": 1}, [(8, 16, 12, 12)], normal, relative=1e-4)


def pools():
    yield Layer("max_pool2d", "odd", {"kernel": [3, 2], "stride": [2, 1], "pad": [1, 1]}, [(3, 2, 7, 5)])
    yield Layer("max_pool2d", "disjoint", {"kernel": 2}, [(3, 2, 6, 4)])
    yield Layer("max_pool2d", "disjoint-remainder", {"kernel": 2}, [(3, 2, 7, 5)])
    yield Layer("max_pool2d", "overlapping", {"kernel": 3, "stride": 1}, [(2, 3, 6, 5)])
    yield Layer("max_pool2d", "gaps", {"kernel": 2, "stride": 3}, [(2, 2, 8, 9)])
    yield Layer("max_pool2d", "dilation", {"kernel": [2, 3], "stride": 1, "dilation": [3, 2], "pad": [1, 1]}, [(2, 2, 8, 9)])
    yield Layer("max_pool2d", "ties", {"kernel": 3, "stride": 2, "pad": 1}, [(3, 2, 9, 9)], ties)
    yield Layer("max_pool2d", "ties-disjoint", {"kernel": 2}, [(3, 2, 8, 8)], ties)
    yield Layer("max_pool2d", "whole", {"kernel": [5, 4]}, [(2, 3, 5, 4)])
    values = spread(np.random.default_rng(1), (2, 2, 4, 6))
    values[0, 0, 1, 1], values[1, 1, 2, 3], values[0, 1, 0, 0] = np.nan, np.inf, -np.inf
    yield Forward("max_pool2d", "not-finite", {"kernel": 2}, values)

    yield Layer("avg_pool2d", "odd", {"kernel": [3, 2], "stride": [2, 1], "pad": [1, 1]}, [(3, 2, 7, 5)])
    yield Layer("avg_pool2d", "without-pad", {"kernel": [3, 2], "stride": [2, 1], "pad": [1, 1], "count_include_pad": False},
                [(3, 2, 7, 5)])
    yield Layer("avg_pool2d", "with-pad", {"kernel": 4, "stride": 3, "pad": 2, "count_include_pad": True}, [(2, 2, 6, 7)])
    yield Layer("avg_pool2d", "disjoint", {"kernel": 2}, [(3, 2, 6, 4)])
    yield Layer("avg_pool2d", "disjoint-remainder", {"kernel": [2, 3]}, [(3, 2, 7, 5)])
    yield Layer("avg_pool2d", "global", {"kernel": [6, 5]}, [(2, 3, 6, 5)])


def activations():
    saturated = np.array([[0, -0.0, 1e-30, -1e-8, 1e-4], [5, -9, 15, -20, 88], [-88, 100, -104, 1e4, -1e10],
                          [np.nan, np.inf, -np.inf, 0.5, -0.5]], np.float32)
    fine = np.linspace(-12, 12, 601, dtype=np.float32)[None]
    for name, attributes in [("relu", {}), ("leaky_relu", {"slope": 0.2}), ("tanh", {}), ("sigmoid", {}), ("sin", {})]:
        yield Layer(name, "odd", attributes, [(3, 5, 7)])
        yield Layer(name, "normal", attributes, [(5, 67)], normal)
        yield Forward(name, "fine", attributes, fine)
        if name != "sin":
            yield Forward(name, "saturated", attributes, saturated)
    yield Layer("sin", "wide", {}, [(4, 33)], wide)
    for slope in [0.0, -0.5, 1.0, 2.5]:
        yield Layer("leaky_relu", "slope%g" % slope, {"slope": slope}, [(3, 11)])
    yield Layer("leaky_relu", "default", {}, [(3, 11)])
    # The derivative at 0 is the slope.
    yield Layer("relu", "at-zero", {}, [(3, 11)], ties)
    yield Layer("leaky_relu", "at-zero", {"slope": 0.3}, [(3, 11)], ties)

    yield Layer("softmax", "odd", {"axis": 1}, [(3, 7)])
    yield Layer("softmax", "last", {}, [(2, 3, 5)])
    yield Layer("softmax", "middle", {"axis": -2}, [(3, 7, 4)])
    yield Layer("softmax", "normal", {}, [(4, 9)], normal)
    yield Layer("softmax", "one", {}, [(3, 1)])
    yield Layer("softmax", "long", {}, [(2, 3000)], normal, relative=1e-4)
    yield Layer("softmax", "batch-not-an-axis", {"axis": 0}, [(4, 3)], batched=False)
    large = np.array([[1e4, 1e4 - 1, -1e4], [88, 89, 90], [-200, -201, -1e30]], np.float32)
    yield Forward("softmax", "large", {}, large)


def shapes():
    yield Layer("flatten", "odd", {}, [(3, 2, 5, 7)])
    yield Layer("flatten", "start", {"start": 2}, [(3, 2, 5, 7)])
    yield Layer("flatten", "negative", {"start": -2}, [(3, 2, 5, 7)])
    yield Layer("reshape", "odd", {"shape": ["batch", 7, -1]}, [(3, 5, 14)])
    yield Layer("reshape", "given", {"shape": ["batch", 2, 3, 5]}, [(4, 30)])
    yield Layer("reshape", "no-batch", {"shape": [6, -1]}, [(4, 9)], batched=False)
    yield Layer("add", "odd", {}, [(3, 7, 5), (3, 7, 5)])
    yield Layer("add", "four", {}, [(2, 9)] * 4)
    yield Layer("add", "itself", {}, [(2, 9)], operands=["p0", "p0"])
    yield Layer("concat", "odd", {}, [(3, 2, 5), (3, 4, 5)])
    yield Layer("concat", "axis", {"axis": 2}, [(3, 2, 5), (3, 2, 1), (3, 2, 7)])
    yield Layer("concat", "last", {"axis": -1}, [(3, 2), (3, 5)])
    yield Layer("concat", "itself", {}, [(3, 2), (3, 1)], operands=["p0", "p1", "p0"])
    rng = np.random.default_rng(2)
    yield Forward("argmax", "odd", {"axis": 1}, spread(rng, (5, 7)), exact=True)
    yield Forward("argmax", "middle", {"axis": 1}, spread(rng, (3, 5, 2, 3)), exact=True)
    yield Forward("argmax", "last", {}, spread(rng, (3, 5, 4)), exact=True)
    yield Forward("argmax", "ties", {}, ties(rng, (6, 17)), exact=True)
    yield Forward("argmax", "long", {}, spread(rng, (2, 4099)), exact=True)
    not_finite = spread(rng, (4, 6))
    not_finite[0, 2] = not_finite[1, 1] = not_finite[1, 4] = np.nan
    not_finite[2, 3], not_finite[3] = np.inf, -np.inf
    yield Forward("argmax", "not-finite", {}, not_finite, exact=True)


def random_windows(op, count):
    """Convolutions and pools with every attribute drawn at random."""
    for i in range(count):
        rng = np.random.default_rng((7, i))
        kernel = rng.integers(1, 5, 2)
        attributes = {"kernel": kernel.tolist(), "stride": rng.integers(1, 4, 2).tolist()}
        dilation = rng.integers(1, 4, 2) if op != "avg_pool2d" else np.array([1, 1])
        channels = int(rng.integers(1, 4))
        if op == "conv2d":
            groups = int(rng.integers(1, 4))
            channels *= groups
            attributes.update(filters=groups * int(rng.integers(1, 4)), groups=groups, bias=bool(rng.integers(2)),
                              pad_mode=str(rng.choice(["zero", "edge"])))
            pad = rng.integers(0, 4, 2)
        else:
            pad = rng.integers(0, kernel // 2 + 1)
        if op == "avg_pool2d":
            attributes["count_include_pad"] = bool(rng.integers(2))
        else:
            attributes["dilation"] = dilation.tolist()
        attributes["pad"] = pad.tolist()
        size = np.maximum(1, dilation * (kernel - 1) + 1 - 2 * pad) + rng.integers(0, 7, 2)
        shape = (int(rng.integers(1, 4)), channels, *map(int, size))
        yield Layer(op, "random%d" % i, attributes, [shape])


def cases():
    for group in [products, pools, activations, shapes]:
        yield from group()
    for op, count in [("conv2d", 40), ("max_pool2d", 20), ("avg_pool2d", 20)]:
        yield from random_windows(op, count)
    yield Dropout("odd", {"p": 0.3}, (5, 401))
    yield Dropout("half", {}, (4, 3, 7, 31))
    yield Dropout("none", {"p": 0}, (3, 50))
    yield Dropout("most", {"p": 0.95}, (3, 999))
