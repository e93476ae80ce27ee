# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Initializers in distribution: descent-run init against torch's layers."""
import json
import math
import pathlib
import struct
import subprocess
import tempfile

import numpy as np
import torch

from cases import Case
from compare import expect, expect_equal
from device import Failure
from references import complete, make_layer


def read_safetensors(path):
    """https://github.com/huggingface/safetensors: u64 length of a JSON header, the header, the data."""
    data = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    result = {}
    for name, tensor in header.items():
        begin, end = (8 + length + offset for offset in tensor["data_offsets"])
        result[name] = np.frombuffer(data[begin:end], {"F32": "<f4", "I32": "<i4"}[tensor["dtype"]]).reshape(tensor["shape"])
    return result


def kolmogorov_smirnov(a, b):
    """The largest distance of two samples' distribution functions, in units in which it exceeds 1.95 in one case of 1000
    if both are from one distribution (Smirnov 1948)."""
    a, b = np.sort(a), np.sort(b)
    both = np.concatenate([a, b])
    distance = np.abs(np.searchsorted(a, both, "right") / len(a) - np.searchsorted(b, both, "right") / len(b)).max()
    return distance * math.sqrt(len(a) * len(b) / (len(a) + len(b)))


class Initializer(Case):
    """All parameters of a layer: the same shapes and distributions as torch's, other numbers for other seeds."""

    descent_run = None  # set by run.py
    bounded = True

    def __init__(self, op, attributes, shape):
        super().__init__(op, "initializer", attributes)
        self.shape = shape

    def prepare(self, specs):
        self.full = complete(specs[self.op], self.attributes)
        make_layer(self.op, self.full, self.shape[1])

    def reference(self):
        """What torch starts with, by our names."""
        state = make_layer(self.op, self.full, self.shape[1]).state_dict()
        return {"layer." + name: value for name, value in state.items()}

    def models(self):
        return [{"descent": 1, "name": "case", "inputs": {"x": {"shape": list(self.shape)}},
                 "network": [{self.op: self.attributes, "of": "x", "name": "layer"}]}]

    def _init(self, bundle, seed):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "init.safetensors")
            command = [str(self.descent_run), "init", str(bundle.path), "--seed", str(seed), "-o", str(path)]
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode:
                raise Failure("descent-run init ends with %d: %s" % (result.returncode, result.stderr.strip()))
            return read_safetensors(path)

    def check(self, bundles, device):
        torch.manual_seed(1)
        samples = {}
        for _ in range(20):
            for name, value in self.reference().items():
                samples.setdefault(name, []).append(value.numpy())
        ours = [self._init(bundles[0], seed) for seed in range(1, 21)]
        again = self._init(bundles[0], 1)
        expect(sorted(ours[0]) == sorted(samples), "parameters %s instead of %s" % (sorted(ours[0]), sorted(samples)))
        for name, expected in samples.items():
            expect_equal("%s of the same seed" % name, again[name], ours[0][name])
            expect((ours[0][name] != ours[1][name]).any(), "%s is the same for seeds 1 and 2" % name)
            actual = np.stack([states[name] for states in ours])
            expect(actual.shape[1:] == expected[0].shape, "%s has shape %s" % (name, actual.shape[1:]))
            values, expected = actual.ravel(), np.stack(expected).ravel()
            distance = kolmogorov_smirnov(values, expected)
            expect(distance < 2.5, "%s: Smirnov's statistic is %.3g" % (name, distance))
            bound = np.abs(expected).max()
            expect(not self.bounded or np.abs(values).max() <= bound * (1 + 3 / math.sqrt(expected.size)),
                   "%s: %g is out of bounds; torch's largest is %g" % (name, np.abs(values).max(), bound))


def cases():
    yield Initializer("dense", {"units": 60}, (1, 90))
    yield Initializer("conv2d", {"filters": 30, "kernel": [3, 5], "groups": 2}, (1, 6, 8, 8))
