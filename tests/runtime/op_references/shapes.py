"""Ops that move numbers to other places, matrix products, and ops with several outputs: what they compute, in NumPy and double precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.runtime.op_references.bias import plus_bias
from tests.runtime.op_site import Array, Weights


def shift(op: Any, w: Weights, x: Array) -> Array:
    y = np.zeros_like(x)
    n = op.amount
    y[:, : x.shape[1] - n, : x.shape[2] - n] = x[:, n:, n:]
    return y


def counted(axis: int, rank: int) -> int:
    """An axis of a spec, where the batch does not count, as NumPy counts it."""
    return axis + 1 if axis >= 0 else axis + rank


def flattened(op: Any, w: Weights, x: Array) -> Array:
    first, last = counted(op.first, x.ndim), counted(op.last, x.ndim)
    return x.reshape(*x.shape[:first], -1, *x.shape[last + 1 :])


def rolled(op: Any, w: Weights, x: Array) -> Array:
    for axis, by in enumerate(op.by, 1):
        x = x.take((np.arange(x.shape[axis]) - by) % x.shape[axis], axis)
    return x


def sliced(op: Any, w: Weights, x: Array) -> Array:
    axis = counted(op.axis, x.ndim)
    return x.take(range(x.shape[axis])[op.begin : op.end : op.step], axis)


def divided(op: Any, w: Weights, x: Array) -> tuple[Array, ...]:
    """Equal parts, or parts of the sizes, a size of -1 being what the others leave."""
    axis, parts = op.axis if op.axis < 0 else op.axis + 1, op.parts
    if isinstance(parts, tuple):
        rest = x.shape[axis] - sum(size for size in parts if size > 0)
        parts = np.cumsum([rest if size == -1 else size for size in parts])[:-1]
    return tuple(np.split(x, parts, axis))


def multiplied(op: Any, w: Weights, *xs: Array) -> Array:
    """One example at a time."""
    turned = zip(xs, (op.transpose_first, op.transpose_second), strict=True)
    first, second = (np.swapaxes(x, -1, -2) if exchanged else x for x, exchanged in turned)
    return op.scale * np.stack([a @ b for a, b in zip(first, second, strict=True)])


REFERENCES: dict[str, Callable[..., Array]] = {
    "dense": lambda op, w, x: plus_bias(x @ w["weights"], w),
    "flatten": flattened,
    "split": divided,
    "matmul": multiplied,
    "moments": lambda op, w, x: (x.mean(tuple(range(1, x.ndim - 1))), x.var(tuple(range(1, x.ndim - 1)))),
    "embedding": lambda op, w, x: w["weights"][x.astype(np.int64)],
    "reshape": lambda op, w, x: x.reshape(len(x), *op.sizes),
    "squeeze": lambda op, w, x: x[:, 0, 0] if op.axis is None else x.squeeze(counted(op.axis, x.ndim)),
    "expand_dims": lambda op, w, x: np.expand_dims(x, counted(op.axis, x.ndim + 1)),
    "transpose": lambda op, w, x: x.transpose(0, *(axis + 1 for axis in op.axes)),
    "roll": rolled,
    "slice": sliced,
    "shift": shift,
}
