# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Optimizers: five steps with other data each, every parameter and state after every step against torch.optim."""
import numpy as np
import torch
import torch.nn.functional as F

from cases import Case, normal
from compare import expect, expect_close, expect_equal
from probes import torch_of
from references import complete, make_optimizer

BATCH, IN, HIDDEN, OUT = 7, 5, 67, 3


class Optimizer(Case):
    """A perceptron with a hidden layer, so that parameters have several shapes that no power of two divides."""

    def __init__(self, op, name, attributes, scales=(1,) * 5):
        super().__init__(op, name, attributes)
        self.scales = scales

    def prepare(self, specs):
        self.full = complete(specs[self.op], self.attributes)
        make_optimizer(self.op, self.full, [torch.zeros(1)])

    def models(self):
        return [{"descent": 1, "name": "case",
                 "inputs": {"x": {"shape": ["batch", IN]}, "target": {"shape": ["batch", OUT]}},
                 "network": [{"dense": {"units": HIDDEN}, "of": "x", "name": "a"}, "tanh",
                             {"dense": {"units": OUT}, "as": "y", "name": "b"}],
                 "loss": {"mse": ["y", "target"]}, "outputs": {"y": "y"}, "optimizer": {self.op: self.attributes},
                 "train": {"batch": BATCH}}]

    def data(self):
        rng = self.random()
        states = {"a.weight": normal(rng, (HIDDEN, IN)), "a.bias": normal(rng, (HIDDEN,)),
                  "b.weight": normal(rng, (OUT, HIDDEN)) / 8, "b.bias": normal(rng, (OUT,))}
        batches = [{"x": normal(rng, (BATCH, IN)), "target": 3 * normal(rng, (BATCH, OUT))} for _ in self.scales]
        return states, batches

    def check(self, bundles, device):
        states, batches = self.data()
        slots = [name for name, state in bundles[0].states.items() if state["role"] == "optimizer"]
        read = list(states) + slots
        runs = [{"entry": "train", "inputs": inputs, "step": step + 1, "valid": BATCH, "lr_scale": scale, "read": read}
                for step, (inputs, scale) in enumerate(zip(batches, self.scales))]
        results = device.run(bundles[0], states, runs)

        parameters = {name: torch_of(value) for name, value in states.items()}
        optimizer = make_optimizer(self.op, self.full, list(parameters.values()))
        rate = optimizer.param_groups[0]["lr"]
        for step, (result, inputs, scale) in enumerate(zip(results, batches, self.scales)):
            optimizer.param_groups[0]["lr"] = rate * scale
            optimizer.zero_grad()
            p = parameters
            hidden = torch.tanh(F.linear(torch_of(inputs["x"], False), p["a.weight"], p["a.bias"]))
            loss = F.mse_loss(F.linear(hidden, p["b.weight"], p["b.bias"]), torch_of(inputs["target"], False))
            loss.backward()
            optimizer.step()
            expect_close("loss of step %d" % (step + 1), result["loss"], loss.item())
            for name, parameter in parameters.items():
                expect_close("%s after step %d" % (name, step + 1), result[name], parameter.detach().numpy())
        self._compare_slots(slots, results[-1], parameters, optimizer)

    def _compare_slots(self, slots, result, parameters, optimizer):
        expected = {}
        for name, parameter in parameters.items():
            for slot, value in optimizer.state[parameter].items():
                if torch.is_tensor(value) and value.dim() > 0:
                    expected["optim.0.%s.%s" % (slot, name)] = value.numpy()
        for name, value in expected.items():
            expect(name in slots, "the optimizer has no state '%s', only %s" % (name, slots))
            expect_close(name, result[name], value)


class Diverging(Optimizer):
    """A loss that is not finite changes nothing from its step on, and its step is kept."""

    def check(self, bundles, device):
        states, batches = self.data()
        read = [name for name, state in bundles[0].states.items() if state["role"] in ("parameter", "optimizer")]
        batches[2]["target"][1, 2] = np.inf
        runs = [{"entry": "train", "inputs": inputs, "step": step + 1, "valid": BATCH, "read": read + ["status.diverged"]}
                for step, inputs in enumerate(batches)]
        results = device.run(bundles[0], states, runs)
        expect_equal("status.diverged", [int(result["status.diverged"]) for result in results], [0, 0, 3, 3, 3])
        expect((results[0]["a.weight"] != results[1]["a.weight"]).any(), "the second step changed nothing")
        for name in read:
            for later in results[2:]:
                expect_equal(name, later[name], results[1][name])


class Together(Case):
    """Two optimizers of one entry step together or not at all: the loss and the first one's gradient are finite, the second one's is not (the root of zero)."""

    def models(self):
        return ["""model "case"
input x : f32[5]
input s : f32[3]
param a : f32[5] = constant(0.5)
param b : f32[3] = constant(1.0)
loss sum(square(a - x)) + sum(sqrt(b * s))
optimizer sgd(lr: 0.1, momentum: 0.5) over a
optimizer adam(lr: 0.1) over b
"""]

    def check(self, bundles, device):
        read = [name for name, state in bundles[0].states.items() if state["role"] in ("parameter", "optimizer")]
        expect(any("exp_avg.b" in name for name in read) and any("momentum_buffer.a" in name for name in read), "states are %s" % read)
        x, good, bad = np.arange(5), np.ones(3), np.array([1, 0, 1])
        runs = [{"entry": "train", "inputs": {"x": x, "s": s}, "step": step + 1, "read": read + ["status.diverged"]} for step, s in enumerate((good, good, bad, good))]
        results = device.run(bundles[0], {"a": np.full(5, 0.5), "b": np.ones(3)}, runs)
        expect(all(np.isfinite(result["loss"]) for result in results), "a loss is not finite")
        expect_equal("status.diverged", [int(result["status.diverged"]) for result in results], [0, 0, 3, 3])
        for name in read:
            if name in ("a", "b"):
                expect((results[0][name] != results[1][name]).all(), "the second step left %s" % name)
            for later in results[2:]:
                expect_equal(name, later[name], results[1][name])


def cases():
    yield Optimizer("sgd", "plain", {"lr": 0.1})
    yield Optimizer("sgd", "momentum", {"lr": 0.05, "momentum": 0.9})
    yield Optimizer("sgd", "dampening", {"lr": 0.05, "momentum": 0.8, "dampening": 0.3})
    yield Optimizer("sgd", "nesterov", {"lr": 0.05, "momentum": 0.9, "nesterov": True})
    yield Optimizer("sgd", "not-nesterov", {"lr": 0.05, "momentum": 0.9, "nesterov": False})
    yield Optimizer("sgd", "weight-decay", {"lr": 0.1, "weight_decay": 0.1})
    yield Optimizer("sgd", "everything", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05},
                    scales=(1, 0.5, 0.25, 2, 1))
    yield Optimizer("adam", "default", {})
    yield Optimizer("adam", "rate", {"lr": 0.05})
    yield Optimizer("adam", "betas", {"lr": 0.01, "betas": [0.5, 0.8]})
    yield Optimizer("adam", "beta1", {"lr": 0.01, "beta1": 0})
    yield Optimizer("adam", "beta2", {"lr": 0.01, "beta2": 0.9})
    yield Optimizer("adam", "eps", {"lr": 0.01, "eps": 0.1})
    yield Optimizer("adam", "weight-decay", {"lr": 0.01, "weight_decay": 0.2})
    yield Optimizer("adam", "scaled", {"lr": 0.01}, scales=(1, 0.5, 0.25, 2, 1))
    yield Diverging("sgd", "diverging", {"lr": 0.05, "momentum": 0.9})
    yield Diverging("adam", "diverging", {})
    yield Together(None, "two-optimizers-diverging")
