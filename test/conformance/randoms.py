# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random numbers in distribution, control words, and initializers against torch.nn.init."""
import math

import numpy as np
import torch

from cases import Case
from compare import expect, expect_close, expect_equal
from expressions import attributes_in
from initializers import Initializer, kolmogorov_smirnov


class Random(Case):
    """The distribution of an expression without operands: against `sample(generator, count)`; the same for the same seed and step, and another for
    another seed, step or use."""

    def __init__(self, op, name, text, sample):
        super().__init__(op, name, attributes_in(text))
        self.text, self.sample = text, sample

    def models(self):
        return ['model "case"\ninput x : f32[1]\noutput a = %s + x\noutput b = %s + x\n' % (self.text, self.text)]

    def check(self, bundles, device):
        def run(step):
            return {"entry": "predict", "inputs": {"x": np.zeros(1, np.float32)}, "step": step}

        first, again, later = device.run(bundles[0], {}, [run(1), run(1), run(2)], seed=5)
        (other,) = device.run(bundles[0], {}, [run(1)], seed=6)
        expect_equal("the same step", again["a"], first["a"])
        for what, value in (("another step", later["a"]), ("another seed", other["a"]), ("another use", first["b"])):
            expect((value != first["a"]).any(), "%s gives the same" % what)
        values = first["a"].ravel()
        distance = kolmogorov_smirnov(values, self.sample(np.random.default_rng(1), values.size))
        expect(distance < 2.2, "Smirnov's statistic is %.3g" % distance)


class Control(Case):
    """A scalar that the runtime gives."""

    def __init__(self, op, text, run, expected):
        super().__init__(op, "odd")
        self.text, self.control, self.expected = text, run, expected

    def models(self):
        return ['model "case"\ninput x : f32[batch, 2]\noutput y = %s\noutput z = x\ntrain batch: 5\n' % self.text]

    def check(self, bundles, device):
        run = {"entry": "predict", "inputs": {"x": np.zeros((5, 2), np.float32)}, **self.control}
        expect_close("value", device.run(bundles[0], {}, [run])[0]["y"], self.expected)


class ParameterInitializer(Initializer):
    """A parameter of a shape, against what torch makes of it."""

    def __init__(self, op, name, text, make, shape=(60, 40)):
        Case.__init__(self, op, name, attributes_in(text))
        self.text, self.make, self.shape = text, make, shape
        self.bounded = not op.endswith("normal") or op == "truncated_normal"

    def prepare(self, specs):
        self.reference()

    def reference(self):
        value = torch.empty(self.shape)
        self.make(value)
        return {"w": value}

    def models(self):
        sizes = ", ".join(map(str, self.shape))
        return ['model "case"\ninput x : f32[1]\nparam w : f32[%s] = %s\noutput y = sum(w) + x\n' % (sizes, self.text)]


class Orthogonal(ParameterInitializer):
    """Rows or columns are orthonormal, and no direction is preferred."""

    def __init__(self, name, text, gain, shape):
        super().__init__("orthogonal", name, text, lambda value: None, shape)
        self.gain = gain

    def check(self, bundles, device):
        matrices = [self._init(bundles[0], seed)["w"].reshape(self.shape[0], -1).astype(np.float64) / self.gain for seed in (1, 2)]
        for matrix in matrices:
            product = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
            expect_close("orthonormality", product, np.eye(len(product)), 1e-5, 1)
        expect((matrices[0] != matrices[1]).any(), "seeds 1 and 2 give the same")
        values = np.concatenate([matrix.ravel() for matrix in matrices])
        expect(abs(values.mean()) < 5 * values.std() / math.sqrt(values.size), "the mean is %g" % values.mean())


class Fixed(ParameterInitializer):
    """An initializer without randomness."""

    def check(self, bundles, device):
        expect_equal("w", self._init(bundles[0], 1)["w"], self.reference()["w"].numpy())


def normal(rng, count, mean=0, std=1):
    return rng.normal(mean, std, count)


def lecun(value):
    return 1 / math.sqrt(value[0].numel())


def cases():
    yield Random("random_bits", "odd", "cast(random_bits(shape: [63, 67]), f32)", lambda rng, n: rng.integers(0, 2 ** 31, n))
    yield Random("random_uniform", "odd", "random_uniform(shape: [63, 67], low: -1.0, high: 3.0)", lambda rng, n: rng.uniform(-1, 3, n))
    yield Random("random_normal", "odd", "random_normal(shape: [63, 67], mean: 2.0, std: 0.5)", lambda rng, n: normal(rng, n, 2, 0.5))
    yield Random("random_bernoulli", "odd", "random_bernoulli(shape: [63, 67], p: 0.3)", lambda rng, n: rng.random(n) < 0.3)
    yield Control("step", "step()", {"step": 7, "valid": 5}, 7)
    yield Control("valid_rows", "valid_rows()", {"step": 1, "valid": 3}, 3)

    init = torch.nn.init
    for op, text, make in (
            ("uniform", "uniform(low: -0.5, high: 2.0)", lambda w: init.uniform_(w, -0.5, 2)),
            ("normal", "normal(mean: 1.0, std: 0.5)", lambda w: init.normal_(w, 1, 0.5)),
            ("truncated_normal", "truncated_normal(mean: 1.0, std: 0.5)", lambda w: init.trunc_normal_(w, 1, 0.5, 0, 2)),
            ("xavier_uniform", "xavier_uniform(gain: 2.0)", lambda w: init.xavier_uniform_(w, 2)),
            ("xavier_normal", "xavier_normal(gain: 2.0)", lambda w: init.xavier_normal_(w, 2)),
            ("lecun_uniform", "lecun_uniform()", lambda w: init.uniform_(w, -math.sqrt(3) * lecun(w), math.sqrt(3) * lecun(w))),
            ("lecun_normal", "lecun_normal()", lambda w: init.normal_(w, 0, lecun(w))),
            ("siren", "siren(frequency: 10.0, first: false)", lambda w: init.uniform_(w, -math.sqrt(6) * lecun(w) / 10, math.sqrt(6) * lecun(w) / 10))):
        yield ParameterInitializer(op, "odd", text, make)
    yield ParameterInitializer("siren", "first", "siren(first: true)", lambda w: init.uniform_(w, -1 / 40, 1 / 40))
    for op, function in (("kaiming_uniform", init.kaiming_uniform_), ("kaiming_normal", init.kaiming_normal_)):
        for activation, slope, mode in (("leaky_relu", 0.0, "fan_in"), ("relu", 0.0, "fan_out"), ("linear", 0.0, "fan_in"), ("tanh", 0.0, "fan_out"), ("selu", 0.0, "fan_in"), ("leaky_relu", 1.5, "fan_out")):
            yield ParameterInitializer(op, "%s-%g-%s" % (activation, slope, mode), '%s(activation: "%s", slope: %r, mode: "%s")' % (op, activation, slope, mode),
                                       lambda w, f=function, a=activation, s=slope, m=mode: f(w, s, m, a), (30, 6, 3, 5))
    yield Fixed("constant", "odd", "constant(value: 2.5)", lambda w: init.constant_(w, 2.5))
    yield Fixed("zeros_init", "odd", "zeros_init()", init.zeros_)
    yield Fixed("ones_init", "odd", "ones_init()", init.ones_)
    yield Fixed("identity_init", "odd", "identity_init(gain: 1.0)", init.eye_, (7, 5))
    yield Fixed("identity_init", "kernel", "identity_init()", init.dirac_, (4, 6, 3, 3))
    yield Orthogonal("odd", "orthogonal(gain: 2.0)", 2.0, (7, 30))
    yield Orthogonal("tall", "orthogonal()", 1.0, (30, 2, 3))
