"""Attention, recurrent ops and learnt tensors: what they compute, in NumPy and double precision."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from tests.runtime.op_site import Array, Weights


def attention(op: Any, w: Weights, *inputs: Array) -> Array:
    """One query at a time, one head at a time."""
    x, memory = inputs[0], inputs[-2 if op.masked else -1]
    there = inputs[-1] != 0 if op.masked else np.ones(memory.shape[:-1], bool)
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
            seen = [sees(op, x.shape, where, other) for other in range(len(keys))] & there[where[:-1]]
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


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def both_ways(one_way: Callable[..., Array]) -> Callable[..., tuple[Array, Array]]:
    """An op of one direction as one that may have two; what it makes at all positions, and at its end."""

    def op_of(op: Any, w: Weights, x: Array) -> tuple[Array, Array]:
        if not op.bidirectional:
            y = one_way(op, w, x)
            return y, y[:, -1]
        parts = {way: {k.removeprefix(f"{way}/"): v for k, v in w.items()} for way in ("forward", "backward")}
        there = one_way(op, parts["forward"], x)
        back = one_way(op, parts["backward"], x[:, ::-1])
        return np.concatenate([there, back[:, ::-1]], -1), np.concatenate([there[:, -1], back[:, -1]], -1)

    return op_of


def lstm(op: Any, w: Weights, x: Array) -> Array:
    h = c = np.zeros((len(x), op.units))
    found = []
    for position in np.swapaxes(x, 0, 1):
        gates = position @ w["kernel"] + h @ w["recurrent_kernel"] + w.get("bias", 0.0)
        i, f, candidate, o = np.split(gates, 4, -1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
        h = sigmoid(o) * np.tanh(c)
        found.append(h)
    return np.stack(found, 1)


def gru(op: Any, w: Weights, x: Array) -> Array:
    h = np.zeros((len(x), op.units))
    bias = w.get("bias", np.zeros((2, 3 * op.units)))
    given, own = bias if op.reset_after else (bias, np.zeros(3 * op.units))
    (wz, wr, wh), (uz, ur, uh) = np.split(w["kernel"], 3, -1), np.split(w["recurrent_kernel"], 3, -1)
    (bz, br, bh), (cz, cr, ch) = np.split(given, 3), np.split(own, 3)
    found = []
    for position in np.swapaxes(x, 0, 1):
        z, r = sigmoid(position @ wz + bz + h @ uz + cz), sigmoid(position @ wr + br + h @ ur + cr)
        recalled = r * (h @ uh + ch) if op.reset_after else (r * h) @ uh
        h = z * h + (1 - z) * np.tanh(position @ wh + bh + recalled)
        found.append(h)
    return np.stack(found, 1)


REFERENCES: dict[str, Callable[..., Any]] = {
    "attention": attention,
    "lstm": both_ways(lstm),
    "gru": both_ways(gru),
    "learned": lambda op, w, x: np.stack([w["weights"]] * len(x)),
    "add_learned": lambda op, w, x: x + w["weights"],
    "prepend_learned": prepend_learned,
}
