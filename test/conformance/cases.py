# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kinds of cases: what a case compiles, runs and compares."""
import zlib

import numpy as np
import torch

from compare import expect_close, expect_equal
from probes import RATE, gradient_of, make_inputs, partial, torch_of, value_gradient, weights_of


class Case:
    """One use of one entry of the registry. `attributes` are those that the model gives."""

    def __init__(self, op, name, attributes=None):
        self.op, self.attributes = op, attributes or {}
        self.name = "%s/%s" % (op, name)

    def random(self):
        """Numbers that depend on the case's name alone."""
        return np.random.default_rng(zlib.crc32(self.name.encode()))

    def models(self):
        """What has to be compiled; `check` gets the bundles in this order."""
        raise NotImplementedError

    def check(self, bundles, device):
        """Raises Failure."""
        raise NotImplementedError


def complete(spec, attributes):
    """The attributes as the checker completes them: with the registry's defaults, pairs as lists."""
    result = {}
    for attribute in spec["attributes"]:
        name = attribute["name"]
        value = attributes.get(name, attribute.get("default"))
        if name not in attributes and "default_from" in attribute:
            value = attributes[attribute["default_from"]]
        if attribute["kind"] == "int pair" and isinstance(value, int):
            value = [value, value]
        result[name] = value
    return result


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


class Layer(Case):
    """A layer: its value in `predict`; the loss mse(value, target), its gradient by every operand and parameter in
    `train`, for a whole and, with a batch axis, a partial batch; and the loss over both in `eval` and `metrics`."""

    def __init__(self, op, name, attributes, shapes, draw=spread, batched=True, relative=1e-5, operands=None):
        super().__init__(op, name, attributes)
        self.shapes = [tuple(shape) for shape in shapes]
        self.draw, self.batched, self.relative = draw, batched, relative
        self.operands = operands or ["p%d" % i for i in range(len(shapes))]

    def prepare(self, spec, reference):
        """`reference(attributes, operands, parameters)` computes the layer with torch; `spec` is the registry's."""
        self.full, self.reference, self.spec = complete(spec, self.attributes), reference, spec
        self.result_shape = self._evaluate_shape()

    def _evaluate_shape(self):
        values = [torch.zeros(shape, dtype=torch.float64) for shape in self.shapes]
        parameters = {role: torch.zeros(shape, dtype=torch.float64) for role, shape in self._parameter_shapes().items()}
        return tuple(self.reference(self.full, self._order(values), parameters).shape)

    def _parameter_shapes(self):
        shape = self.shapes[0]
        if self.op == "dense":
            shapes = {"weight": (self.full["units"], shape[-1]), "bias": (self.full["units"],)}
        elif self.op == "conv2d":
            shapes = {"weight": (self.full["filters"], shape[1] // self.full["groups"], *self.full["kernel"]),
                      "bias": (self.full["filters"],)}
        else:
            return {}
        return shapes if self.full["bias"] else {"weight": shapes["weight"]}

    def _order(self, values):
        return [values[int(name[1:])] for name in self.operands]

    def models(self):
        inputs, layers = make_inputs(self.shapes, self.batched)
        batch = self.shapes[0][0]
        inputs["target"] = {"shape": ["batch" if self.batched else self.result_shape[0], *self.result_shape[1:]]}
        use = {self.op: dict(self.attributes, args=self.operands), "as": "y", "name": "layer"}
        return [{"descent": 1, "name": "case", "inputs": inputs, "network": layers + [use],
                 "loss": {"mse": ["y", "target"]}, "outputs": {"y": "y"}, "optimizer": {"sgd": {"lr": RATE}},
                 **({"train": {"batch": batch}} if self.batched else {})}]

    def check(self, bundles, device):
        rng = self.random()
        values = [self.draw(rng, shape) for shape in self.shapes]
        parameters = {"layer." + role: (normal(rng, shape) / np.sqrt(max(1, np.prod(shape[1:])))).astype(np.float32)
                      for role, shape in self._parameter_shapes().items()}
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
        weights = {name.split(".")[1]: torch_of(value) for name, value in parameters.items()}
        y = self.reference(self.full, self._order([value[:valid] for value in x]), weights)
        loss = torch.nn.functional.mse_loss(y, torch_of(target[:len(y)], gradient=False))
        loss.backward()
        result = {"y": y.detach().numpy(), "loss": loss.item()}
        for i, value in enumerate(x):
            result["probe%d.weight" % i] = value.grad.numpy()
        for role, weight in weights.items():
            result["layer." + role] = weight.grad.numpy()
        return result

    def _compare(self, prefix, result, states, expected):
        expect_close(prefix + "loss", result["loss"], expected["loss"], self.relative)
        for name, before in states.items():
            actual = gradient_of(before, result[name])
            if name.startswith("probe"):
                actual = value_gradient(actual, expected[name].shape)
            expect_close(prefix + "gradient of " + name, actual, expected[name], self.relative)


class Forward(Case):
    """A layer of one operand in `predict` alone, on values given by the model's input: for results that have no gradient,
    and for values at which there is none."""

    def __init__(self, op, name, attributes, value, exact=False):
        super().__init__(op, name, attributes)
        self.value, self.exact = value, exact

    def prepare(self, spec, reference):
        self.full, self.reference = complete(spec, self.attributes), reference

    def models(self):
        return [{"descent": 1, "name": "case", "inputs": {"x": {"shape": ["batch", *self.value.shape[1:]]}},
                 "network": [], "outputs": {"y": {self.op: dict(self.attributes, args=["x"])}},
                 "train": {"batch": len(self.value)}}]

    def check(self, bundles, device):
        result = device.run(bundles[0], {}, [{"entry": "predict", "inputs": {"x": self.value}}])
        expected = self.reference(self.full, [torch_of(self.value, gradient=False)], {}).numpy()
        (expect_equal if self.exact else expect_close)("value", result[0]["y"], expected)
