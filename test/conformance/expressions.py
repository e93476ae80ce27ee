# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Cases written as expressions of the model language: values, first and second derivatives against torch, which derives
its own by autograd in f64."""
import itertools
import re

import numpy as np
import torch

from cases import Case, normal, spread
from compare import expect, expect_close, expect_equal
from probes import RATE, gradient_of

NUMPY = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "u32": np.uint32, "bool": np.int32}


def declare(kind, name, shape, dtype="f32", tail=""):
    return "%s %s : %s[%s]%s" % (kind, name, dtype, ", ".join(map(str, shape)), tail)


def integers(low, high):
    """Draws i32 in [low, high)."""
    def draw(rng, shape):
        return rng.integers(low, high, shape).astype(np.int32)
    draw.dtype = "i32"
    return draw


def within(low, high):
    """Draws numbers evenly spread over (low, high), in random order."""
    def draw(rng, shape):
        count = int(np.prod(shape, dtype=np.int64))
        return rng.permutation(low + (np.arange(count) + 0.5) * (high - low) / count).astype(np.float32).reshape(shape)
    return draw


def given(*values):
    """These values, one an operand."""
    arrays = itertools.cycle(np.asarray(value, np.float32) for value in values)

    def draw(rng, shape):
        return next(arrays).reshape(shape)
    return draw


def torch_of(array, gradient):
    if np.issubdtype(array.dtype, np.floating):
        return torch.tensor(array.astype(np.float64), requires_grad=gradient)
    return torch.tensor(array.astype(np.int64))


def attributes_in(text):
    """The attributes that a text gives by name, as far as coverage wants to know them."""
    values = {"true": True, "false": False}
    return {name: values.get(value, value) for name, value in re.findall(r'(\w+):\s*"?([^\s",)]+)', text)}


class Expression(Case):
    """`text` over the inputs x0, x1, ... of the given shapes. `reference` takes them as torch tensors. With `gradient`, also the gradient of
    sum(y w) for random w by every float operand (or those in `wrt`); with `second`, also that of the sum of the first one's squares."""

    def __init__(self, op, name, text, reference, *shapes, draw=spread, relative=1e-5, exact=False, gradient=True, second=False, wrt=None, before=""):
        super().__init__(op, name, attributes_in(text))
        self.text, self.reference, self.shapes = text, reference, [tuple(shape) for shape in shapes]
        self.draws = draw if isinstance(draw, (list, tuple)) else [draw] * len(shapes)
        self.relative, self.exact, self.second, self.before = relative, exact, second, before
        self.dtypes = [getattr(draw, "dtype", "f32") for draw in self.draws]
        self.floats = [i for i, dtype in enumerate(self.dtypes) if dtype == "f32" and (wrt is None or i in wrt)] if gradient and not exact else []

    def values(self):
        rng = self.random()
        return [draw(rng, shape) for draw, shape in zip(self.draws, self.shapes)], rng

    def prepare(self, specs):
        operands = [torch_of(value, True) for value in self.values()[0]]
        result = self.reference(*operands)
        self.result_shape = tuple(result.shape)
        self.integral = not result.is_floating_point()
        # What the result depends on through comparisons and integers alone has no gradient in torch either, and is no 'grad' of ours.
        if self.floats and result.requires_grad:
            found = torch.autograd.grad(result.sum(), [operands[i] for i in self.floats], allow_unused=True)
            self.floats = [i for i, gradient in zip(self.floats, found) if gradient is not None]
        elif not result.requires_grad:
            self.floats = []

    def models(self):
        lines = ['model "case"', self.before] + [declare("input", "x%d" % i, shape, dtype) for i, (shape, dtype) in enumerate(zip(self.shapes, self.dtypes))]
        lines += ["y = " + self.text, "output y = y"]
        if self.floats:
            lines += [declare("input", "w", self.result_shape)]
            operands = ", ".join("x%d" % i for i in self.floats)
            lines += ["%s = grad(sum(y * w), %s)" % (self._names("g"), operands)]
            lines += ["output g%d = g%d" % (i, i) for i in self.floats]
            if self.second:
                squares = " + ".join("sum(square(g%d))" % i for i in self.floats)
                lines += ["%s = grad(%s, %s)" % (self._names("h"), squares, operands)]
                lines += ["output h%d = h%d" % (i, i) for i in self.floats]
        return ["\n".join(lines) + "\n"]

    def _names(self, letter):
        names = ["%s%d" % (letter, i) for i in self.floats]
        return names[0] if len(names) == 1 else "(" + ", ".join(names) + ")"

    def check(self, bundles, device):
        values, rng = self.values()
        inputs = {"x%d" % i: value for i, value in enumerate(values)}
        if self.floats:
            inputs["w"] = normal(rng, self.result_shape)
        (result,) = device.run(bundles[0], {}, [{"entry": "predict", "inputs": inputs}])
        operands = [torch_of(value, True) for value in values]
        y = self.reference(*operands)
        # What is too large for f32 is infinite.
        with np.errstate(over="ignore"):
            expected = y.detach().numpy() if not y.is_floating_point() else y.detach().numpy().astype(np.float32).astype(np.float64)
        if self.exact or self.integral:
            expect_equal("value", result["y"], expected)
        else:
            expect_close("value", result["y"], expected, self.relative)
        if not self.floats:
            return
        wrt = [operands[i] for i in self.floats]
        gradients = self._derive((y * torch_of(inputs["w"], False)).sum(), wrt)
        for i, gradient in zip(self.floats, gradients):
            expect_close("gradient by x%d" % i, result["g%d" % i], gradient.detach().numpy(), self.relative)
        if self.second:
            total = sum((gradient ** 2).sum() for gradient in gradients)
            scale = max(float(gradient.abs().max()) for gradient in gradients)
            for i, gradient in zip(self.floats, self._derive(total, wrt)):
                expect_close("second derivative by x%d" % i, result["h%d" % i], gradient.detach().numpy(), 10 * self.relative, scale)

    @staticmethod
    def _derive(y, wrt):
        if not y.requires_grad:
            return [torch.zeros_like(x) for x in wrt]
        found = torch.autograd.grad(y, wrt, create_graph=True, allow_unused=True)
        return [torch.zeros_like(x) if gradient is None else gradient for x, gradient in zip(wrt, found)]


class Module(Case):
    """A layer with parameters called `layer`, against a torch module with the same names: in training the loss sum(y w), its gradients
    by operands and parameters, and buffers; in evaluation the value."""

    def __init__(self, op, name, text, make, *shapes, call=None, draw=spread, relative=1e-5):
        super().__init__(op, name, attributes_in(text))
        self.text, self.make, self.shapes = text, make, [tuple(shape) for shape in shapes]
        self.call = call or (lambda module, *operands: module(*operands))
        self.draws = draw if isinstance(draw, (list, tuple)) else [draw] * len(shapes)
        self.dtypes = [getattr(draw, "dtype", "f32") for draw in self.draws]
        self.relative = relative

    def prepare(self, specs):
        torch.manual_seed(3)
        self.module = self.make().double()
        rng = self.random()
        self.values = [draw(rng, shape) for draw, shape in zip(self.draws, self.shapes)]
        with torch.no_grad():
            for parameter in self.module.parameters():
                parameter.copy_(torch.tensor(rng.standard_normal(parameter.shape).astype(np.float32) * 0.5))
            self.module.eval()
            y = self.call(self.module, *[torch_of(value, False) for value in self.values])
        self.result_shape = tuple(y.shape)
        self.weights = normal(rng, self.result_shape)

    def models(self):
        lines = ['model "case"']
        for i, (shape, dtype) in enumerate(zip(self.shapes, self.dtypes)):
            lines.append(declare("input" if dtype != "f32" else "param", "x%d" % i, shape, dtype, "" if dtype != "f32" else " = constant(0.0)"))
        lines += [declare("input", "w", self.result_shape), "y = layer: " + self.text, "output y = y", "loss sum(y * w)",
                  "optimizer sgd(lr: %r)" % RATE]
        return ["\n".join(lines) + "\n"]

    def check(self, bundles, device):
        floats = [i for i, dtype in enumerate(self.dtypes) if dtype == "f32"]
        states = {"x%d" % i: self.values[i] for i in floats}
        names = {"layer." + name: value.detach().numpy() for name, value in self.module.named_parameters()}
        buffers = {"layer." + name: value.detach().numpy().copy() for name, value in self.module.named_buffers() if value.dim() > 0}
        known = [name for name, state in bundles[0].states.items() if state["role"] in ("parameter", "buffer") and name not in states]
        expect(sorted(known) == sorted([*names, *buffers]), "states %s instead of %s" % (sorted(known), sorted([*names, *buffers])))
        for name, value in {**names, **buffers}.items():
            expect(tuple(bundles[0].states[name]["shape"]) == value.shape, "%s has shape %s instead of %s" % (name, bundles[0].states[name]["shape"], value.shape))
        states.update({name: value.astype(np.float32) for name, value in {**names, **buffers}.items()})
        inputs = {"w": self.weights, **{"x%d" % i: value for i, value in enumerate(self.values) if i not in floats}}
        predicted, trained = device.run(bundles[0], states, [
            {"entry": "predict", "inputs": inputs}, {"entry": "train", "inputs": inputs, "step": 1, "read": list(states)}])

        operands = [torch_of(value, True) for value in self.values]
        self.module.eval()
        expect_close("value", predicted["y"], self.call(self.module, *operands).detach().numpy(), self.relative)
        self.module.train()
        self.module.zero_grad()
        loss = (self.call(self.module, *operands) * torch_of(self.weights, False)).sum()
        loss.backward()
        expect_close("loss", trained["loss"], loss.item(), self.relative, scale=float(np.abs(self.weights).sum()))
        gradients = {"x%d" % i: operands[i].grad for i in floats}
        gradients.update({"layer." + name: value.grad for name, value in self.module.named_parameters()})
        scale = max(float(gradient.abs().max()) for gradient in gradients.values() if gradient is not None)
        for name, gradient in gradients.items():
            expected = np.zeros(states[name].shape) if gradient is None else gradient.numpy()
            expect_close("gradient of " + name, gradient_of(states[name], trained[name]), expected, self.relative, scale)
        for name, value in self.module.named_buffers():
            if value.dim() > 0:
                expect_close("layer." + name, trained["layer." + name], value.detach().numpy(), self.relative)


class Metric(Case):
    """A metric over a whole and a partial batch, against a function of all rows that count."""

    def __init__(self, op, name, text, reference, *shapes, draw=spread, relative=1e-5):
        super().__init__(op, name, attributes_in(text))
        self.text, self.reference, self.shapes = text, reference, [tuple(shape) for shape in shapes]
        self.draws = draw if isinstance(draw, (list, tuple)) else [draw] * len(shapes)
        self.dtypes = [getattr(draw, "dtype", "f32") for draw in self.draws]
        self.relative = relative

    def models(self):
        lines = ['model "case"']
        for i, (shape, dtype) in enumerate(zip(self.shapes, self.dtypes)):
            lines.append(declare("input", "x%d" % i, ("batch", *shape[1:]), dtype))
        lines += ["loss mean(square(x0))", "metric m = " + self.text, "output y = x0", "train batch: %d" % self.shapes[0][0]]
        return ["\n".join(lines) + "\n"]

    def check(self, bundles, device):
        rng = self.random()
        batches = [[draw(rng, shape) for draw, shape in zip(self.draws, self.shapes)] for _ in range(2)]
        count = self.shapes[0][0]
        runs = [{"entry": "eval", "inputs": {"x%d" % i: value for i, value in enumerate(batch)}, "valid": valid}
                for batch, valid in zip(batches, (count, count - 1))]
        result = device.run(bundles[0], {}, runs + [{"entry": "metrics"}])[-1]
        rows = [np.concatenate([a, b[:count - 1]]) for a, b in zip(*batches)]
        expect_close("metric", result["m"], self.reference(*[torch_of(value, False) for value in rows]).numpy(), self.relative)
