"""What a window that slides over positions does to a shape: along one axis, over height and width, or in space."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.notation import written
from archspec.compiler.language.op import Lowering, Shape, WrongShape, show
from archspec.compiler.language.values import Sides

Sizes = tuple[int, ...]
"""A size along each axis of positions: of a kernel, a stride, a rate."""

_AXES = {1: "length x channels", 2: "height x width x channels", 3: "depth x height x width x channels"}


def need_map(shape: Shape, rank: int = 2) -> Shape:
    """The shape, if it has so many axes of positions before the channels; raises WrongShape."""
    if len(shape) != rank + 1:
        help = "put it before the flatten, dense or pooling layer that takes the positions away"
        if len(shape) - 1 in _AXES and len(shape) > 1:
            help = f"it works on {rank} axes of positions; its input has {len(shape) - 1}"
        raise WrongShape(f"needs {_AXES[rank]}, got {show(shape)}", help)
    return shape


def need_positions(shape: Shape) -> Shape:
    """The shape, if it has positions before the channels, along one to three axes; raises WrongShape."""
    if len(shape) - 1 not in _AXES:
        help = "put it before the flatten, dense or pooling layer that takes the positions away"
        raise WrongShape(f"needs channels after one to three axes of positions, got {show(shape)}", help)
    return shape


def channels(shape: Shape) -> int:
    """The size of the last axis; raises WrongShape where it is not known."""
    if not shape or shape[-1] is None:
        help = "write the channels of the input as a number, not null"
        raise WrongShape(f"needs a known number of channels, got {show(shape)}", help)
    return shape[-1]


def extent(kernel: Sizes, rate: Sizes) -> Sizes:
    """Positions from the first to the last tap along each axis: k + (k - 1) * (rate - 1)."""
    return tuple((k - 1) * r + 1 for k, r in zip(kernel, rate, strict=True))


def border(padding: str | Sides, window: Sizes, stride: Sizes, size: Sizes = ()) -> Sides:
    """What is put before and after along each axis; only same needs the sizes of the input.

    same: TensorFlow's, as little as ceil(n / stride) windows need, the odd one after. symmetric: TF-Slim's
    conv2d_same, window - 1 whatever the size and the stride. causal: the same, all of it before.
    """
    if not isinstance(padding, str):
        return padding
    if padding == "valid":
        return ((0, 0),) * len(window)
    if padding == "causal":
        return tuple((k - 1, 0) for k in window)
    if padding == "symmetric":
        totals = [k - 1 for k in window]
    else:
        axes = zip(size, window, stride, strict=True)
        totals = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in axes]
    return tuple((total // 2, total - total // 2) for total in totals)


def slide(shape: Shape, kernel: Sizes, stride: Sizes, padding: str | Sides, rate: Sizes | None = None) -> Shape:
    """The positions after the window: same and symmetric ceil(n / stride), valid ceil((n - extent + 1) / stride).

    With a padding in numbers, n counts it too. Raises WrongShape for a shape of another rank, a window larger than
    what it slides over, or stride together with rate.
    """
    rate = rate or (1,) * len(kernel)
    positions = need_map(shape, len(kernel))[:-1]
    if max(stride) > 1 and max(rate) > 1:
        help = "take one of them back to 1; a group's `output_stride` trades the one for the other"
        message = f"can't have both stride {show(stride)} and rate {show(rate)} above 1"
        raise WrongShape(message, help, "rate", "stride")
    window = extent(kernel, rate)
    if padding == "same":
        return tuple(None if n is None else -(-n // s) for n, s in zip(positions, stride, strict=True))
    around = border(padding, window, stride)
    whole = tuple(None if n is None else n + sum(more) for n, more in zip(positions, around, strict=True))
    if any(n is not None and n < k for n, k in zip(whole, window, strict=True)):
        counted = "" if padding == "valid" else f", {show(whole)} with it"
        message = f"needs at least {show(window)} for its window with padding {written(padding)}, got {show(shape)}"
        help = "use padding same, a smaller kernel, a larger input, or fewer strides before it"
        raise WrongShape(message + counted, help, "kernel")
    return tuple(n if n is None else (n - k) // s + 1 for n, k, s in zip(whole, window, stride, strict=True))


def padded(
    g: Lowering, x: Any, window: Sizes, stride: Sizes, padding: str | Sides, fill: float = 0.0
) -> tuple[Any, str]:
    """The tensor, with what is put around it, and TensorFlow's name for the padding that it still needs."""
    if padding == "valid":
        return x, "VALID"
    # With stride 1, symmetric is what TensorFlow calls same.
    if padding == "same" or (padding == "symmetric" and max(stride) == 1):
        return x, "SAME"
    around = border(padding, window, stride)
    if any(map(any, around)):
        x = g.tf.pad(x, [(0, 0), *around, (0, 0)], constant_values=g.tf.cast(fill, x.dtype))
    return x, "VALID"
