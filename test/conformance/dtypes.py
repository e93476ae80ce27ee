# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Element types from end to end: inputs, states, loops and training steps in every one of them."""
import numpy as np
import torch

from cases import Case
from compare import expect, expect_close, expect_equal

TORCH = {"f32": torch.float32, "f64": torch.float64, "f16": torch.float16, "bf16": torch.bfloat16}
# The rounding of one operation; bf16 and f16 are computed in f32 and rounded once.
EPSILON = {"f64": 1e-14, "f32": 1e-6, "f16": 1e-3, "bf16": 8e-3}


def stored(tensor):
    """A torch tensor as the bundle stores it: NumPy has no bf16, so its bits."""
    return tensor.view(torch.int16).numpy().view(np.uint16) if tensor.dtype == torch.bfloat16 else tensor.numpy()


def loaded(array, dtype):
    """The numbers of a stored array, as f64."""
    return torch.from_numpy(array.view(np.int16).copy()).view(torch.bfloat16).double().numpy() if dtype == "bf16" else array.astype(np.float64)


class Elementwise(Case):
    """Inputs and outputs of a type, of an odd number of elements."""

    def __init__(self, dtype):
        super().__init__(None, "dtype-%s" % dtype)
        self.dtype = dtype

    def models(self):
        return ['model "case"\ninput a : %s[3, 5]\ninput b : %s[5]\noutput y = a * b + a\noutput t = a > b\n' % (self.dtype, self.dtype)]

    def check(self, bundles, device):
        rng = self.random()
        a, b = (torch.tensor(rng.standard_normal(shape)).to(TORCH[self.dtype]) for shape in ((3, 5), (5,)))
        (result,) = device.run(bundles[0], {}, [{"entry": "predict", "inputs": {"a": stored(a), "b": stored(b)}}])
        expected = (a.double() * b.double() + a.double()).numpy()
        expect_close("value", loaded(result["y"], self.dtype), expected, 3 * EPSILON[self.dtype], scale=4)
        expect_equal("comparison", result["t"], (a > b).numpy().astype(np.int32))


class Integers(Case):
    """u32 beyond the range of i32, and booleans as inputs and outputs."""

    def __init__(self):
        super().__init__(None, "dtype-u32-bool")

    def models(self):
        return ['model "case"\ninput u : u32[7]\ninput c : bool[7]\noutput y = where(c, u / 3, u >> 1)\noutput d = not c\n']

    def check(self, bundles, device):
        u = np.array([0, 1, 7, 2 ** 31, 2 ** 31 + 5, 2 ** 32 - 1, 12345], np.uint32)
        c = np.array([1, 0, 1, 1, 0, 1, 0], np.int32)
        (result,) = device.run(bundles[0], {}, [{"entry": "predict", "inputs": {"u": u, "c": c}}])
        expect(bundles[0].entries["predict"]["outputs"][0]["dtype"] == "u32", "the output is not u32")
        expect_equal("value", result["y"], np.where(c == 1, u // 3, u >> 1).astype(np.uint32))
        expect_equal("negation", result["d"], 1 - c)


class Loop(Case):
    """A scan over slices of an odd number of elements, whose parts are not whole words in 16 bits."""

    def __init__(self, dtype):
        super().__init__(None, "dtype-scan-%s" % dtype)
        self.dtype = dtype

    def models(self):
        return ['model "case"\ninput x : %s[40, 3]\ninput s : %s[3]\n'
                'r = scan(step: (s, a) => [[s * 0.5 + a], [s + a]], sequences: [x], init: [s], axis: 0)\n'
                'output all = r[0][0]\noutput last = r[1][0]\n' % (self.dtype, self.dtype)]

    def check(self, bundles, device):
        rng = self.random()
        x, s = (torch.tensor(rng.standard_normal(shape)).to(TORCH[self.dtype]) for shape in ((40, 3), (3,)))
        (result,) = device.run(bundles[0], {}, [{"entry": "predict", "inputs": {"x": stored(x), "s": stored(s)}}])
        state, outputs = s.double(), []
        for row in x.double():
            outputs.append(state + row)
            state = state * 0.5 + row
        # Every step rounds; halving the state forgets what earlier steps did.
        bound = 6 * EPSILON[self.dtype]
        expect_close("outputs", loaded(result["all"], self.dtype), torch.stack(outputs).numpy(), bound, scale=4)
        expect_close("state", loaded(result["last"], self.dtype), state.numpy(), bound, scale=4)


class Training(Case):
    """Steps of an optimizer on parameters of f64 and f32, with a buffer and activations of 16 bits in between."""

    def __init__(self, name, optimizer, make):
        super().__init__(None, "dtype-train-" + name)
        self.optimizer, self.make = optimizer, make

    def models(self):
        return ['model "case"\ninput x : f64[6, 5]\nparam v : f64[5, 3] = normal(0.0, 0.5)\nparam w : f32[3] = normal(0.0, 1.0)\nstate h : f16[3] = constant(0.0)\n'
                'z = tanh(x @ v)\nr = cast(cast(z, f32) * w, %s)\nupdate h = cast(sum(cast(r, f32), axes: [0]), f16)\noutput y = z\n'
                'loss cast(sum(z * z), f32) + sum(square(cast(r, f32))) + sum(reshape(cast(r, f32), [18]))\noptimizer %s\n' % (storage, self.optimizer)
                for storage in ("f16", "bf16")]

    def check(self, bundles, device):
        rng = self.random()
        x = rng.standard_normal((6, 5))
        v0, w0 = rng.standard_normal((5, 3)) * 0.5, rng.standard_normal(3).astype(np.float32)
        for bundle, storage in zip(bundles, (torch.float16, torch.bfloat16)):
            v, w = torch.tensor(v0, requires_grad=True), torch.tensor(w0, requires_grad=True)
            optimizer = self.make([v, w])
            # The states go from one run to the next.
            runs = [{"entry": "train", "inputs": {"x": x}, "step": step + 1, "read": ["v", "w", "h"]} for step in range(3)]
            results = device.run(bundle, {"v": v0, "w": w0}, runs)
            for result in results:
                z = torch.tanh(torch.tensor(x) @ v)
                # torch rounds the cotangents of what is stored in 16 bits; here they are f32.
                exact = z.float() * w
                r = exact + (exact.to(storage).float() - exact).detach()
                loss = (z * z).sum().float() + (r * r).sum() + r.sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                expect_close("loss", result["loss"], loss.item(), 1e-5)
                expect(result["v"].dtype == np.float64, "v is not f64")
                expect_close("v", result["v"], v.detach().numpy(), 1e-3, scale=1)
                expect_close("w", result["w"], w.detach().numpy(), 1e-3, scale=1)
                expect_close("h", result["h"], r.sum(0).half().detach().double().numpy(), 2e-3, scale=1)


class Double(Case):
    """A step in f64 alone: nothing is rounded to f32 on the way."""

    def __init__(self):
        super().__init__(None, "dtype-train-f64")

    def models(self):
        return ['model "case"\ninput x : f64[6, 5]\nparam v : f64[5, 3] = normal(0.0, 0.5)\nz = exp(x @ v) / 3\nl = sum(sigmoid(z) * z)\noutput l = l\noutput g = grad(l, v)\n'
                'loss cast(l, f32)\noptimizer adam(lr: 0.01)\n']

    def check(self, bundles, device):
        rng = self.random()
        x, v0 = rng.standard_normal((6, 5)), rng.standard_normal((5, 3)) * 0.3
        inputs = {"x": x}
        predicted, *trained = device.run(bundles[0], {"v": v0}, [{"entry": "predict", "inputs": inputs}] + [
            {"entry": "train", "inputs": inputs, "step": step + 1, "read": ["v"]} for step in range(2)])
        v = torch.tensor(v0, requires_grad=True)
        optimizer = torch.optim.Adam([v], lr=0.01)
        for step in range(2):
            z = torch.exp(torch.tensor(x) @ v) / 3
            value = (torch.sigmoid(z) * z).sum()
            optimizer.zero_grad()
            value.backward()
            if step == 0:
                expect_close("value", predicted["l"], value.item(), 1e-11)
                expect_close("gradient", predicted["g"], v.grad.numpy(), 1e-11)
            optimizer.step()
            expect_close("v", trained[step]["v"], v.detach().numpy(), 1e-9)


def cases():
    for dtype in ("f64", "f16", "bf16"):
        yield Elementwise(dtype)
        yield Loop(dtype)
    yield Integers()
    yield Double()
    yield Training("sgd", "sgd(lr: 0.05, momentum: 0.9)", lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9))
    yield Training("adam", "adam(lr: 0.05)", lambda p: torch.optim.Adam(p, lr=0.05))
