"""Ops that work element by element or join tensors: activations, sums and products, dropouts: what they compute, in NumPy and double precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.runtime.op_site import Array, Weights


def softmax(op: Any, w: Weights, x: Array) -> Array:
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def relu6(x: Array) -> Array:
    return np.clip(x, 0, 6)


REFERENCES: dict[str, Callable[..., Array]] = {
    "relu": lambda op, w, x: np.maximum(x, 0),
    "relu6": lambda op, w, x: relu6(x),
    "elu": lambda op, w, x: np.where(x > 0, x, np.expm1(x)),
    "leaky_relu": lambda op, w, x: np.where(x > 0, x, op.alpha * x),
    "sigmoid": lambda op, w, x: 1 / (1 + np.exp(-x)),
    "tanh": lambda op, w, x: np.tanh(x),
    "hard_sigmoid": lambda op, w, x: relu6(x + 3) * 0.16667,
    "hard_swish": lambda op, w, x: x * relu6(x + 3) / 6,
    "softmax": softmax,
    "identity": lambda op, w, x: x,
    "concat": lambda op, w, *xs: np.concatenate(xs, -1),
    "add": lambda op, w, *xs: np.sum(xs, 0),
    "multiply": lambda op, w, x, y: x * y,
    "dropout": lambda op, w, x: x,
    "drop_path": lambda op, w, x: x,
}
