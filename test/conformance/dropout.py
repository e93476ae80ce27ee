# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Dropout: its mask shows in the gradient; everything else follows from the mask."""
import numpy as np

from cases import Case, spread
from compare import expect, expect_close, expect_equal
from probes import RATE, gradient_of, make_inputs, value_gradient, weights_of
from references import complete


class Dropout(Case):
    def __init__(self, name, attributes, shape):
        super().__init__("dropout", name, attributes)
        self.shape = shape

    def prepare(self, specs):
        self.p = complete(specs[self.op], self.attributes)["p"]

    def models(self):
        inputs, layers = make_inputs([self.shape], True)
        inputs["target"] = {"shape": ["batch", *self.shape[1:]]}
        layers.append({"dropout": dict(self.attributes, args=["p0"]), "as": "y", "name": "layer"})
        return [{"descent": 1, "name": "case", "inputs": inputs, "network": layers, "loss": {"mse": ["y", "target"]},
                 "outputs": {"y": "y"}, "optimizer": {"sgd": {"lr": RATE}}, "train": {"batch": self.shape[0]}}]

    def check(self, bundles, device):
        x = spread(self.random(), self.shape)
        # Far from all that dropout can give, so that a kept element has a gradient.
        target = np.full(self.shape, 100, np.float32)
        inputs = {"select": np.eye(len(x), dtype=np.float32), "target": target}
        states = weights_of([x])

        def train(step):
            return {"entry": "train", "inputs": inputs, "step": step, "valid": len(x), "read": ["probe0.weight"],
                    "reset": True}

        runs = [{"entry": "predict", "inputs": inputs}, train(1), train(2), train(1)]
        predicted, *trained = device.run(bundles[0], states, runs, seed=5)
        other = device.run(bundles[0], states, [train(1)], seed=6)[0]
        expect_equal("predict is the identity", predicted["y"], x)

        masks = []
        for result in trained + [other]:
            gradient = value_gradient(gradient_of(states["probe0.weight"], result["probe0.weight"]), self.shape)
            masks.append(gradient != 0)
            scale = masks[-1] / (1 - self.p)
            y = x.astype(np.float64) * scale
            expect_close("loss", result["loss"], np.mean((y - target) ** 2))
            expect_close("gradient", gradient, 2 * (y - target) * scale / x.size)
            kept, deviation = masks[-1].mean(), np.sqrt(self.p * (1 - self.p) / x.size)
            expect(abs(kept - (1 - self.p)) <= 5 * deviation, "%g of the elements are kept with p = %g" % (kept, self.p))
        expect_equal("the same step drops the same", masks[0], masks[2])
        if self.p:
            expect((masks[0] != masks[1]).any(), "another step drops the same")
            expect((masks[0] != masks[3]).any(), "another seed drops the same")
