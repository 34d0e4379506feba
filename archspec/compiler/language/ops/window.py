"""What a window that slides over positions does to a shape: along one axis, over height and width, or in space."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.op import Lowering, Shape, WrongShape, show

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


def channels(shape: Shape) -> int:
    """The size of the last axis; raises WrongShape where it is not known."""
    if not shape or shape[-1] is None:
        help = "write the channels of the input as a number, not null"
        raise WrongShape(f"needs a known number of channels, got {show(shape)}", help)
    return shape[-1]


def extent(kernel: Sizes, rate: Sizes) -> Sizes:
    """Positions from the first to the last tap along each axis: k + (k - 1) * (rate - 1)."""
    return tuple((k - 1) * r + 1 for k, r in zip(kernel, rate, strict=True))


def slide(shape: Shape, kernel: Sizes, stride: Sizes, padding: str, rate: Sizes | None = None) -> Shape:
    """The positions after the window: valid ceil((n - extent + 1) / stride), same and symmetric ceil(n / stride).

    Raises WrongShape for a shape of another rank, a window larger than it, or stride together with rate.
    """
    rate = rate or (1,) * len(kernel)
    positions = need_map(shape, len(kernel))[:-1]
    if max(stride) > 1 and max(rate) > 1:
        help = "take one of them back to 1; a group's `output_stride` trades the one for the other"
        raise WrongShape(f"can't have both stride {show(stride)} and rate {show(rate)} above 1", help)
    window = extent(kernel, rate)
    if padding == "valid" and any(n is not None and n < k for n, k in zip(positions, window, strict=True)):
        message = f"needs at least {show(window)} for its window with padding valid, got {show(shape)}"
        raise WrongShape(message, "use padding same, a smaller kernel, a larger input, or fewer strides before it")
    lost = window if padding == "valid" else (1,) * len(kernel)
    return tuple(n if n is None else -(-(n - k + 1) // s) for n, k, s in zip(positions, lost, stride, strict=True))


def padded(g: Lowering, x: Any, kernel: Sizes, stride: Sizes, padding: str, rate: Sizes) -> tuple[Any, str]:
    """The tensor and TensorFlow's name for the padding it still needs.

    Symmetric is TF-Slim's conv2d_same: as `same` for stride 1, else extent - 1 zeros around, (extent - 1) // 2 first.
    """
    if padding != "symmetric":
        return x, padding.upper()
    if max(stride) == 1:
        return x, "SAME"
    sides = [((n - 1) // 2, n // 2) for n in extent(kernel, rate)]
    return (g.tf.pad(x, [(0, 0), *sides, (0, 0)]) if max(kernel) > 1 else x), "VALID"
