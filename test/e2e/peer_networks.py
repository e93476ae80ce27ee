# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The networks of models/ that peers are timed with, in PyTorch, with parameters of the same names."""
import math

import numpy as np
import torch
from torch import nn


def mlp(widths, activation):
    """Dense layers with activations between them, numbered as a pipeline of the model language numbers them."""
    layers = []
    for i, (size, units) in enumerate(zip(widths, widths[1:])):
        layers += [nn.Linear(size, units)] + [activation()] * (i + 2 < len(widths))
    return layers


class Sine(nn.Linear):
    def __init__(self, size, units, frequency):
        super().__init__(size, units)
        self.frequency = frequency

    def forward(self, x):
        return torch.sin(self.frequency * super().forward(x))


def sines(first, others):
    widths = [2, 256, 128, 64, 32]
    frequencies = [first] + 3 * [others]
    return nn.Sequential(*map(Sine, widths, widths[1:], frequencies), nn.Linear(32, 3))


class Frequencies(nn.Module):
    def forward(self, x):
        angle = x.unsqueeze(-1) * (math.pi * 2.0 ** torch.arange(8))
        return torch.stack([angle.sin(), angle.cos()], -1).flatten(1)


class HashGrid(nn.Module):
    """All levels in one table: ten of them, `entries` rows at most, two values a row."""

    def __init__(self, entries=4096):
        super().__init__()
        self.sides = [int(16 * 1.5 ** level) for level in range(9)] + [616]
        self.sizes = [min(entries, (side + 1) ** 2) for side in self.sides]
        self.table = nn.Parameter(torch.zeros(sum(self.sizes), 2))

    def forward(self, x):
        result, start = [], 0
        for side, size in zip(self.sides, self.sizes):
            scaled = x * side
            cell = scaled.detach().floor().clamp(max=side - 1)
            fraction, corner = scaled - cell, cell.long()
            value = 0
            for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
                a, b = corner[:, 0] + dx, corner[:, 1] + dy
                row = a + b * (side + 1) if (side + 1) ** 2 <= size else (a ^ (b * 2654435761)) % size
                weight = (fraction[:, 0] if dx else 1 - fraction[:, 0]) * (fraction[:, 1] if dy else 1 - fraction[:, 1])
                value = value + self.table[start + row] * weight.unsqueeze(-1)
            result.append(value)
            start += size
        return torch.cat(result, -1)


class ImageHash(nn.ModuleDict):
    def __init__(self):
        super().__init__({"grid": HashGrid(), "2": nn.Linear(20, 64), "4": nn.Linear(64, 64), "6": nn.Linear(64, 3)})

    def forward(self, x):
        h = self["grid"](0.5 * x + 0.5)
        return self["6"](self["4"](self["2"](h).relu()).relu())


class CharGru(nn.ModuleDict):
    def __init__(self):
        super().__init__({"0": nn.Embedding(65, 128), "rnn": nn.GRU(128, 128, batch_first=True), "head": nn.Linear(128, 65)})

    def forward(self, x):
        return self["head"](self["rnn"](self["0"](x))[0]).transpose(1, 2)


class Positions(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(64, 128))


class CharTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.token, self.position = nn.Embedding(65, 128), Positions()
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(128, 4, 512, dropout=0, activation="gelu", batch_first=True, norm_first=True) for _ in range(4))
        self.norm, self.head = nn.LayerNorm(128), nn.Linear(128, 65)

    def forward(self, x):
        mask = torch.triu(torch.ones(64, 64, dtype=torch.bool), 1)
        h = self.token(x) + self.position.weight
        for block in self.blocks:
            h = block(h, src_mask=mask)
        return self.head(self.norm(h)).transpose(1, 2)


def convolutions(groups, *middle):
    return nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.LeakyReLU(0.01), nn.MaxPool2d(2),
                         nn.Conv2d(16, 32, 3, padding=1, groups=groups), nn.LeakyReLU(0.01), nn.MaxPool2d(2),
                         nn.Flatten(), *middle, nn.Linear(1568, 128), nn.LeakyReLU(0.01), nn.Linear(128, 10))


PIXELS = [256, 128, 64, 32, 3]
#: By the model's name: the network, its number of parameters, and what descentc is told besides.
NETWORKS = {
    "linear": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), 7850),
    "single-layer": (lambda: nn.Sequential(nn.Flatten(), *mlp([784, 300, 10], lambda: nn.LeakyReLU(0.01))), 238510),
    "mlp-mnist": (lambda: nn.Sequential(nn.Flatten(), *mlp([784, 512, 128, 32, 10], nn.ReLU)), 472042),
    "mlp": (lambda: nn.Sequential(*mlp([784, 300, 10], lambda: nn.LeakyReLU(0.01))), 238510),
    "conv": (lambda: convolutions(1), 206922),
    "conv-net": (lambda: convolutions(2, nn.Identity()), 204618, "-D", "p_drop=0"),
    "imgfit": (lambda: nn.Sequential(nn.Sequential(*(nn.Sequential(nn.Linear(size, 256), nn.ReLU()) for size in (40, 256, 256, 256))),
                                     nn.Linear(256, 3)), 208643),
    "siren": (lambda: sines(30, 30), 44099),
    "image-siren": (lambda: sines(30, 1), 44099),
    "image-relu": (lambda: nn.Sequential(*mlp([2, *PIXELS], nn.ReLU)), 44099),
    "image-relu-pe": (lambda: nn.Sequential(Frequencies(), *mlp([32, *PIXELS], nn.ReLU)), 51779),
    "image-hash": (ImageHash, 65467),
    "char-gru": (CharGru, 115777),
    "char-transformer": (CharTransformer, 818241),
}


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def draw(network, shapes, random):
    """Weights that keep activations in range, also within sines of a high frequency; a grid's are large enough to matter."""
    weights = {}
    for name, shape in shapes.items():
        if len(shape) == 1 or name.endswith("table"):
            weights[name] = random.uniform(-0.1, 0.1, shape).astype(np.float32) + np.float32("norm" in name and name.endswith("weight"))
        else:
            frequency = getattr(network.get_submodule(name.rpartition(".")[0]), "frequency", 1)
            weights[name] = (random.standard_normal(shape) / math.sqrt(np.prod(shape[1:])) / frequency).astype(np.float32)
    return weights


def made_up(tensor, random):
    """An input of a bundle: pixels and coordinates in [-1, 1), integers in their range."""
    if tensor["dtype"] == "i32":
        return random.integers(*tensor["range"], tensor["shape"], dtype=np.int32)
    return random.uniform(-1, 1, tensor["shape"]).astype(np.float32)


def torch_steps(network, weights, inputs, steps):
    """Losses of some steps with Adam, the gradients of the first one, and the parameters at the end."""
    network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights.items()})
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    x, target = (torch.from_numpy(value).long() if value.dtype == np.int32 else torch.from_numpy(value) for value in inputs)
    losses, gradients = [], {}
    for step in range(steps):
        optimizer.zero_grad()
        y = network(x)
        loss = nn.functional.mse_loss(y, target) if target.is_floating_point() else nn.functional.cross_entropy(y, target)
        loss.backward()
        if step == 0:
            gradients = {name: parameter.grad.numpy().copy() for name, parameter in network.named_parameters()}
        optimizer.step()
        losses.append(loss.item())
    return losses, gradients, {name: parameter.detach().numpy() for name, parameter in network.named_parameters()}
