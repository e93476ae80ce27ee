# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks drawn at random: layers after one another, values that several layers read, sums and concatenations of them."""
import numpy as np
import torch

from cases import Differentiable, normal
from references import LAYERS, complete, parameter_shapes


class Network(Differentiable):
    def __init__(self, seed, steps):
        super().__init__(None, "random%d" % seed)
        self.seed, self.steps = seed, steps
        self.draw, self.batched, self.relative = normal, True, 1e-4

    def prepare(self, specs):
        self.specs = specs
        rng = np.random.default_rng((11, self.seed))
        batch = int(rng.integers(1, 6))
        size = rng.integers(5, 10, 2)
        self.shapes = [(batch, int(rng.integers(1, 4)), int(size[0]), int(size[1]))]
        self.known = {"p0": self.shapes[0]}
        #: (op, attributes, operands, result)
        self.uses = []
        for _ in range(self.steps):
            self._add(*self._draw(rng))
        self._join(rng)
        self.result_shape = self.known["y"]

    def _add(self, op, attributes, operands, name=None):
        name = name or "v%d" % len(self.uses)
        full = complete(self.specs[op], attributes)
        shapes = [self.known[operand] for operand in operands]
        parameters = {"%s.%s" % (name, role): shape for role, shape in parameter_shapes(op, full, shapes[0]).items()}
        self.uses.append((op, attributes, full, operands, parameters, name))
        self.known[name] = tuple(int(size) for size in self._shape(op, full, shapes, parameters))

    def _shape(self, op, full, shapes, parameters):
        zeros = {name.split(".")[1]: torch.zeros(shape) for name, shape in parameters.items()}
        return LAYERS[op](full, [torch.zeros(shape) for shape in shapes], zeros).shape

    def _draw(self, rng):
        """A layer on one of the last values, or a sum of values of one shape."""
        recent = list(self.known)[-3:]
        value = recent[rng.integers(len(recent))]
        shape = self.known[value]
        alike = [name for name, other in self.known.items() if other == shape]
        smooth = ["tanh", "sigmoid", "sin", "leaky_relu"]
        options = smooth + ["add"] * (len(alike) > 1) * 3
        if len(shape) == 4:
            options += ["conv2d"] * 4 + ["max_pool2d", "avg_pool2d"] * (min(shape[2:]) >= 3)
        options += ["dense", "softmax"]
        op = options[rng.integers(len(options))]
        if op == "add":
            return op, {}, [value, alike[rng.integers(len(alike))], alike[rng.integers(len(alike))]]
        return op, self._attributes(op, rng, shape), [value]

    def _attributes(self, op, rng, shape):
        if op == "dense":
            return {"units": int(rng.integers(1, 9)), "bias": bool(rng.integers(2))}
        if op == "leaky_relu":
            return {"slope": 0.2}
        if op == "softmax":
            return {"axis": int(rng.integers(1, len(shape)))}
        if op in ("max_pool2d", "avg_pool2d"):
            return {"kernel": int(rng.integers(2, 4)), "stride": int(rng.integers(1, 3)), "pad": int(rng.integers(2))}
        if op == "conv2d":
            groups = int(rng.choice([g for g in (1, 2, 3) if shape[1] % g == 0]))
            kernel = int(rng.integers(1, 1 + min(3, *shape[2:])))
            return {"filters": groups * int(rng.integers(1, 4)), "groups": groups, "kernel": kernel,
                    "pad": int(rng.integers(2)), "stride": int(rng.integers(1, 3)),
                    "pad_mode": str(rng.choice(["zero", "edge"])), "bias": bool(rng.integers(2))}
        return {}

    def _join(self, rng):
        """Everything that nothing reads, and some that something does, flattened, joined and mapped to `y`."""
        read = {operand for use in self.uses for operand in use[3]}
        ends = [name for name in self.known if name not in read or rng.random() < 0.2]
        flat = []
        for name in ends:
            flat.append("flat_" + name)
            self._add("flatten", {}, [name], flat[-1])
        if len(flat) > 1:
            self._add("concat", {}, flat, "all")
        self._add("dense", {"units": 3}, ["all" if len(flat) > 1 else flat[0]], "y")

    def layers(self):
        return [{op: dict(attributes, args=operands), "as": name, "name": name}
                for op, attributes, _, operands, _, name in self.uses]

    def parameters(self):
        return {name: shape for use in self.uses for name, shape in use[4].items()}

    def reference(self, values, parameters):
        known = {"p%d" % i: value for i, value in enumerate(values)}
        for op, _, full, operands, own, name in self.uses:
            roles = {parameter.split(".")[1]: parameters[parameter] for parameter in own}
            known[name] = LAYERS[op](full, [known[operand] for operand in operands], roles)
        return known["y"]


def cases():
    for seed in range(40):
        yield Network(seed, steps=3 + seed % 6)
