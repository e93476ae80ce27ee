# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models that make the gradient of any value visible through a compiled bundle.

A value under test of shape [B, d...] is the result of a layer `dense` without bias on the rows of the identity matrix, so
that its weight, transposed, is the value, and the weight's gradient the value's. One step of plain gradient descent shows
the gradient as (before - after) / rate; the rate is a large power of two, so that nothing is lost to rounding.
"""
import numpy as np
import torch

RATE = 2.0 ** 20


def make_inputs(shapes, batched):
    """The declarations of the probes' common input and layers that give `p0`, `p1`, ... of the shapes."""
    batch = shapes[0][0]
    inputs = {"select": {"shape": ["batch" if batched else batch, batch]}}
    layers = []
    for i, shape in enumerate(shapes):
        units = int(np.prod(shape[1:], dtype=np.int64))
        layers.append({"dense": {"units": units, "bias": False}, "of": "select", "name": "probe%d" % i})
        layers.append({"reshape": {"shape": ["batch" if batched else batch] + list(shape[1:])}, "as": "p%d" % i})
    return inputs, layers


def weights_of(values):
    """The states that make the probes give these values."""
    return {"probe%d.weight" % i: value.reshape(len(value), -1).T for i, value in enumerate(values)}


def gradient_of(before, after):
    return (np.asarray(before, np.float64) - np.asarray(after, np.float64)) / RATE


def value_gradient(weight_gradient, shape):
    return weight_gradient.T.reshape(shape)


def partial(array, valid):
    """Rows from `valid` on repeat the first one, as the runtime fills up a batch."""
    result = np.array(array)
    result[valid:] = result[0]
    return result


def torch_of(array, gradient=True):
    return torch.tensor(np.asarray(array, np.float64), requires_grad=gradient)
