# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tensors of more than 2^24 elements, whose indices f32 does not hold, and launches of more workgroups than one dimension of a launch may have.
Values are small whole numbers, so that what is computed is exact whatever the order."""
import numpy as np

from cases import Case
from compare import expect, expect_close, expect_equal

EDGE = 2 ** 24
LONG = EDGE + 13
#: A square of more elements, whose sides no power of two divides.
SIDE = 4099


def small(shape):
    """Whole numbers from -45 to 45."""
    return (np.arange(np.prod(shape), dtype=np.int64) % 91 - 45).astype(np.float32).reshape(shape)


class Large(Case):
    """The outputs of `text` for `inputs`, against `expected`: exact, but for those named in `rounded`. With `crowded`, some kernel of every variant
    has more workgroups than a dimension holds."""

    def __init__(self, name, text, inputs, expected, rounded=(), crowded=False):
        super().__init__(None, "large-" + name)
        self.text, self.inputs, self.expected, self.rounded, self.crowded = text, inputs, expected, rounded, crowded

    def models(self):
        return ['model "case"\n' + self.text]

    def check(self, bundles, device):
        if self.crowded:
            for variant in bundles[0].manifest["variants"]:
                expect(variant["requirements"]["max_workgroup_count"][1] > 1, "variant %s has few workgroups: the case is too small" % variant["name"])
        inputs = self.inputs()
        (result,) = device.run(bundles[0], {}, [{"entry": "predict", "inputs": inputs}])
        for name, value in self.expected(inputs).items():
            if name in self.rounded:
                expect_close(name, result[name], value)
            else:
                expect_equal(name, result[name], value)


def taken(inputs):
    gradient = np.zeros(LONG, np.float32)
    np.add.at(gradient, inputs["i"], inputs["w"])
    return {"y": inputs["x"][inputs["i"]], "g": gradient}


def decayed(inputs):
    """The scan below and its gradient by the weights, step by step."""
    x, w, v, r = (inputs[name].astype(np.float64) for name in "xwvr")
    y, gradient = np.zeros(len(r)), np.zeros(w.shape)
    for step, a in enumerate(x):
        weight = 0.9 ** (len(x) - 1 - step)
        z = np.tanh(a @ w)
        y += weight * (z @ v)
        gradient += weight * a.T @ ((1 - z * z) * np.outer(r, v))
    return {"y": y, "g": gradient}


def drawn(rng=np.random.default_rng(5)):
    shapes = {"x": (64, 1024, 64), "w": (64, 1024), "v": (1024,), "r": (1024,)}
    return {name: (rng.standard_normal(shape) * 0.1).astype(np.float32) for name, shape in shapes.items()}


def late_maximum():
    x = small(LONG)
    x[[EDGE + 3, EDGE + 5]] = 100
    return {"x": x}


def cases():
    yield Large("elementwise", "input x : f32[%d]\noutput y = x * 2 + 1\n" % LONG, lambda: {"x": small(LONG)}, lambda inputs: {"y": inputs["x"] * 2 + 1})
    yield Large("broadcast", "input x : f32[%d, %d]\ninput r : f32[%d, 1]\ninput c : f32[%d]\noutput y = x * r + c\n" % (SIDE, SIDE, SIDE, SIDE),
                lambda: {"x": small((SIDE, SIDE)), "r": small((SIDE, 1)), "c": small(SIDE)}, lambda inputs: {"y": inputs["x"] * inputs["r"] + inputs["c"]})
    yield Large("sum", "input x : f32[%d, %d]\noutput rows = sum(x, axes: [1])\noutput columns = sum(x, axes: [0])\noutput all = sum(square(x))\noutput g = grad(sum(square(x)), x)\n"
                % (SIDE, SIDE), lambda: {"x": small((SIDE, SIDE))},
                lambda inputs: {"rows": inputs["x"].sum(1), "columns": inputs["x"].sum(0), "all": np.square(inputs["x"], dtype=np.float64).sum(), "g": 2 * inputs["x"]}, rounded=("all",))
    yield Large("take", "input x : f32[%d]\ninput i : i32[7]\ninput w : f32[7]\noutput y = take(x, i)\noutput g = grad(sum(take(x, i) * w), x)\n" % LONG,
                lambda: {"x": small(LONG), "i": np.array([0, EDGE - 1, EDGE, EDGE + 1, EDGE + 1, EDGE + 3, LONG - 1], np.int32), "w": np.arange(1, 8)}, taken)
    yield Large("indices", "input i : i32[1]\ninput x : f32[%d]\noutput all = arange(n: %d, start: 0, step: 1, dtype: i32)\noutput found = argmax(one_hot(i, %d, dtype: i32))\n"
                "output one = sum(one_hot(i, %d, dtype: f32) * x)\n" % ((LONG,) * 4),
                lambda: {"i": np.array([EDGE + 1], np.int32), "x": small(LONG)},
                lambda inputs: {"all": np.arange(LONG), "found": inputs["i"], "one": inputs["x"][EDGE + 1]})
    yield Large("argmax", "input x : f32[%d]\noutput first = argmax(x)\noutput last = argmin(-reverse(x, axes: [0]))\n" % LONG, late_maximum,
                lambda inputs: {"first": EDGE + 3, "last": LONG - 1 - (EDGE + 5)})
    # No divisor cuts these sums, and no loop on llvmpipe takes more than 65535 iterations.
    yield Large("prime", "input x : f32[1000003]\noutput all = sum(x)\noutput first = argmax(x)\noutput least = amin(x)\n", lambda: {"x": small(1000003)[::-1]},
                lambda inputs: {"all": inputs["x"].sum(dtype=np.float64), "first": np.argmax(inputs["x"]), "least": -45})
    yield Large("product", "input a : f32[128, 262144]\ninput b : f32[262144, 128]\noutput y = a @ b\n", lambda: {"a": small((128, 262144)) % 3, "b": small((262144, 128)) % 2},
                lambda inputs: {"y": inputs["a"] @ inputs["b"]})
    # The hidden layers of all steps would be 256 MiB, more than a device has to bind: they stay in the loops.
    yield Large("scan", "input x : f32[64, 1024, 64]\ninput w : f32[64, 1024]\ninput v : f32[1024]\ninput r : f32[1024]\n"
                "(states, finals) = scan((h, a) => [[0.9 * h + tanh(a @ w) @ v], [h]], [x], [zeros([1024])], axis: 0)\n"
                "output y = finals[0]\noutput g = grad(sum(finals[0] * r), w)\n", drawn, decayed, rounded=("y", "g"))
    count = 2 ** 26 - 5
    yield Large("workgroups", "input k : i32[1]\noutput y = cast((arange(n: %d, start: 0, step: 1, dtype: i32) + k) %% 3, f16)\n" % count,
                lambda: {"k": np.array([1])}, lambda _: {"y": np.resize(np.array([1, 2, 0], np.float16), count)}, crowded=True)
