# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Losses and metrics: in `train` with gradients, and accumulated over a whole and a partial batch."""
import numpy as np

from cases import Case, normal, spread, ties
from compare import expect_close
from probes import RATE, gradient_of, make_inputs, partial, torch_of, value_gradient, weights_of
from references import LOSSES, METRICS


class Objective(Case):
    """A loss of the values `p0`, `p1`, ... and, for classes, of the input `label`, with metrics of the same."""

    def __init__(self, op, name, shapes, loss, metrics=(), draw=spread, batched=True, relative=1e-5):
        super().__init__(op, "training/" + name)
        self.shapes, self.loss, self.metrics = [tuple(shape) for shape in shapes], loss, metrics
        self.draw, self.batched, self.relative = draw, batched, relative
        self.labelled = loss == "softmax_cross_entropy"
        self.label_shape = (self.shapes[0][0], *self.shapes[0][2:])

    def models(self):
        inputs, layers = make_inputs(self.shapes, self.batched)
        operands = ["p%d" % i for i in range(len(self.shapes))]
        if self.labelled:
            first = "batch" if self.batched else self.label_shape[0]
            inputs["label"] = {"shape": [first, *self.label_shape[1:]], "dtype": "i32"}
            operands.append("label")
        return [{"descent": 1, "name": "case", "inputs": inputs, "network": layers, "loss": {self.loss: operands},
                 "metrics": {metric: {metric: operands} for metric in self.metrics}, "outputs": {"p0": "p0"},
                 "optimizer": {"sgd": {"lr": RATE}},
                 **({"train": {"batch": self.shapes[0][0]}} if self.batched else {})}]

    def check(self, bundles, device):
        rng = self.random()
        values = [self.draw(rng, shape) for shape in self.shapes]
        batch = len(values[0])
        inputs = {"select": np.eye(batch, dtype=np.float32)}
        if self.labelled:
            inputs["label"] = rng.integers(0, self.shapes[0][1], self.label_shape).astype(np.int32)
        valid = batch - 1 if self.batched and batch > 1 else batch
        fewer = {name: partial(value, valid) for name, value in inputs.items()}
        states = weights_of(values)
        read = list(states)
        runs = [{"entry": "train", "inputs": inputs, "step": 1, "valid": batch, "read": read},
                {"entry": "train", "inputs": fewer, "step": 1, "valid": valid, "read": read, "reset": True},
                {"entry": "eval", "inputs": inputs, "valid": batch, "reset": True},
                {"entry": "eval", "inputs": fewer, "valid": valid}, {"entry": "metrics"}]
        results = device.run(bundles[0], states, runs)

        whole = self._compare("", results[0], states, values, inputs, batch)
        part = self._compare("partial batch: ", results[1], states, values, inputs, valid)
        for name, mean in whole.items():
            expect_close("%s over a data set" % name, results[4][name],
                         (batch * mean + valid * part[name]) / (batch + valid), self.relative)

    def _compare(self, prefix, result, states, values, inputs, valid):
        """Compares loss and gradients; the expected loss and metrics."""
        x = [torch_of(value) for value in values]
        rows = [value[:valid] for value in x]
        label = torch_of(inputs["label"][:valid], gradient=False).long() if self.labelled else None
        loss = LOSSES[self.loss](rows, label)
        loss.backward()
        expect_close(prefix + "loss", result["loss"], loss.item(), self.relative)
        for i, value in enumerate(x):
            name = "probe%d.weight" % i
            actual = value_gradient(gradient_of(states[name], result[name]), value.shape)
            expect_close("%sgradient of p%d" % (prefix, i), actual, value.grad.numpy(), self.relative)
        return {"loss": loss.item(), **{metric: METRICS[metric](rows, label).item() for metric in self.metrics}}


def large(rng, shape):
    return (rng.standard_normal(shape) * 1000).astype(np.float32)


def cases():
    entropy = "softmax_cross_entropy"
    yield Objective(entropy, "odd", [(5, 7)], entropy)
    yield Objective(entropy, "two-classes", [(9, 2)], entropy)
    yield Objective(entropy, "one-class", [(3, 1)], entropy)
    yield Objective(entropy, "one-dimension-more", [(3, 5, 4)], entropy)
    yield Objective(entropy, "images", [(3, 5, 4, 7)], entropy)
    yield Objective(entropy, "no-batch", [(4, 6)], entropy, batched=False)
    yield Objective(entropy, "large", [(6, 10)], entropy, draw=large)
    yield Objective(entropy, "many-classes", [(4, 3001)], entropy, draw=normal, relative=1e-4)
    yield Objective(entropy, "many-rows", [(129, 10)], entropy, draw=normal)
    yield Objective("mse", "odd", [(5, 7), (5, 7)], "mse")
    yield Objective("mse", "one", [(2, 1), (2, 1)], "mse")
    yield Objective("mse", "images", [(3, 2, 5, 7)] * 2, "mse", draw=normal)
    yield Objective("mse", "no-batch", [(4, 6)] * 2, "mse", batched=False)
    yield Objective("mse", "long", [(4, 5000)] * 2, "mse", draw=normal, relative=1e-4)
    yield Objective("accuracy", "odd", [(13, 5)], entropy, ["accuracy"])
    yield Objective("accuracy", "ties", [(13, 5)], entropy, ["accuracy"], draw=ties)
    yield Objective("accuracy", "images", [(3, 4, 5, 7)], entropy, ["accuracy"])
    yield Objective("accuracy", "no-batch", [(13, 3)], entropy, ["accuracy"], batched=False)
