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


def windows(x: Array, op: Any, fill: float = 0.0) -> Array:
    """[batch, height', width', kernel height, kernel width, channels]: what every position of a window sees."""
    rate = getattr(op, "rate", (1, 1))
    extent = [(k - 1) * r + 1 for k, r in zip(op.kernel, rate, strict=True)]
    pads = [around(n, e, s, op.padding) for n, e, s in zip(x.shape[1:3], extent, op.stride, strict=True)]
    x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=fill)
    seen = np.lib.stride_tricks.sliding_window_view(x, extent, (1, 2))
    seen = seen[:, :: op.stride[0], :: op.stride[1], :, :: rate[0], :: rate[1]]
    return np.moveaxis(seen, 3, -1)


def depthwise(op: Any, w: Weights, x: Array) -> Array:
    y = np.einsum("nhwabc,abcm->nhwcm", windows(x, op), w["depthwise_weights"])
    return y.reshape(*y.shape[:3], -1)


def avg_pool2d(op: Any, w: Weights, x: Array) -> Array:
    inside = windows(np.ones_like(x), op).sum((3, 4))
    return windows(x, op).sum((3, 4)) / inside


def windows1d(x: Array, op: Any, fill: float = 0.0) -> Array:
    """[batch, length', kernel, channels]: what every position of a window along one axis sees."""
    ((k,), (s,), (r,)) = op.kernel, op.stride, getattr(op, "rate", (1,))
    extent = (k - 1) * r + 1
    x = np.pad(x, [(0, 0), around(x.shape[1], extent, s, op.padding), (0, 0)], constant_values=fill)
    seen = np.lib.stride_tricks.sliding_window_view(x, extent, 1)[:, ::s, :, ::r]
    return np.moveaxis(seen, 3, 2)


def transposed(op: Any, w: Weights, x: Array) -> Array:
    """Every kernel added at its place, and what `same` cuts off: TensorFlow's padding of the convolution it undoes."""
    (kh, kw), (sh, sw) = op.kernel, op.stride
    n, height, width, _ = x.shape
    whole = np.zeros((n, (height - 1) * sh + max(kh, sh), (width - 1) * sw + max(kw, sw), op.filters))
    for i in range(height):
        for j in range(width):
            whole[:, i * sh : i * sh + kh, j * sw : j * sw + kw] += np.einsum("nc,abfc->nabf", x[:, i, j], w["weights"])
    if op.padding == "valid":
        return whole
    top, left = max(kh - sh, 0) // 2, max(kw - sw, 0) // 2
    return whole[:, top : top + height * sh, left : left + width * sw]


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
    "conv2d": lambda op, w, x: plus_bias(np.einsum("nhwabc,abcf->nhwf", windows(x, op), w["weights"]), w),
    "conv1d": lambda op, w, x: plus_bias(np.einsum("nlac,acf->nlf", windows1d(x, op), w["weights"]), w),
    "depthwise_conv2d": lambda op, w, x: plus_bias(depthwise(op, w, x), w),
    "separable_conv2d": lambda op, w, x: plus_bias(depthwise(op, w, x) @ w["pointwise_weights"][0, 0], w),
    "max_pool2d": lambda op, w, x: windows(x, op, -np.inf).max((3, 4)),
    "max_pool1d": lambda op, w, x: windows1d(x, op, -np.inf).max(2),
    "global_max_pool1d": lambda op, w, x: x.max(1),
    "avg_pool2d": avg_pool2d,
    "global_avg_pool": lambda op, w, x: x.mean((1, 2), keepdims=op.keep),
    "conv2d_transpose": lambda op, w, x: plus_bias(transposed(op, w, x), w),
    "upsample": upsampled,
}
