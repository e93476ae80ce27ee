# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kinds of cases: what a case compiles, runs and compares."""
import zlib

import numpy as np
import torch

from compare import expect_close, expect_equal
from probes import RATE, gradient_of, make_inputs, partial, torch_of, value_gradient, weights_of
from references import LAYERS, complete, parameter_shapes


class Case:
    """One use of one entry of the registry, or of several if `op` is None. `attributes` are those that the model gives."""

    def __init__(self, op, name, attributes=None):
        self.op, self.attributes = op, attributes or {}
        self.name = "%s/%s" % (op or "network", name)

    def random(self):
        """Numbers that depend on the case's name alone."""
        return np.random.default_rng(zlib.crc32(self.name.encode()))

    def prepare(self, specs):
        """Called before the others; `specs` is the registry by name."""

    def models(self):
        """What has to be compiled; `check` gets the bundles in this order."""
        raise NotImplementedError

    def check(self, bundles, device):
        """Raises Failure."""
        raise NotImplementedError


# How values are drawn. Away from kinks: no two are nearer than 4 / count, none is nearer than 2 / count to zero.
def spread(rng, shape):
    count = int(np.prod(shape, dtype=np.int64))
    return rng.permutation((np.arange(count) + 0.5) * 4 / count - 2).astype(np.float32).reshape(shape)


def normal(rng, shape):
    return rng.standard_normal(shape).astype(np.float32)


def ties(rng, shape):
    return rng.integers(-1, 3, shape).astype(np.float32)


def wide(rng, shape):
    return (rng.standard_normal(shape) * 30).astype(np.float32)


class Differentiable(Case):
    """A value `y` made of probed values and of layers with parameters: `y` in `predict`; the loss mse(y, target), its
    gradient by every probed value and parameter in `train`, for a whole and, with a batch axis, a partial batch; and the
    loss over both batches in `eval` and `metrics`. A subclass sets shapes, draw, batched, relative and result_shape."""

    def layers(self):
        """The layers of the model, from values `p0`, `p1`, ... to `y`."""
        raise NotImplementedError

    def parameters(self):
        """The shapes of the layers' parameters by their names."""
        raise NotImplementedError

    def reference(self, values, parameters):
        """`y` by torch."""
        raise NotImplementedError

    def find_result_shape(self):
        zeros = [torch.zeros(shape, dtype=torch.float64) for shape in self.shapes]
        parameters = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in self.parameters().items()}
        return tuple(self.reference(zeros, parameters).shape)

    def models(self):
        inputs, layers = make_inputs(self.shapes, self.batched)
        batch = self.shapes[0][0]
        inputs["target"] = {"shape": ["batch" if self.batched else self.result_shape[0], *self.result_shape[1:]]}
        return [{"descent": 1, "name": "case", "inputs": inputs, "network": layers + self.layers(),
                 "loss": {"mse": ["y", "target"]}, "outputs": {"y": "y"}, "optimizer": {"sgd": {"lr": RATE}},
                 **({"train": {"batch": batch}} if self.batched else {})}]

    def check(self, bundles, device):
        rng = self.random()
        values = [self.draw(rng, shape) for shape in self.shapes]
        parameters = {name: (normal(rng, shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)
                      for name, shape in self.parameters().items()}
        target = normal(rng, self.result_shape)
        batch = len(values[0])
        inputs = {"select": np.eye(batch, dtype=np.float32), "target": target}
        states = {**weights_of(values), **parameters}
        read = list(states)
        runs = [{"entry": "predict", "inputs": inputs},
                {"entry": "train", "inputs": inputs, "step": 1, "valid": batch, "read": read},
                {"entry": "eval", "inputs": inputs, "valid": batch, "reset": True}]
        valid = batch - 1 if self.batched and batch > 1 else 0
        if valid:
            fewer = {name: partial(value, valid) for name, value in inputs.items()}
            runs += [{"entry": "eval", "inputs": fewer, "valid": valid}, {"entry": "metrics"},
                     {"entry": "train", "inputs": fewer, "step": 1, "valid": valid, "read": read, "reset": True}]
        else:
            runs += [{"entry": "metrics"}]
        results = device.run(bundles[0], states, runs)

        whole = self._expected(values, parameters, target, batch)
        expect_close("value", results[0]["y"], whole["y"], self.relative)
        self._compare("", results[1], states, whole)
        mean = whole["loss"]
        if valid:
            part = self._expected(values, parameters, target, valid)
            self._compare("partial batch: ", results[5], states, part)
            mean = (batch * whole["loss"] + valid * part["loss"]) / (batch + valid)
        expect_close("loss of metrics", results[4 if valid else 3]["loss"], mean, self.relative)

    def _expected(self, values, parameters, target, valid):
        x = [torch_of(value) for value in values]
        weights = {name: torch_of(value) for name, value in parameters.items()}
        y = self.reference([value[:valid] for value in x], weights)
        loss = torch.nn.functional.mse_loss(y, torch_of(target[:len(y)], gradient=False))
        loss.backward()
        result = {"y": y.detach().numpy(), "loss": loss.item()}
        for i, value in enumerate(x):
            result["probe%d.weight" % i] = value.grad.numpy()
        for name, weight in weights.items():
            result[name] = weight.grad.numpy()
        return result

    def _compare(self, prefix, result, states, expected):
        expect_close(prefix + "loss", result["loss"], expected["loss"], self.relative)
        scale = max(np.abs(expected[name]).max() for name in states) if self.op is None else 0
        for name, before in states.items():
            actual = gradient_of(before, result[name])
            if name.startswith("probe"):
                actual = value_gradient(actual, expected[name].shape)
            expect_close(prefix + "gradient of " + name, actual, expected[name], self.relative, scale)


class Layer(Differentiable):
    """One layer on values of the given shapes; `operands` are `p0`, `p1`, ... unless they are given."""

    def __init__(self, op, name, attributes, shapes, draw=spread, batched=True, relative=1e-5, operands=None):
        super().__init__(op, "training/" + name, attributes)
        self.shapes = [tuple(shape) for shape in shapes]
        self.draw, self.batched, self.relative = draw, batched, relative
        self.operands = operands or ["p%d" % i for i in range(len(shapes))]

    def prepare(self, specs):
        self.full = complete(specs[self.op], self.attributes)
        self.result_shape = self.find_result_shape()

    def layers(self):
        return [{self.op: dict(self.attributes, args=self.operands), "as": "y", "name": "layer"}]

    def parameters(self):
        shapes = parameter_shapes(self.op, self.full, self.shapes[0])
        return {"layer." + role: shape for role, shape in shapes.items()}

    def reference(self, values, parameters):
        operands = [values[int(name[1:])] for name in self.operands]
        return LAYERS[self.op](self.full, operands, {name.split(".")[1]: value for name, value in parameters.items()})


class Forward(Case):
    """A layer of one operand in `predict` alone, on values given by the model's input: for results that have no gradient,
    and for values at which there is none."""

    def __init__(self, op, name, attributes, value, exact=False):
        super().__init__(op, "forward/" + name, attributes)
        self.value, self.exact = value, exact

    def prepare(self, specs):
        self.full = complete(specs[self.op], self.attributes)

    def models(self):
        return [{"descent": 1, "name": "case", "inputs": {"x": {"shape": ["batch", *self.value.shape[1:]]}},
                 "network": [], "outputs": {"y": {self.op: dict(self.attributes, args=["x"])}},
                 "train": {"batch": len(self.value)}}]

    def check(self, bundles, device):
        result = device.run(bundles[0], {}, [{"entry": "predict", "inputs": {"x": self.value}}])
        expected = LAYERS[self.op](self.full, [torch_of(self.value, gradient=False)], {}).numpy()
        (expect_equal if self.exact else expect_close)("value", result[0]["y"], expected)
