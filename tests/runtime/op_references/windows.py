"""Ops that slide a window: convolutions, pools, and those that make maps larger: what they compute, in NumPy and double precision."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np

from tests.runtime.op_references.bias import plus_bias
from tests.runtime.op_site import Array, Weights


def around(size: int, extent: int, stride: int, padding: str) -> tuple[int, int]:
    """Zeros before and after one axis: TensorFlow's rule for same, TF-Slim's conv2d_same for symmetric."""
    if padding == "valid":
        return 0, 0
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
    (fh, fw), (height, width) = op.factor, x.shape[1:3]
    if op.method == "nearest":
        return x.repeat(fh, 1).repeat(fw, 2)
    for axis, factor, size in ((1, fh, height), (2, fw, width)):
        where = np.clip((np.arange(size * factor) + 0.5) / factor - 0.5, 0, size - 1)
        low, part = np.floor(where).astype(int), where % 1
        high, shape = np.minimum(low + 1, size - 1), [-1 if i == axis else 1 for i in range(4)]
        x = x.take(low, axis) * (1 - part.reshape(shape)) + x.take(high, axis) * part.reshape(shape)
    return x


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
    "global_avg_pool": lambda op, w, x: x.mean(positions(x), keepdims=op.keep),
    "global_max_pool": lambda op, w, x: x.max(positions(x), keepdims=op.keep),
    "generalized_mean_pool": generalized_mean,
    **{f"conv{rank}d_transpose": lambda op, w, x: plus_bias(transposed(op, w, x), w) for rank in (1, 2, 3)},
    "upsample": upsampled,
    "pad_map": padded,
    "crop_map": cropped,
}
