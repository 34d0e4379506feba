"""Ops that work element by element or join tensors: activations, sums and products, dropouts: what they compute, in NumPy and double precision."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import erf
from typing import Any

import numpy as np

from tests.runtime.op_site import Array, Weights


def softmax(op: Any, w: Weights, x: Array) -> Array:
    axis = op.axis if op.axis < 0 else op.axis + 1
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def relu6(x: Array) -> Array:
    return np.clip(x, 0, 6)


def gelu(op: Any, w: Weights, x: Array) -> Array:
    """From the papers' formulas: the distribution function of the normal distribution, or equation (2)'s tanh."""
    if op.approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x * 0.5 * (1 + np.vectorize(erf)(x / np.sqrt(2)))


def selu(op: Any, w: Weights, x: Array) -> Array:
    """With the two numbers of the paper's appendix."""
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return scale * np.where(x > 0, x, alpha * np.expm1(x))


def maxout(op: Any, w: Weights, x: Array) -> Array:
    return np.stack([part.max(-1) for part in np.split(x, op.units, -1)], -1)


def spatial_softmax(op: Any, w: Weights, x: Array) -> Array:
    """Expected row and column of each channel, by a loop over all positions."""
    powers = np.exp(x / w["temperature"])
    powers /= powers.sum((1, 2), keepdims=True)
    means = np.zeros((len(x), x.shape[-1], 2))
    for i, down in enumerate(np.linspace(-1, 1, x.shape[1])):
        for j, across in enumerate(np.linspace(-1, 1, x.shape[2])):
            means += powers[:, i, j, :, None] * np.array([down, across])
    return means.reshape(len(x), -1)


def gdn(op: Any, w: Weights, x: Array) -> Array:
    """With the variables squared; all of those tried lie above their bounds."""
    beta, gamma = w["reparam_beta"] ** 2 - op.offset**2, w["reparam_gamma"] ** 2 - op.offset**2
    root = np.sqrt(beta + np.einsum("...i,ij->...j", x**2, gamma))
    return x * root if op.inverse else x / root


def combined(operation: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    """The operation over all inputs, which get axes of size 1 after the batch, and over the op's number."""

    def compute(op: Any, w: Weights, *xs: Array) -> Array:
        rank = max(x.ndim for x in xs)
        operands = [x.reshape(len(x), *[1] * (rank - x.ndim), *x.shape[1:]) for x in xs]
        return reduce(operation, operands if op.number is None else [*operands, np.array(op.number)])

    return compute


def average(op: Any, w: Weights, *xs: Array) -> Array:
    return np.mean(np.broadcast_arrays(*xs), 0)


def concat(op: Any, w: Weights, *xs: Array) -> Array:
    return np.concatenate(xs, op.axis if op.axis < 0 else op.axis + 1)


REFERENCES: dict[str, Callable[..., Array]] = {
    "relu": lambda op, w, x: np.maximum(x, 0),
    "relu6": lambda op, w, x: relu6(x),
    "elu": lambda op, w, x: np.where(x > 0, x, np.expm1(x)),
    "selu": selu,
    "celu": lambda op, w, x: np.maximum(x, 0) + np.minimum(op.alpha * np.expm1(x / op.alpha), 0),
    "leaky_relu": lambda op, w, x: np.where(x > 0, x, op.alpha * x),
    "silu": lambda op, w, x: x / (1 + np.exp(-x)),
    "gelu": gelu,
    "mish": lambda op, w, x: x * np.tanh(np.log1p(np.exp(x))),
    "softplus": lambda op, w, x: np.log1p(np.exp(x)),
    "softsign": lambda op, w, x: x / (1 + np.abs(x)),
    "sigmoid": lambda op, w, x: 1 / (1 + np.exp(-x)),
    "tanh": lambda op, w, x: np.tanh(x),
    "hard_sigmoid": lambda op, w, x: relu6(x + 3) * 0.16667,
    "hard_swish": lambda op, w, x: x * relu6(x + 3) / 6,
    "clip": lambda op, w, x: np.clip(x, *op.range),
    "threshold": lambda op, w, x: np.where(x > op.above, x, op.otherwise),
    "crelu": lambda op, w, x: np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)], -1),
    "prelu": lambda op, w, x: np.where(x > 0, x, w["alpha"] * x),
    "gain": lambda op, w, x: x * w["gamma"],
    "softmax": softmax,
    "log_softmax": lambda op, w, x: np.log(softmax(op, w, x)),
    "maxout": maxout,
    "scale_gradient": lambda op, w, x: x,
    "spatial_softmax": spatial_softmax,
    "gdn": gdn,
    "one_hot": lambda op, w, x: np.where(x[..., None] == np.arange(op.classes), op.on, op.off),
    "identity": lambda op, w, x: x,
    "cast": lambda op, w, x: x.astype(op.to),
    "concat": concat,
    "add": combined(np.add),
    "subtract": combined(np.subtract),
    "multiply": combined(np.multiply),
    "maximum": combined(np.maximum),
    "minimum": combined(np.minimum),
    "average": average,
    "dropout": lambda op, w, x: x,
    "drop_path": lambda op, w, x: x,
    "gaussian_noise": lambda op, w, x: x,
    "gaussian_dropout": lambda op, w, x: x,
    "alpha_dropout": lambda op, w, x: x,
}
