"""Ops that slide a window: convolutions, pools, and those that make maps larger: what they compute, in NumPy and double precision."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np

from tests.runtime.op_references.bias import plus_bias
from tests.runtime.op_site import Array, Weights


def around(size: int, extent: int, stride: int, padding: str) -> tuple[int, int]:
    """Zeros before and after one axis: TensorFlow's rule for same, TF-Slim's conv2d_same for symmetric, all before for causal."""
    if padding == "valid":
        return 0, 0
    if padding == "causal":
        return extent - 1, 0
    if padding == "symmetric" and stride > 1:
        return (extent - 1) // 2, (extent - 1) - (extent - 1) // 2
    total = max((ceil(size / stride) - 1) * stride + extent - size, 0)
    return total // 2, total - total // 2


def windows(x: Array, op: Any, fill: float = 0.0, padding: Any = None) -> Array:
    """[batch, *positions', *kernel, channels]: what every position of a window sees."""
    rank = len(op.kernel)
    rate, axes = getattr(op, "rate", (1,) * rank), tuple(range(1, rank + 1))
    extent = [(k - 1) * r + 1 for k, r in zip(op.kernel, rate, strict=True)]
    padding = padding or op.padding
    pads = [
        around(n, e, s, padding) if isinstance(padding, str) else padding[axis]
        for axis, (n, e, s) in enumerate(zip(x.shape[1:-1], extent, op.stride, strict=True))
    ]
    x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=fill)
    seen = np.lib.stride_tricks.sliding_window_view(x, extent, axes)
    every = (
        slice(None),
        *(slice(None, None, s) for s in op.stride),
        slice(None),
        *(slice(None, None, r) for r in rate),
    )
    return np.moveaxis(seen[every], rank + 1, -1)


def kernel_axes(op: Any) -> tuple[int, ...]:
    """The axes of a kernel's positions in what `windows` makes."""
    rank = len(op.kernel)
    return tuple(range(rank + 1, 2 * rank + 1))


def convolved(op: Any, w: Weights, x: Array) -> Array:
    weights = w["weights"]
    if op.weight_standardization is not None:
        axes = tuple(range(weights.ndim - 1))
        weights = (weights - weights.mean(axes)) / np.sqrt(weights.var(axes) + op.weight_standardization)
    inputs, outputs = np.split(x, op.groups, -1), np.split(weights, op.groups, -1)
    taps = [*kernel_axes(op), 2 * len(op.kernel) + 1]
    parts = [
        np.tensordot(windows(a, op), b, (taps, list(range(len(taps))))) for a, b in zip(inputs, outputs, strict=True)
    ]
    return np.concatenate(parts, -1)


def depthwise(op: Any, w: Weights, x: Array) -> Array:
    y = np.einsum("nhwabc,abcm->nhwcm", windows(x, op), w["depthwise_weights"])
    return y.reshape(*y.shape[:3], -1)


def max_pool(op: Any, w: Weights, x: Array) -> Array:
    return windows(x, op, -np.inf).max(kernel_axes(op))


def avg_pool(op: Any, w: Weights, x: Array) -> Array:
    seen = windows(x, op).sum(kernel_axes(op))
    if op.count_padding:
        return seen / np.prod(op.kernel)
    return seen / windows(np.ones_like(x), op).sum(kernel_axes(op))


def positions(x: Array) -> tuple[int, ...]:
    """The axes of positions."""
    return tuple(range(1, x.ndim - 1))


def generalized_mean(op: Any, w: Weights, x: Array) -> Array:
    power = w.get("power", op.power)
    return (np.maximum(x, op.epsilon) ** power).mean(positions(x), keepdims=op.keep) ** (1 / power)


def padded(op: Any, w: Weights, x: Array) -> Array:
    sides = [(0, 0), *(op.amount * (x.ndim - 2) if len(op.amount) == 1 else op.amount), (0, 0)]
    return np.pad(x, sides, op.mode, **({"constant_values": op.value} if op.mode == "constant" else {}))


def cropped(op: Any, w: Weights, x: Array) -> Array:
    for axis, (before, after) in enumerate(op.amount * (x.ndim - 2) if len(op.amount) == 1 else op.amount, 1):
        x = x.take(range(before, x.shape[axis] - after), axis)
    return x


def transposed(op: Any, w: Weights, x: Array) -> Array:
    """Every kernel added at its place, and what is cut off: for same TensorFlow's padding of what it undoes."""
    n, *sizes, _ = x.shape
    axes = list(zip(sizes, op.kernel, op.stride, strict=True))
    whole = np.zeros((n, *((size - 1) * s + max(k, s) for size, k, s in axes), op.filters))
    for place in np.ndindex(*sizes):
        spot = tuple(slice(i * s, i * s + k) for i, (_, k, s) in zip(place, axes, strict=True))
        added = np.tensordot(x[(slice(None), *place)], w["weights"], (-1, -1))
        whole[(slice(None), *spot)] += added
    if op.padding == "valid":
        return whole
    cuts = [(max(k - s, 0) // 2, -(-max(k - s, 0) // 2)) for _, k, s in axes] if op.padding == "same" else op.padding
    kept = (slice(before, size - after) for size, (before, after) in zip(whole.shape[1:-1], cuts, strict=True))
    return whole[(slice(None), *kept)]


def upsampled(op: Any, w: Weights, x: Array) -> Array:
    if op.method == "nearest":
        return x.repeat(op.factor[0], 1).repeat(op.factor[1], 2)
    sizes = [n * f for n, f in zip(x.shape[1:3], op.factor, strict=True)]
    return interpolated(x, sizes, "bilinear", "center")


def resized(op: Any, w: Weights, x: Array) -> Array:
    sizes = op.size or [int(n * op.factor) for n in x.shape[1:3]]
    return interpolated(x, sizes, op.method, op.grid)


def interpolated(x: Array, sizes: Any, method: str, grid: str) -> Array:
    """Each axis by itself: a matrix of what every input counts for every output."""
    for axis, size in enumerate(sizes, 1):
        x = np.moveaxis(np.tensordot(shares(x.shape[axis], size, method, grid), x, (1, axis)), 0, axis)
    return x


def shares(n: int, m: int, method: str, grid: str) -> Array:
    """[m, n]: how much every one of n inputs counts for every one of m outputs."""
    i = np.arange(m)
    where = {"center": (i + 0.5) * n / m - 0.5, "aligned": i * (n - 1) / (m - 1), "corner": i * n / m}[grid]
    matrix = np.zeros((m, n))
    for row, place in zip(matrix, where, strict=True):
        if method == "nearest":
            nearest = place if grid == "corner" else place + 0.5
            row[min(int(np.floor(nearest)), n - 1)] = 1
            continue
        low = int(np.floor(place))
        if method == "bilinear":
            taps = {low: 1 - (place - low), low + 1: place - low}
        else:
            taps = {low + t: keys(place - low - t, -0.5 if grid == "center" else -0.75) for t in (-1, 0, 1, 2)}
        for tap, share in taps.items():
            if method == "bicubic" and grid == "center" and not 0 <= tap < n:
                continue
            row[np.clip(tap, 0, n - 1)] += share
    return matrix / matrix.sum(1, keepdims=True)


def keys(distance: float, a: float) -> float:
    """Keys's cubic kernel."""
    d = abs(distance)
    return (a + 2) * d**3 - (a + 3) * d**2 + 1 if d <= 1 else a * (d**3 - 5 * d**2 + 8 * d - 4) if d < 2 else 0.0


def to_depth(op: Any, w: Weights, x: Array) -> Array:
    b, (n, height, width, last) = op.factor, x.shape
    blocks = x.reshape(n, height // b, b, width // b, b, last)
    return blocks.transpose(0, 1, 3, 2, 4, 5).reshape(n, height // b, width // b, -1)


def to_space(op: Any, w: Weights, x: Array) -> Array:
    b, (n, height, width, last) = op.factor, x.shape
    blocks = x.reshape(n, height, width, b, b, last // b**2)
    return blocks.transpose(0, 1, 3, 2, 4, 5).reshape(n, height * b, width * b, -1)


def mean(op: Any, w: Weights, x: Array, *mask: Array) -> Array:
    there = np.broadcast_to(mask[0][..., None] != 0, x.shape) if mask else np.ones(x.shape, bool)
    return x.mean(positions(x), keepdims=op.keep, where=there)


REFERENCES: dict[str, Callable[..., Array]] = {
    **{f"conv{rank}d": lambda op, w, x: plus_bias(convolved(op, w, x), w) for rank in (1, 2, 3)},
    **{f"max_pool{rank}d": max_pool for rank in (1, 2, 3)},
    **{f"avg_pool{rank}d": avg_pool for rank in (1, 2, 3)},
    "depthwise_conv2d": lambda op, w, x: plus_bias(depthwise(op, w, x), w),
    "separable_conv2d": lambda op, w, x: plus_bias(depthwise(op, w, x) @ w["pointwise_weights"][0, 0], w),
    "conv2d_in_plane": lambda op, w, x: plus_bias(
        np.einsum("nhwabc,ab->nhwc", windows(x, op), w["weights"][..., 0, 0]), w
    ),
    "global_max_pool1d": lambda op, w, x: x.max(1),
    "global_avg_pool": mean,
    "global_max_pool": lambda op, w, x: x.max(positions(x), keepdims=op.keep),
    "generalized_mean_pool": generalized_mean,
    **{f"conv{rank}d_transpose": lambda op, w, x: plus_bias(transposed(op, w, x), w) for rank in (1, 2, 3)},
    "upsample": upsampled,
    "resize": resized,
    "space_to_depth": to_depth,
    "depth_to_space": to_space,
    "pad": padded,
    "crop": cropped,
}
