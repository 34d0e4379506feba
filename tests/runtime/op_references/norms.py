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


def normal(x: Array, axes: tuple[int, ...], epsilon: float) -> Array:
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


def scaled(w: Weights, x: Array) -> Array:
    return x * w.get("gamma", 1.0) + w.get("beta", 0.0)


def layer_norm(op: Any, w: Weights, x: Array) -> Array:
    axes = (-1,) if op.over == "channels" else tuple(range(1, x.ndim))
    return scaled(w, normal(x, axes, op.epsilon))


def instance_norm(op: Any, w: Weights, x: Array) -> Array:
    return scaled(w, normal(x, tuple(range(1, x.ndim - 1)), op.epsilon))


def group_norm(op: Any, w: Weights, x: Array) -> Array:
    parts = [normal(part, tuple(range(1, x.ndim)), op.epsilon) for part in np.split(x, op.groups, -1)]
    return scaled(w, np.concatenate(parts, -1))


def rms_norm(op: Any, w: Weights, x: Array) -> Array:
    return scaled(w, x / np.sqrt((x**2).mean(-1, keepdims=True) + op.epsilon))


REFERENCES: dict[str, Callable[..., Array]] = {
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "instance_norm": instance_norm,
    "group_norm": group_norm,
    "rms_norm": rms_norm,
    "local_response_norm": local_response_norm,
    "l2_normalize": lambda op, w, x: x / np.sqrt((x**2).sum(op.axis if op.axis < 0 else op.axis + 1, keepdims=True)),
}
