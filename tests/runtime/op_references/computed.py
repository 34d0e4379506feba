"""Functions, reductions, products of matrices and means over a grid: what they compute, in NumPy and double precision."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor
from typing import Any

import numpy as np

from tests.runtime.op_references.elementwise import combined
from tests.runtime.op_site import Array, Weights


def power(op: Any, w: Weights, x: Array) -> Array:
    """Whole exponents from 0 on are of any number, others of what is not below epsilon."""
    return x**op.exponent if op.exponent in range(10) else np.maximum(x, op.epsilon) ** op.exponent


def along(reduction: Callable[..., Array]) -> Callable[..., Array]:
    """A reduction, axis by axis from the last one."""

    def reference(op: Any, w: Weights, x: Array) -> Array:
        axes = {axis if axis < 0 else axis - len(x.shape) + 1 for axis in op.axes}
        for axis in sorted((axis % len(x.shape) for axis in axes), reverse=True):
            x = reduction(x, axis, keepdims=op.keep)
        return x

    return reference


def adaptive_avg_pool2d(op: Any, w: Weights, x: Array) -> Array:
    """Cell by cell, as PyTorch documents it."""
    (rows, columns), (_, height, width, _) = op.size, x.shape
    y = np.zeros((len(x), rows, columns, x.shape[-1]))
    for i in range(rows):
        for j in range(columns):
            down = slice(floor(i * height / rows), ceil((i + 1) * height / rows))
            across = slice(floor(j * width / columns), ceil((j + 1) * width / columns))
            y[:, i, j] = x[:, down, across].mean((1, 2))
    return y


REFERENCES: dict[str, Callable[..., Array]] = {
    "exp": lambda op, w, x: np.exp(x),
    "log": lambda op, w, x: np.log(np.maximum(x, op.epsilon)),
    "abs": lambda op, w, x: np.abs(x),
    "sin": lambda op, w, x: np.sin(op.frequency * x),
    "cos": lambda op, w, x: np.cos(op.frequency * x),
    "pow": power,
    "divide": combined(np.divide),
    "reduce_mean": along(np.mean),
    "reduce_sum": along(np.sum),
    "reduce_max": along(np.max),
    "reduce_min": along(np.min),
    "adaptive_avg_pool2d": adaptive_avg_pool2d,
    "uniform_noise": lambda op, w, x: x,
}
