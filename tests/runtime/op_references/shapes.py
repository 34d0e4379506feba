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


REFERENCES: dict[str, Callable[..., Array]] = {
    "dense": lambda op, w, x: plus_bias(x @ w["weights"], w),
    "flatten": lambda op, w, x: x.reshape(len(x), -1),
    "split": lambda op, w, x: tuple(np.array_split(x, op.parts, op.axis if op.axis < 0 else op.axis + 1)),
    "moments": lambda op, w, x: (x.mean(tuple(range(1, x.ndim - 1))), x.var(tuple(range(1, x.ndim - 1)))),
    "embedding": lambda op, w, x: w["weights"][x.astype(np.int64)],
    "reshape": lambda op, w, x: x.reshape(len(x), *op.sizes),
    "squeeze": lambda op, w, x: x[:, 0, 0],
    "shift": shift,
}
