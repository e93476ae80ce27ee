# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Losses and metrics as expressions: every reduction, weights, and what PyTorch leaves out."""
import numpy as np
import torch
import torch.nn.functional as F

from cases import normal, spread, ties
from expressions import Expression, Metric, given, integers, within


def with_reductions(op, text, function, *shapes, smooth=True, **options):
    """`text` holds the operands; `function` takes torch's keyword `reduction`."""
    for reduction in ("mean", "sum", "none"):
        yield Expression(op, "odd" if reduction == "mean" else reduction, '%s(%s, reduction: "%s")' % (op, text, reduction),
                         lambda *x, r=reduction: function(*x, reduction=r), *shapes, second=smooth and reduction == "mean", **options)


def signs(rng, shape):
    return (2 * rng.integers(0, 2, shape) - 1).astype(np.float32)


def probabilities(rng, shape):
    e = np.exp(rng.standard_normal(shape))
    return (e / e.sum(1, keepdims=True)).astype(np.float32)


def reduce(values, reduction):
    return values.mean() if reduction == "mean" else values.sum() if reduction == "sum" else values


def losses():
    pair = [(5, 7), (5, 7)]
    yield from with_reductions("mse", "x0, x1", F.mse_loss, *pair)
    yield from with_reductions("mae", "x0, x1", F.l1_loss, *pair, smooth=False)
    yield Expression("rmse", "odd", "rmse(x0, x1)", lambda a, b: F.mse_loss(a, b).sqrt(), *pair, second=True)
    yield from with_reductions("huber", "x0, x1", F.huber_loss, *pair, smooth=False)
    yield Expression("huber", "delta", "huber(x0, x1, delta: 0.3)", lambda a, b: F.huber_loss(a, b, delta=0.3), *pair)
    yield from with_reductions("smooth_l1", "x0, x1", F.smooth_l1_loss, *pair, smooth=False)
    yield Expression("smooth_l1", "beta", "smooth_l1(x0, x1, beta: 0.3)", lambda a, b: F.smooth_l1_loss(a, b, beta=0.3), *pair)
    for op, function in (("mse", F.mse_loss), ("mae", F.l1_loss), ("huber", F.huber_loss), ("smooth_l1", F.smooth_l1_loss)):
        yield Expression(op, "weights", op + "(x0, x1, x2)", lambda a, b, w, f=function: (f(a, b, reduction="none") * w[:, None]).mean(), *pair, (5,))

    op, label = "softmax_cross_entropy", [spread, integers(0, 7)]
    yield from with_reductions(op, "x0, x1", F.cross_entropy, (5, 7), (5,), draw=label)
    yield Expression(op, "images", op + "(x0, x1)", F.cross_entropy, (3, 7, 4, 5), (3, 4, 5), draw=label)
    yield Expression(op, "smoothing", op + "(x0, x1, label_smoothing: 0.2)", lambda x, y: F.cross_entropy(x, y, label_smoothing=0.2), (5, 7), (5,), draw=label)
    yield Expression(op, "ignore", op + "(x0, x1, ignore: 3)", lambda x, y: F.cross_entropy(x, y, ignore_index=3), (40, 7), (40,), draw=label)
    yield Expression(op, "class-weight", op + "(x0, x1, class_weight: x2)", lambda x, y, w: F.cross_entropy(x, y, w.detach()), (9, 7), (9,), (7,), draw=[spread, integers(0, 7), within(0.5, 2)], wrt=[0])
    yield Expression(op, "weight", op + "(x0, x1, weight: x2)", lambda x, y, w: (F.cross_entropy(x, y, reduction="none") * w).mean(), (9, 7), (9,), (9,), draw=[spread, integers(0, 7), within(0.5, 2)])
    yield Expression(op, "probabilities", op + "(x0, x1, label_smoothing: 0.1)", lambda x, y: F.cross_entropy(x, y, label_smoothing=0.1), (9, 7), (9, 7), draw=[spread, probabilities])
    yield Expression(op, "large", op + "(x0, x1)", F.cross_entropy, (6, 7), (6,), draw=[lambda rng, shape: (rng.standard_normal(shape) * 1000).astype(np.float32), integers(0, 7)])
    yield Expression("cross_entropy_rows", "odd", "cross_entropy_rows(x0, x1)", lambda x, y: F.cross_entropy(x, y, reduction="none"), (5, 7), (5,), draw=label, second=True)

    targets = [spread, within(0, 1)]
    yield from with_reductions("bce_with_logits", "x0, x1", F.binary_cross_entropy_with_logits, *pair, draw=targets)
    yield Expression("bce_with_logits", "positive", "bce_with_logits(x0, x1, positive_weight: 3.0)", lambda x, y: F.binary_cross_entropy_with_logits(x, y, pos_weight=torch.tensor(3.0, dtype=x.dtype)), *pair, draw=targets)
    yield Expression("bce_with_logits", "large", "bce_with_logits(x0, x1)", F.binary_cross_entropy_with_logits, (6, 7), (6, 7), draw=[lambda rng, shape: (rng.standard_normal(shape) * 100).astype(np.float32), within(0, 1)])
    yield from with_reductions("bce", "x0, x1", F.binary_cross_entropy, *pair, draw=[within(0.01, 0.99), within(0, 1)], smooth=False)
    yield Expression("bce", "saturated", "bce(x0, x1)", F.binary_cross_entropy, (6,), (6,), draw=given([1, 1, 0, 0, 0.5, 1], [1, 0.5, 0, 0.25, 1, 0]), wrt=[0])
    log_rows = "log_softmax(x0, 1)"
    yield from with_reductions("nll", log_rows + ", x1", lambda x, y, reduction: F.nll_loss(torch.log_softmax(x, 1), y, reduction=reduction), (5, 7), (5,), draw=label)
    for reduction in ("batchmean", "mean", "sum", "none"):
        yield Expression("kl_div", "odd" if reduction == "batchmean" else reduction, 'kl_div(%s, x1, reduction: "%s")' % (log_rows, reduction),
                         lambda x, y, r=reduction: F.kl_div(torch.log_softmax(x, 1), y, reduction=r), (5, 7), (5, 7), draw=[spread, probabilities])
    yield Expression("cosine_similarity", "odd", "cosine_similarity(x0, x1)", F.cosine_similarity, *pair, second=True)
    yield Expression("cosine_similarity", "axis", "cosine_similarity(x0, x1, axis: 0, eps: 1e-6)", lambda a, b: F.cosine_similarity(a, b, 0, 1e-6), *pair)
    yield from with_reductions("cosine", "x0, x1, x2", lambda a, b, t, reduction: F.cosine_embedding_loss(a, b, t * 2 - 1, reduction=reduction), *pair, (5,), draw=[spread, spread, integers(0, 2)], smooth=False)
    yield Expression("cosine", "margin", "cosine(x0, x1, x2, margin: 0.1)", lambda a, b, t: F.cosine_embedding_loss(a, b, t * 2 - 1, 0.1), *pair, (5,), draw=[spread, spread, integers(0, 2)])
    yield from with_reductions("hinge", "x0, x1", lambda x, y, reduction: reduce(F.relu(1 - x * y), reduction), *pair, draw=[spread, signs], smooth=False)
    yield from with_reductions("triplet", "x0, x1, x2", F.triplet_margin_loss, *pair, (5, 7), smooth=False)
    yield Expression("triplet", "margin", "triplet(x0, x1, x2, margin: 0.2, p: 1.0)", lambda a, b, c: F.triplet_margin_loss(a, b, c, 0.2, 1.0), *pair, (5, 7))
    yield from with_reductions("poisson_nll", "x0, x1", F.poisson_nll_loss, *pair)


def confusion(logits, label):
    c = logits.shape[1]
    return torch.bincount(label * c + logits.argmax(1), minlength=c * c).reshape(c, c).double()


def ratio(a, b):
    return torch.where(b == 0, torch.zeros_like(a), a / b)


def metrics():
    rows, classes = [(13, 5), (13,)], [spread, integers(0, 5)]
    for name, draw in (("odd", spread), ("ties", ties)):
        yield Metric("accuracy", name, "accuracy(x0, x1)", lambda x, y: (x.argmax(1) == y).double().mean(), *rows, draw=[draw, classes[1]])
    yield Metric("accuracy", "images", "accuracy(x0, x1)", lambda x, y: (x.argmax(1) == y).double().mean(), (3, 4, 5, 7), (3, 5, 7), draw=[spread, integers(0, 4)])
    yield Metric("top_k", "odd", "top_k(x0, x1, k: 2)", lambda x, y: (x.topk(2, 1)[1] == y[:, None]).any(1).double().mean(), *rows, draw=classes)
    yield Metric("confusion_matrix", "odd", "confusion_matrix(x0, x1)", confusion, *rows, draw=classes)
    yield Metric("precision", "odd", "precision(x0, x1)", lambda x, y: ratio(confusion(x, y).diagonal(), confusion(x, y).sum(0)), *rows, draw=classes)
    yield Metric("recall", "odd", "recall(x0, x1)", lambda x, y: ratio(confusion(x, y).diagonal(), confusion(x, y).sum(1)), *rows, draw=classes)

    def f1(x, y):
        c = confusion(x, y)
        return ratio(2 * c.diagonal(), c.sum(0) + c.sum(1))

    yield Metric("f1", "odd", "f1(x0, x1)", lambda x, y: f1(x, y).mean(), *rows, draw=classes)
    yield Metric("f1", "classes", 'f1(x0, x1, average: "none")', f1, *rows, draw=classes)
    yield Metric("f1", "macro", 'f1(x0, x1, average: "macro")', lambda x, y: f1(x, y).mean(), *rows, draw=classes)
    yield Metric("perplexity", "odd", "perplexity(x0, x1)", lambda x, y: F.cross_entropy(x, y).exp(), *rows, draw=classes)
    yield Metric("psnr", "odd", "psnr(x0, x1, peak: 2.0)", lambda a, b: 10 * torch.log10(4 / F.mse_loss(a, b)), (5, 7), (5, 7))
    yield Metric("r2", "odd", "r2(x0, x1)", lambda a, b: 1 - ((b - a) ** 2).sum() / ((b - b.mean()) ** 2).sum(), (5, 7), (5, 7))
    yield Metric("mse", "metric", "mse(x0, x1)", lambda a, b: ((a - b) ** 2).mean(), (5, 7), (5, 7))
    yield Metric("mae", "metric", "mae(x0, x1)", lambda a, b: (a - b).abs().mean(), (5, 7), (5, 7))


def cases():
    yield from losses()
    yield from metrics()
