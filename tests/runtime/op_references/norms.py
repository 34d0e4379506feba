"""Normalizations: what they compute, in NumPy and double precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.runtime.op_site import Array, Weights


def batch_norm(op: Any, w: Weights, x: Array) -> Array:
    y = (x - w["moving_mean"]) / np.sqrt(w["moving_variance"] + op.epsilon)
    return y * w.get("gamma", 1.0) + w.get("beta", 0.0)


def local_response_norm(op: Any, w: Weights, x: Array) -> Array:
    last, radius = x.shape[-1], op.depth_radius
    sums = [(x[..., max(0, c - radius) : c + radius + 1] ** 2).sum(-1) for c in range(last)]
    return x / (op.bias + op.alpha * np.stack(sums, -1)) ** op.beta


REFERENCES: dict[str, Callable[..., Array]] = {
    "batch_norm": batch_norm,
    "local_response_norm": local_response_norm,
    "l2_normalize": lambda op, w, x: x / np.sqrt((x**2).sum(op.axis if op.axis < 0 else op.axis + 1, keepdims=True)),
}
