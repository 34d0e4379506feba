"""Attention and learnt tensors: what they compute, in NumPy and double precision."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from tests.runtime.op_site import Array, Weights


def attention(op: Any, w: Weights, x: Array, memory: Array | None = None) -> Array:
    """One query at a time, one head at a time."""
    memory = x if memory is None else memory
    q, k, v = (
        source @ w[f"{name}/weights"] + w.get(f"{name}/biases", 0.0)
        for name, source in (("query", x), ("key", memory), ("value", memory))
    )
    key = op.key_size or x.shape[-1] // op.heads
    value = op.value_size or key
    mixed = np.zeros((*x.shape[:-1], op.heads * value))
    for where in np.ndindex(*x.shape[:-1]):
        for head in range(op.heads):
            keys, values = k[where[:-1]][:, head * key :][:, :key], v[where[:-1]][:, head * value :][:, :value]
            scores = keys @ q[where][head * key :][:key] / np.sqrt(key)
            scores = scores + [bias(op, w, where[-1], other, head) for other in range(len(keys))]
            seen = [sees(op, x.shape, where, other) for other in range(len(keys))]
            chances = np.where(seen, np.exp(scores - scores.max()), 0)
            mixed[where][head * value :][:value] = chances / chances.sum() @ values
    return mixed @ w["output/weights"] + w.get("output/biases", 0.0)


def bias(op: Any, w: Weights, one: int, other: int, head: int) -> float:
    if op.window is None:
        return 0.0
    height, width = op.window
    table = w["relative_position_bias"].reshape(2 * height - 1, 2 * width - 1, op.heads)
    down, across = one // width - other // width, one % width - other % width
    return float(table[down + height - 1, across + width - 1, head])


def sees(op: Any, shape: tuple[int, ...], where: tuple[int, ...], other: int) -> bool:
    """Swin's own way: parts of the rolled map are numbered, and a window sees within a part."""
    if op.causal and other > where[-1]:
        return False
    if max(op.rolled) == 0:
        return True
    (height, width), (down, across), (rows, columns) = op.window, op.rolled, shape[1:3]
    parts = np.zeros((rows * height, columns * width))
    cuts = [
        [slice(0, -size), slice(-size, -shift or None), slice(-shift, None) if shift else slice(0, 0)]
        for size, shift in ((height, down), (width, across))
    ]
    for number, (y, x) in enumerate(product(*cuts)):
        parts[y, x] = number
    window = parts[where[1] * height :, where[2] * width :][:height, :width].reshape(-1)
    return bool(window[where[-1]] == window[other])


def prepend_learned(op: Any, w: Weights, x: Array) -> Array:
    return np.stack([np.vstack([w["weights"], example]) for example in x])


REFERENCES: dict[str, Callable[..., Any]] = {
    "attention": attention,
    "learned": lambda op, w, x: np.stack([w["weights"]] * len(x)),
    "add_learned": lambda op, w, x: x + w["weights"],
    "prepend_learned": prepend_learned,
}
