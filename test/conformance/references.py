# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What torch says a layer means: functions of its attributes, operands and parameters."""
import torch
import torch.nn.functional as F


def conv2d(a, x, p):
    image, pad = x[0], a["pad"]
    if a["pad_mode"] == "edge":
        image, pad = F.pad(image, (pad[1], pad[1], pad[0], pad[0]), mode="replicate"), 0
    return F.conv2d(image, p["weight"], p.get("bias"), a["stride"], pad, a["dilation"], a["groups"])


def reshape(a, x, p):
    return x[0].reshape([len(x[0]) if size == "batch" else size for size in a["shape"]])


LAYERS = {
    "dense": lambda a, x, p: F.linear(x[0], p["weight"], p.get("bias")),
    "conv2d": conv2d,
    "max_pool2d": lambda a, x, p: F.max_pool2d(x[0], a["kernel"], a["stride"], a["pad"], a["dilation"]),
    "avg_pool2d": lambda a, x, p: F.avg_pool2d(x[0], a["kernel"], a["stride"], a["pad"], False, a["count_include_pad"]),
    "relu": lambda a, x, p: F.relu(x[0]),
    "leaky_relu": lambda a, x, p: F.leaky_relu(x[0], a["slope"]),
    "tanh": lambda a, x, p: torch.tanh(x[0]),
    "sigmoid": lambda a, x, p: torch.sigmoid(x[0]),
    "sin": lambda a, x, p: torch.sin(x[0]),
    "softmax": lambda a, x, p: torch.softmax(x[0], a["axis"]),
    "flatten": lambda a, x, p: torch.flatten(x[0], a["start"]),
    "reshape": reshape,
    "add": lambda a, x, p: sum(x[1:], x[0]),
    "concat": lambda a, x, p: torch.cat(x, a["axis"]),
    "argmax": lambda a, x, p: torch.argmax(x[0], a["axis"]),
}
LOSSES = {
    "softmax_cross_entropy": lambda x, label: F.cross_entropy(x[0], label),
    "mse": lambda x, label: F.mse_loss(x[0], x[1]),
}
METRICS = {
    "accuracy": lambda x, label: (x[0].argmax(1) == label).double().mean(),
}


def complete(spec, attributes):
    """The attributes as the checker completes them: with the registry's defaults, numbers for lists as lists."""
    result = {}
    for attribute in spec["attributes"]:
        name = attribute["name"]
        value = attributes.get(name, attribute.get("default"))
        if name not in attributes and "default_from" in attribute:
            value = attributes[attribute["default_from"]]
        if attribute["kind"] == "ints" and isinstance(value, int):
            value = [value] * attribute.get("count", 1)
        result[name] = value
    return result


def parameter_shapes(op, a, shape):
    """PyTorch's names and shapes of the parameters of a layer on values of a shape."""
    if op == "dense":
        shapes = {"weight": (a["units"], shape[-1]), "bias": (a["units"],)}
    elif op == "conv2d":
        shapes = {"weight": (a["filters"], shape[1] // a["groups"], *a["kernel"]), "bias": (a["filters"],)}
    else:
        return {}
    return shapes if a["bias"] else {"weight": shapes["weight"]}


def make_optimizer(op, a, parameters):
    if op == "sgd":
        return torch.optim.SGD(parameters, a["lr"], a["momentum"], a["dampening"], a["weight_decay"], a["nesterov"])
    if op == "adam":
        betas = a["betas"] or [a["beta1"], a["beta2"]]
        return torch.optim.Adam(parameters, a["lr"], tuple(betas), a["eps"], a["weight_decay"])
    raise KeyError(op)


def make_layer(op, a, channels):
    """The module, for its initializers."""
    if op == "dense":
        return torch.nn.Linear(channels, a["units"])
    if op == "conv2d":
        return torch.nn.Conv2d(channels, a["filters"], a["kernel"], groups=a["groups"])
    raise KeyError(op)
