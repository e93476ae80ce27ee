# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ops: functions of values without parameters. The first case of each is on odd shapes and always run."""
import math

import numpy as np
import torch
import torch.nn.functional as F

from cases import normal, spread, ties
from expressions import Expression, given, integers, within

ODD = (3, 5, 7)
EXTREME = [0.0, -0.0, 1e-38, -1e-30, 1e-8, -1e-4, 0.3, -0.7, 1.0, -1.0, 2.5, -9.0, 20.0, -30.0, 88.0, -88.0, 100.0, -104.0, 1e4, -1e10, 3e38, np.inf, -np.inf, np.nan]


def unary(op, reference, draw=spread, second=True, extreme=True, text=None, relative=1e-5):
    text = text or op + "(x0)"
    yield Expression(op, "odd", text, reference, ODD, draw=draw, second=second, relative=relative)
    yield Expression(op, "many", text, reference, (5, 67), draw=within(-12, 12) if draw is spread else draw, gradient=False)
    if extreme:
        yield Expression(op, "extreme", text, reference, (len(EXTREME),), draw=given(EXTREME), gradient=False)


def elementwise():
    yield from unary("neg", torch.neg, second=False, text="-x0")
    yield Expression("neg", "integers", "neg(x0)", torch.neg, (7,), draw=integers(-9, 9))
    yield from unary("abs", torch.abs, second=False)
    yield Expression("abs", "at-zero", "abs(x0)", torch.abs, (3, 11), draw=ties)
    yield from unary("exp", torch.exp)
    yield from unary("expm1", torch.expm1)
    yield from unary("log", torch.log, draw=within(0.01, 9))
    yield Expression("log", "near-one", "log(x0)", torch.log, (401,), draw=within(0.999, 1.001), gradient=False)
    yield from unary("log1p", torch.log1p, draw=within(-0.9, 5))
    yield from unary("sqrt", torch.sqrt, draw=within(0.1, 9))
    yield from unary("rsqrt", torch.rsqrt, draw=within(0.1, 9))
    yield from unary("reciprocal", torch.reciprocal, draw=within(0.3, 4))
    yield from unary("square", torch.square)
    for name in ("sin", "cos"):
        yield from unary(name, getattr(torch, name), extreme=False)
        yield Expression(name, "wide", name + "(x0)", getattr(torch, name), (4, 333), draw=within(-200, 200), gradient=False)
    yield from unary("tan", torch.tan, draw=within(-1.4, 1.4), extreme=False)
    yield from unary("asin", torch.asin, draw=within(-0.95, 0.95), extreme=False)
    yield Expression("asin", "ends", "asin(x0)", torch.asin, (6,), draw=given([-1, 1, 0, 1.5, -2, 0.999]), gradient=False)
    yield from unary("acos", torch.acos, draw=within(-0.95, 0.95), extreme=False)
    yield Expression("acos", "ends", "acos(x0)", torch.acos, (6,), draw=given([-1, 1, 0, 1.5, -2, 0.999]), gradient=False)
    yield from unary("atan", torch.atan)
    yield Expression("atan2", "odd", "atan2(x0, x1)", torch.atan2, ODD, ODD, second=True)
    yield Expression("atan2", "broadcast", "atan2(x0, x1)", torch.atan2, (3, 1), (5,))
    yield Expression("atan2", "axes", "atan2(x0, x1)", torch.atan2, (6,), (6,), draw=given([0, 1, -1, 0, 1e-20, 1e20], [1, 0, 0, 2, 1e20, -1e-20]), gradient=False)
    yield from unary("sinh", torch.sinh)
    yield from unary("cosh", torch.cosh)
    yield from unary("tanh", torch.tanh)
    yield from unary("sigmoid", torch.sigmoid)
    yield from unary("erf", torch.erf)
    for name in ("floor", "ceil", "round", "sign"):
        yield from unary(name, getattr(torch, name), second=False, extreme=False)
        yield Expression(name, "halves", name + "(x0)", getattr(torch, name), (9,), draw=given([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0, 3e9, -7.25]), gradient=False)
    yield Expression("is_finite", "odd", "is_finite(x0)", torch.isfinite, (len(EXTREME),), draw=given(EXTREME), exact=True)
    yield Expression("is_nan", "odd", "is_nan(x0)", torch.isnan, (len(EXTREME),), draw=given(EXTREME), exact=True)

    for op, symbol in (("add", "+"), ("sub", "-"), ("mul", "*")):
        function = getattr(torch, op)
        yield Expression(op, "odd", "%s(x0, x1)" % op, function, ODD, ODD, second=op == "mul")
        yield Expression(op, "broadcast", "x0 %s x1" % symbol, function, (3, 1, 7), (5, 1))
        yield Expression(op, "number", "2 %s x0 %s 1" % (symbol, symbol), lambda x, f=function: f(f(torch.tensor(2.0), x), 1), (4, 3))
        yield Expression(op, "integers", "x0 %s x1" % symbol, function, (4, 3), (3,), draw=integers(-50, 50))
    yield Expression("add", "itself", "add(x0, x1, x0)", lambda a, b: a + b + a, (2, 9), (2, 9))
    yield Expression("div", "odd", "div(x0, x1)", torch.div, ODD, ODD, draw=[spread, within(0.5, 3)], second=True)
    yield Expression("div", "broadcast", "x0 / x1", torch.div, (3, 1), (1, 4), draw=[spread, within(0.5, 3)])
    yield Expression("div", "integers", "x0 / x1", lambda a, b: torch.div(a, b, rounding_mode="trunc"), (40,), (40,), draw=[integers(-50, 50), integers(1, 7)])
    yield Expression("rem", "odd", "rem(x0, x1)", torch.fmod, ODD, ODD, draw=[within(-8, 8), within(0.7, 3)])
    yield Expression("rem", "integers", "x0 % x1", torch.fmod, (40,), (40,), draw=[integers(-50, 50), integers(1, 7)])
    yield Expression("fmod", "odd", "fmod(x0, x1)", torch.fmod, (4, 9), (4, 9), draw=[within(-8, 8), within(0.7, 3)])
    yield Expression("pow", "odd", "pow(x0, x1)", torch.pow, ODD, ODD, draw=[within(0.2, 4), spread], second=True)
    yield Expression("pow", "whole", "x0 ** 3 + x0 ** -2 + x0 ** 0.5", lambda x: x ** 3 + x ** -2 + x ** 0.5, (5, 7), draw=within(0.3, 3), second=True)
    yield Expression("pow", "extreme", "pow(x0, x1)", torch.pow, (12,), (12,), gradient=False,
                     draw=given([-2, -2, -2, 0, 0, 2, 2, 1e-20, np.inf, -1, 0.5, 10], [3, 2, 0.5, 0, 2, 127, -140, 2, -1, np.inf, 100, -37]))
    yield Expression("maximum", "odd", "maximum(x0, x1)", torch.maximum, ODD, ODD)
    yield Expression("maximum", "ties", "maximum(x0, x1)", torch.maximum, (5, 9), (5, 9), draw=ties)
    yield Expression("maximum", "integers", "maximum(x0, x1)", torch.maximum, (9,), (9,), draw=integers(-9, 9))
    yield Expression("minimum", "odd", "minimum(x0, x1)", torch.minimum, ODD, ODD)
    yield Expression("minimum", "ties", "minimum(x0, x1)", torch.minimum, (5, 9), (5, 9), draw=ties)
    for op, symbol, name in (("equal", "==", "eq"), ("not_equal", "!=", "ne"), ("less", "<", "lt"), ("less_equal", "<=", "le"), ("greater", ">", "gt"), ("greater_equal", ">=", "ge")):
        function = getattr(torch, name)
        yield Expression(op, "odd", "%s(x0, x1)" % op, function, (3, 5), (5,), draw=ties, exact=True)
        yield Expression(op, "integers", "x0 %s x1" % symbol, function, (3, 5), (5,), draw=integers(-3, 3), exact=True)
        yield Expression(op, "nan", "x0 %s x1" % symbol, function, (3,), (3,), draw=given([np.nan, 1, np.nan], [1, np.nan, np.nan]), exact=True)
    for op, symbol in (("bit_and", "&"), ("bit_or", "|"), ("bit_xor", "^")):
        function = getattr(torch, op.replace("bit_", "bitwise_"))
        yield Expression(op, "odd", "%s(x0, x1)" % op, function, (3, 5), (5,), draw=integers(-1000, 1000))
        yield Expression(op, "bool", "(x0 > 0) %s (x1 > 1)" % symbol if symbol != "^" else "bit_xor(x0 > 0, x1 > 1)", lambda a, b, f=function: f(a > 0, b > 1), (3, 5), (5,), draw=integers(-3, 3), exact=True)
    yield Expression("bit_not", "odd", "bit_not(x0)", torch.bitwise_not, (3, 5), draw=integers(-1000, 1000))
    yield Expression("shift_left", "odd", "shift_left(x0, x1)", lambda a, b: (a << b).int().long(), (9,), (9,), draw=[integers(-1000, 1000), integers(0, 31)])
    yield Expression("shift_right", "odd", "x0 >> x1", lambda a, b: a >> b, (9,), (9,), draw=[integers(-100000, 100000), integers(0, 31)])
    for name in ("and", "or", "xor"):
        yield Expression("logical_" + name, "odd", "logical_%s(x0, x1)" % name, getattr(torch, "logical_" + name), (4, 5), (5,), draw=ties, exact=True)
    yield Expression("logical_not", "odd", "logical_not(x0)", torch.logical_not, (4, 5), draw=ties, exact=True)
    yield Expression("where", "odd", "where(x0 > 0, x1, x2)", lambda a, b, c: torch.where(a > 0, b, c), ODD, ODD, ODD)
    yield Expression("where", "broadcast", "where(x0 > 0, x1, 2)", lambda a, b: torch.where(a > 0, b, torch.tensor(2.0, dtype=b.dtype)), (3, 1), (4,))
    yield Expression("cast", "odd", "cast(x0, dtype: i32)", lambda x: x.long(), (4, 9), draw=within(-8, 8))
    yield Expression("cast", "float", "cast(x0, dtype: f32) * 2", lambda x: x.double() * 2, (9,), draw=integers(-9, 9))
    yield Expression("cast", "bool", "cast(cast(x0, dtype: bool), dtype: i32)", lambda x: (x != 0).long(), (9,), draw=ties)
    yield Expression("cast", "half", "cast(cast(x0, dtype: f16), dtype: f32)", lambda x: x.half().double(), (99,), draw=within(-8, 8), gradient=False)
    yield Expression("cast", "bfloat", "cast(cast(x0, dtype: bf16), dtype: f32)", lambda x: x.bfloat16().double(), (99,), draw=within(-8, 8), gradient=False)
    yield Expression("cast", "double", "cast(cast(x0, dtype: f64) * 3, dtype: f32)", lambda x: x * 3, (99,), draw=within(-8, 8))
    yield Expression("cast", "unsigned", "cast(cast(x0, dtype: u32) % 7, dtype: i32)", lambda x: (x % 2**32) % 7, (99,), draw=integers(-10**6, 10**6))
    yield Expression("clamp", "odd", "clamp(x0, low: -0.5, high: 1)", lambda x: x.clamp(-0.5, 1), ODD)
    yield Expression("clamp", "ends", "clamp(x0, low: 0, high: 1)", lambda x: x.clamp(0, 1), (5, 9), draw=ties)
    yield Expression("clamp", "one-side", "clamp(x0, high: 0)", lambda x: x.clamp(max=0), (5, 9))
    yield Expression("lerp", "odd", "lerp(x0, x1, x2)", torch.lerp, ODD, ODD, ODD, second=True)
    yield Expression("stop_gradient", "odd", "x0 * stop_gradient(x0)", lambda x: x * x.detach(), ODD, second=True)


def activations():
    for op, function, smooth in (("relu", F.relu, False), ("relu6", F.relu6, False), ("elu", F.elu, True), ("selu", F.selu, True), ("celu", F.celu, True), ("silu", F.silu, True),
                                 ("mish", F.mish, True), ("hardswish", F.hardswish, False), ("hardsigmoid", F.hardsigmoid, False), ("softplus", F.softplus, True), ("softsign", F.softsign, True),
                                 ("log_sigmoid", F.logsigmoid, True), ("tanhshrink", F.tanhshrink, True), ("hardshrink", F.hardshrink, False), ("softshrink", F.softshrink, False),
                                 ("hardtanh", F.hardtanh, False), ("leaky_relu", F.leaky_relu, False)):
        # Exponential units have kinks of their second derivative at 0, which is left out.
        yield from unary(op, function, draw=within(-2.01, 1.97), second=smooth, extreme=op not in ("mish", "silu", "hardswish", "tanhshrink", "softsign", "hardshrink", "softshrink"))
    yield from unary("gelu", F.gelu, extreme=False, text='gelu(x0, approximate: "none")')
    yield Expression("gelu", "tanh", 'gelu(x0, approximate: "tanh")', lambda x: F.gelu(x, approximate="tanh"), (5, 9), second=True)
    yield Expression("elu", "alpha", "elu(x0, alpha: 0.5)", lambda x: F.elu(x, 0.5), (5, 9))
    yield Expression("celu", "alpha", "celu(x0, alpha: 0.5)", lambda x: F.celu(x, 0.5), (5, 9))
    yield Expression("hardtanh", "ends", "hardtanh(x0, low: -0.5, high: 0.75)", lambda x: F.hardtanh(x, -0.5, 0.75), (5, 9))
    yield Expression("hardshrink", "given", "hardshrink(x0, threshold: 1.0)", lambda x: F.hardshrink(x, 1.0), (5, 9))
    yield Expression("softshrink", "given", "softshrink(x0, threshold: 1.0)", lambda x: F.softshrink(x, 1.0), (5, 9))
    yield Expression("softplus", "steep", "softplus(x0, beta: 3.0, threshold: 2.0)", lambda x: F.softplus(x, 3.0, 2.0), (5, 9))
    for slope in (0.2, 0.0, -0.5, 1.0, 2.5):
        yield Expression("leaky_relu", "slope%g" % slope, "leaky_relu(x0, slope: %r)" % slope, lambda x, s=slope: F.leaky_relu(x, s), (3, 11))
    yield Expression("relu", "at-zero", "relu(x0)", F.relu, (3, 11), draw=ties)
    yield Expression("glu", "odd", "glu(x0)", F.glu, (3, 5, 8), second=True)
    yield Expression("glu", "axis", "glu(x0, axis: 1)", lambda x: F.glu(x, 1), (3, 4, 5))
    for op, function in (("softmax", torch.softmax), ("log_softmax", torch.log_softmax), ("softmin", lambda x, axis: F.softmin(x, axis))):
        yield Expression(op, "odd", "%s(x0, axis: 1)" % op, lambda x, f=function: f(x, 1), (3, 7), second=True)
        yield Expression(op, "last", "%s(x0)" % op, lambda x, f=function: f(x, -1), (2, 3, 5))
        yield Expression(op, "middle", "%s(x0, axis: -2)" % op, lambda x, f=function: f(x, -2), (3, 7, 4))
        yield Expression(op, "one", "%s(x0)" % op, lambda x, f=function: f(x, -1), (3, 1))
        yield Expression(op, "long", "%s(x0)" % op, lambda x, f=function: f(x, -1), (2, 3000), draw=normal, relative=1e-4)
        yield Expression(op, "large", "%s(x0)" % op, lambda x, f=function: f(x, -1), (3, 3), draw=given([1e4, 1e4 - 1, -1e4, 88, 89, 90, -200, -201, -1e30]), gradient=False)


def reductions():
    for op, function, smooth in (("sum", torch.sum, True), ("mean", torch.mean, True), ("amax", torch.amax, False), ("amin", torch.amin, False), ("logsumexp", torch.logsumexp, True)):
        yield Expression(op, "odd", "%s(x0, axes: [1])" % op, lambda x, f=function: f(x, 1), ODD, second=smooth)
        yield Expression(op, "all", "%s(x0)" % op, lambda x, f=function: f(x, (0, 1, 2)), ODD, draw=normal)
        yield Expression(op, "two", "%s(x0, axes: [0, -1], keepdims: true)" % op, lambda x, f=function: f(x, (0, 2), keepdim=True), ODD)
        yield Expression(op, "one", "%s(x0, axes: [1], keepdims: false)" % op, lambda x, f=function: f(x, 1), (4, 1))
        yield Expression(op, "long", "%s(x0, axes: [1])" % op, lambda x, f=function: f(x, 1), (2, 5000), draw=normal, relative=1e-4)
    yield Expression("sum", "integers", "sum(x0, axes: [1])", lambda x: x.sum(1), (4, 9), draw=integers(-50, 50))
    yield Expression("amax", "ties", "amax(x0, axes: [1])", lambda x: x.amax(1), (5, 9), draw=ties)
    yield Expression("amax", "integers", "amax(x0)", torch.max, (4, 9), draw=integers(-50, 50))
    yield Expression("prod", "odd", "prod(x0, axes: [1])", lambda x: x.prod(1), ODD, second=True)
    yield Expression("prod", "all", "prod(x0, axes: [])", torch.prod, (2, 3))
    yield Expression("prod", "keepdims", "prod(x0, axes: [0], keepdims: true)", lambda x: x.prod(0, keepdim=True), (4, 3))
    yield Expression("prod", "not-kept", "prod(x0, axes: [0], keepdims: false)", lambda x: x.prod(0), (4, 3))
    yield Expression("prod", "zeros", "prod(x0, axes: [1])", lambda x: x.prod(1), (3, 4), draw=given([1, 2, 0, 3, 0, 2, 0, 1, 1, 2, 3, 4]))
    yield Expression("count", "odd", "count(x0, axes: [0, 2]) + sum(x0)", lambda x: 21 + x.sum(), ODD)
    yield Expression("max_with_index", "odd", "max_with_index(x0, axes: [1])[0]", lambda x: x.max(1)[0], ODD)
    yield Expression("max_with_index", "index", "max_with_index(x0, axes: [1, 2])[1]", lambda x: x.flatten(1).max(1)[1], ODD, draw=ties)
    for op in ("max", "min"):
        function = getattr(torch, op)
        yield Expression(op, "odd", "%s(x0, axis: 1)[0]" % op, lambda x, f=function: f(x, 1)[0], ODD)
        yield Expression(op, "ties", "%s(x0)[0]" % op, lambda x, f=function: f(x, -1)[0], (5, 9), draw=ties)
        yield Expression(op, "index", "%s(x0)[1]" % op, lambda x, f=function: f(x, -1)[1], (5, 9), draw=ties)
    not_finite = spread(np.random.default_rng(2), (4, 6))
    not_finite[0, 2] = not_finite[1, 1] = not_finite[1, 4] = np.nan
    not_finite[2, 3], not_finite[3] = np.inf, -np.inf
    for op in ("argmax", "argmin"):
        function = getattr(torch, op)
        yield Expression(op, "odd", "%s(x0, axis: 1)" % op, lambda x, f=function: f(x, 1), (3, 5, 2))
        yield Expression(op, "last", "%s(x0)" % op, lambda x, f=function: f(x, -1), (3, 4099))
        yield Expression(op, "ties", "%s(x0)" % op, lambda x, f=function: f(x, -1), (6, 17), draw=ties)
        yield Expression(op, "not-finite", "%s(x0)" % op, lambda x, f=function: f(x, -1), (4, 6), draw=given(not_finite))
    for op in ("var", "std"):
        function = getattr(torch, op)
        yield Expression(op, "odd", "%s(x0, axes: [1])" % op, lambda x, f=function: f(x, 1), ODD, second=True)
        yield Expression(op, "biased", "%s(x0, axes: [0, 2], keepdims: true, unbiased: false)" % op, lambda x, f=function: f(x, (0, 2), unbiased=False, keepdim=True), ODD)
        yield Expression(op, "unbiased", "%s(x0, keepdims: false, unbiased: true)" % op, lambda x, f=function: f(x, (0, 1), unbiased=True), (4, 9))
    yield Expression("norm", "odd", "norm(x0, axes: [1])", lambda x: torch.linalg.vector_norm(x, 2, 1), ODD, second=True)
    yield Expression("norm", "one", "norm(x0, p: 1.0, axes: [1], keepdims: true)", lambda x: torch.linalg.vector_norm(x, 1, 1, keepdim=True), ODD)
    yield Expression("norm", "three", "norm(x0, p: 3.0, keepdims: false)", lambda x: torch.linalg.vector_norm(x, 3), (4, 5))
    yield Expression("norm", "inf", "norm(x0, p: inf, axes: [-1])", lambda x: torch.linalg.vector_norm(x, math.inf, -1), (4, 5))
    for op in ("any", "all"):
        function = getattr(torch, op)
        yield Expression(op, "odd", "%s(x0 > 1, axes: [1])" % op, lambda x, f=function: f(x > 1, 1), (7, 3), draw=ties, exact=True)
        yield Expression(op, "numbers", "%s(x0, axes: [0], keepdims: true)" % op, lambda x, f=function: f(x != 0, 0, keepdim=True), (2, 9), draw=ties, exact=True)
        yield Expression(op, "not-kept", "%s(x0, keepdims: false)" % op, lambda x, f=function: f(x != 0), (2, 9), draw=ties, exact=True)
    for op in ("cumsum", "cumprod"):
        function = getattr(torch, op)
        yield Expression(op, "odd", "%s(x0, axis: 1)" % op, lambda x, f=function: f(x, 1), ODD, draw=within(0.4, 1.6), second=op == "cumprod")
        yield Expression(op, "last", "%s(x0)" % op, lambda x, f=function: f(x, -1), (2, 40), draw=within(0.5, 1.5))
    yield Expression("cumprod", "small", "cumprod(x0)", lambda x: torch.cumprod(x, -1), (2, 3), draw=given([1e-9, 2, 1e-4, 3, 1e-8, 0.5]))
    yield Expression("std", "equal", "std(x0, axes: [1])", lambda x: torch.std(x, 1), (2, 3), draw=given([2, 2, 2, 1, 2, 4]))
    for flag in ("false", "true"):
        largest = flag == "true"
        yield Expression("sort", "odd-" + flag, "sort(x0, axis: 1, descending: %s)[0]" % flag, lambda x, d=largest: torch.sort(x, 1, descending=d)[0], ODD)
        yield Expression("argsort", "odd-" + flag, "argsort(x0, axis: 0, descending: %s)" % flag, lambda x, d=largest: torch.argsort(x, 0, descending=d), ODD)
        yield Expression("topk", "odd-" + flag, "topk(x0, k: 3, axis: 1, largest: %s)[0]" % flag, lambda x, d=largest: torch.topk(x, 3, 1, largest=d)[0], ODD)
    yield Expression("sort", "ties", "sort(x0)[1]", lambda x: torch.sort(x, dim=-1, stable=True)[1], (4, 23), draw=ties)
    yield Expression("sort", "nan", "sort(x0)[0]", lambda x: torch.sort(x, -1)[0], (4, 6), draw=given(not_finite), gradient=False)
    yield Expression("median", "odd", "median(x0, axis: 1)[0]", lambda x: torch.median(x, 1)[0], ODD)
    yield Expression("median", "nan", "median(x0)[0]", lambda x: torch.median(x, -1)[0], (4, 6), draw=given(not_finite), gradient=False)
    yield Expression("median", "even", "median(x0)[0]", lambda x: torch.median(x, -1)[0], (3, 8))


def products():
    yield Expression("matmul", "odd", "x0 @ x1", torch.matmul, (3, 7), (7, 5), second=True)
    yield Expression("matmul", "batch", "matmul(x0, x1)", torch.matmul, (2, 1, 3, 7), (4, 7, 5))
    yield Expression("matmul", "vectors", "matmul(x0, x1)", torch.matmul, (9,), (9,))
    yield Expression("matmul", "vector-matrix", "matmul(x0, x1)", torch.matmul, (9,), (2, 9, 3))
    yield Expression("matmul", "matrix-vector", "matmul(x0, x1)", torch.matmul, (2, 3, 9), (9,))
    yield Expression("matmul", "tiles", "matmul(x0, x1)", torch.matmul, (67, 131), (131, 65), draw=normal)
    yield Expression("matmul", "long", "matmul(x0, x1)", torch.matmul, (2, 5000), (5000, 3), draw=normal, relative=1e-4)
    for i, equation in enumerate(("bij,bjk->bik", "ij,jk->ki", "bhtd,bhsd->bhts", "i,j->ij", "ij,ij->", "abc,cd->abd", "ijk,k->ij", "ij,kj->ik")):
        left, right = equation.split("->")[0].split(",")
        sizes = dict(zip("abcdhijkst", (2, 3, 4, 5, 2, 3, 5, 4, 6, 3)))
        yield Expression("einsum", "odd%d" % i, 'einsum(x0, x1, equation: "%s")' % equation, lambda a, b, e=equation: torch.einsum(e, a, b),
                         tuple(sizes[c] for c in left), tuple(sizes[c] for c in right), second=i == 0)
    yield Expression("dot", "odd", "dot(x0, x1)", torch.dot, (7,), (7,), second=True)
    yield Expression("outer", "odd", "outer(x0, x1)", torch.outer, (7,), (5,), second=True)
    yield Expression("convolution", "odd", "convolution(x0, x1, stride: [2, 1], pad_low: [1, 0], pad_high: [2, 1], dilation: [1, 2], groups: 2)",
                     lambda x, w: F.conv2d(F.pad(x, (0, 1, 1, 2)), w, stride=(2, 1), dilation=(1, 2), groups=2), (2, 4, 7, 6), (6, 2, 3, 2), second=True)
    yield Expression("convolution", "line", "convolution(x0, x1, stride: [2], pad_low: [1], pad_high: [1], dilation: [1])", lambda x, w: F.conv1d(x, w, stride=2, padding=1), (2, 3, 9), (4, 3, 3))
    yield Expression("convolution_transpose", "odd", "convolution_transpose(x0, x1, stride: [2, 3], pad: [1, 0], output_pad: [1, 0], dilation: [1, 2], groups: 2)",
                     lambda x, w: F.conv_transpose2d(x, w, stride=(2, 3), padding=(1, 0), output_padding=(1, 0), dilation=(1, 2), groups=2), (2, 4, 3, 4), (4, 3, 3, 2), second=True)


def views():
    yield Expression("reshape", "odd", "reshape(x0, shape: [7, -1])", lambda x: x.reshape(7, -1), ODD)
    yield Expression("flatten", "odd", "flatten(x0)", lambda x: x.flatten(1), (3, 2, 5, 7))
    yield Expression("flatten", "some", "flatten(x0, start: 0, end: -2)", lambda x: x.flatten(0, -2), (3, 2, 5))
    yield Expression("permute", "odd", "permute(x0, axes: [2, 0, 1])", lambda x: x.permute(2, 0, 1), ODD)
    yield Expression("transpose", "odd", "transpose(x0)", lambda x: x.transpose(-1, -2), ODD)
    yield Expression("transpose", "axes", "transpose(x0, a: 0, b: 2)", lambda x: x.transpose(0, 2), ODD)
    yield Expression("broadcast_to", "odd", "broadcast_to(x0, shape: [4, 3, 5])", lambda x: x.expand(4, 3, 5), (3, 1))
    yield Expression("slice", "odd", "slice(x0, axis: 1, start: 1, stop: 5, step: 2)", lambda x: x[:, 1:5:2], ODD)
    yield Expression("slice", "index", "x0[1, :, 2:-1]", lambda x: x[1, :, 2:-1], ODD)
    yield Expression("slice", "backwards", "x0[::-1, 4:0:-2]", lambda x: x.flip(0)[:, [4, 2]], (3, 5))
    yield Expression("reverse", "odd", "reverse(x0, axes: [0, 2])", lambda x: x.flip(0, 2), ODD)
    yield Expression("flip", "odd", "flip(x0, axes: [1])", lambda x: x.flip(1), ODD)
    for mode, name in (("zero", "constant"), ("edge", "replicate"), ("reflect", "reflect"), ("circular", "circular")):
        yield Expression("pad", "odd-" + mode, 'pad(x0, low: [0, 0, 2, 1], high: [0, 0, 1, 3], mode: "%s")' % mode, lambda x, n=name: F.pad(x, (1, 3, 2, 1), n), (2, 3, 4, 5))
    yield Expression("pad", "lowest", 'amax(pad(x0, low: [1, 1], high: [0, 2], mode: "lowest"), axes: [1])[1:4]', lambda x: x.amax(1), (3, 5))
    yield Expression("concat", "odd", "concat(x0, x1)", lambda a, b: torch.cat([a, b], 1), (3, 2, 5), (3, 4, 5))
    yield Expression("concat", "axis", "concat(x0, x1, x0, axis: -1)", lambda a, b: torch.cat([a, b, a], -1), (3, 2), (3, 5))
    yield Expression("stack", "odd", "stack(x0, x1, axis: 1)", lambda a, b: torch.stack([a, b], 1), ODD, ODD)
    yield Expression("split", "odd", "split(x0, parts: 3, axis: 1)[1] * split(x0, parts: 3, axis: 1)[2]", lambda x: x[:, 2:4] * x[:, 4:], (2, 6))
    yield Expression("squeeze", "odd", "squeeze(x0, axes: [1])", lambda x: x.squeeze(1), (3, 1, 5, 1))
    yield Expression("squeeze", "all", "squeeze(x0)", torch.squeeze, (3, 1, 5, 1))
    yield Expression("unsqueeze", "odd", "unsqueeze(x0, axis: -2)", lambda x: x.unsqueeze(-2), (3, 5))
    yield Expression("windows", "odd", "windows(x0, axes: [1], kernel: [3], stride: [2], dilation: [1])", lambda x: x.unfold(1, 3, 2), (2, 9))
    yield Expression("windows", "dilation", "windows(x0, axes: [0], kernel: [2], stride: [1], dilation: [3])", lambda x: torch.stack([x[:-3], x[3:]], -1), (9,))
    yield Expression("roll", "odd", "roll(x0, shift: 2, axis: 1)", lambda x: x.roll(2, 1), ODD)
    yield Expression("roll", "back", "roll(x0, shift: -9)", lambda x: x.roll(-9, -1), ODD)
    for offset in (0, 2, -1):
        yield Expression("diagonal", "odd%d" % offset, "diagonal(x0, offset: %d)" % offset, lambda x, k=offset: x.diagonal(k, -2, -1), (2, 4, 5))
        yield Expression("tril", "odd%d" % offset, "tril(x0, diagonal: %d)" % offset, lambda x, k=offset: x.tril(k), (2, 4, 5))
        yield Expression("triu", "odd%d" % offset, "triu(x0, diagonal: %d)" % offset, lambda x, k=offset: x.triu(k), (2, 4, 5))
    yield Expression("tile", "odd", "tile(x0, times: [2, 1, 3])", lambda x: x.repeat(2, 1, 3), ODD)
    yield Expression("repeat_interleave", "odd", "repeat_interleave(x0, times: 3, axis: 1)", lambda x: x.repeat_interleave(3, 1), ODD)
    yield Expression("pixel_shuffle", "odd", "pixel_shuffle(x0, factor: 2)", lambda x: F.pixel_shuffle(x, 2), (2, 12, 3, 5))
    yield Expression("pixel_unshuffle", "odd", "pixel_unshuffle(x0, factor: 2)", lambda x: F.pixel_unshuffle(x, 2), (2, 3, 4, 6))


def indexing():
    yield Expression("gather", "odd", "gather(x0, x1, axis: 1)", lambda x, i: x.gather(1, i), (3, 5, 2), (3, 4, 2), draw=[spread, integers(0, 5)], second=True)
    yield Expression("take_along_axis", "odd", "take_along_axis(x0, x1, axis: 0)", lambda x, i: torch.take_along_dim(x, i, 0), (6, 3), (9, 3), draw=[spread, integers(0, 6)])
    yield Expression("scatter_add", "odd", "scatter_add(x0, x1, axis: 1, extent: 6)", lambda x, i: torch.zeros(3, 6, dtype=x.dtype).scatter_add(1, i, x), (3, 9), (3, 9), draw=[spread, integers(0, 6)])
    # Enough updates and entries that sorting is cheaper than comparing all with all.
    yield Expression("scatter_add", "large", "scatter_add(x0, x1, axis: 0, extent: 5001)", lambda x, i: torch.zeros(5001, dtype=x.dtype).scatter_add(0, i, x), (20011,), (20011,), draw=[spread, integers(0, 5001)])
    yield Expression("scatter_add", "few", "scatter_add(x0, x1, axis: 1, extent: 6001)", lambda x, i: torch.zeros(2, 6001, dtype=x.dtype).scatter_add(1, i, x), (2, 9001), (2, 9001), draw=[spread, integers(17, 20)])
    yield Expression("take", "odd", "take(x0, x1)", lambda t, i: t[i], (7, 5), (4, 3), draw=[spread, integers(0, 7)])
    yield Expression("take", "axis", "take(x0, x1, axis: 1)", lambda t, i: t.index_select(1, i), (3, 7, 2), (4,), draw=[spread, integers(0, 7)])
    yield Expression("one_hot", "odd", "one_hot(x0, classes: 7, dtype: i32)", lambda i: F.one_hot(i, 7), (4, 3), draw=integers(0, 7))


def sources():
    yield Expression("iota", "odd", "iota(shape: [3, 5], axis: 1) + cast(x0, i32) * 0", lambda x: torch.arange(5).expand(3, 5), (1,))
    yield Expression("full", "odd", "full(shape: [3, 5], value: 2.5, dtype: f32) + x0", lambda x: (x + 2.5).expand(3, 5), (5,))
    yield Expression("zeros", "odd", "zeros(shape: [3, 5], dtype: f32) + x0", lambda x: x.expand(3, 5), (5,))
    yield Expression("ones", "odd", "ones(shape: [3, 5], dtype: f32) + x0", lambda x: 1 + x.expand(3, 5), (5,))
    yield Expression("eye", "odd", "eye(n: 3, m: 5, dtype: f32) * x0", lambda x: torch.eye(3, 5, dtype=x.dtype) * x, (5,))
    yield Expression("arange", "odd", "arange(n: 7, start: 2.0, step: -0.5, dtype: f32) * x0", lambda x: torch.arange(2, -1.5, -0.5, dtype=x.dtype) * x, (7,))
    yield Expression("linspace", "odd", "linspace(first: -1.0, last: 2.0, n: 7) * x0", lambda x: torch.linspace(-1, 2, 7, dtype=x.dtype) * x, (7,))
    yield Expression("coordinates", "odd", "coordinates(sizes: [3, 4]) * x0",
                     lambda x: torch.stack(torch.meshgrid((torch.arange(3) + 0.5) / 3, (torch.arange(4) + 0.5) / 4, indexing="ij"), -1).to(x.dtype) * x, (2,))
    yield Expression("grad", "odd", "grad(sum(sin(x0) * x0), x0)", lambda x: torch.cos(x) * x + torch.sin(x), ODD, second=True)


def cases():
    for group in (elementwise, activations, reductions, products, views, indexing, sources):
        yield from group()
