"""What a window that slides over height and width does to a shape."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.op import Lowering, Shape, WrongShape, show
from archspec.compiler.language.types import Pair


def need_map(shape: Shape) -> Shape:
    """The shape, if it is a feature map's; raises WrongShape."""
    if len(shape) != 3:
        help = "put it before the flatten, dense or pooling layer that takes height and width away"
        raise WrongShape(f"needs height x width x channels, got {show(shape)}", help)
    return shape


def channels(shape: Shape) -> int:
    """The size of the last axis; raises WrongShape where it is not known."""
    if not shape or shape[-1] is None:
        help = "write the channels of the input as a number, not null"
        raise WrongShape(f"needs a known number of channels, got {show(shape)}", help)
    return shape[-1]


def extent(kernel: Pair, rate: Pair) -> Pair:
    """Rows and columns from the first to the last tap: k + (k - 1) * (rate - 1)."""
    return (kernel[0] - 1) * rate[0] + 1, (kernel[1] - 1) * rate[1] + 1


def slide(shape: Shape, kernel: Pair, stride: Pair, padding: str, rate: Pair = (1, 1)) -> Shape:
    """(height, width) after the window: valid ceil((n - extent + 1) / stride), same and symmetric ceil(n / stride).

    Raises WrongShape for what is not a feature map, a window larger than it, or stride together with rate.
    """
    height, width, _ = need_map(shape)
    if max(stride) > 1 and max(rate) > 1:
        help = "take one of them back to 1; a group's `output_stride` trades the one for the other"
        raise WrongShape(f"can't have both stride {show(stride)} and rate {show(rate)} above 1", help)
    window = extent(kernel, rate)
    if padding == "valid" and any(n is not None and n < k for n, k in zip((height, width), window, strict=True)):
        message = f"needs at least {show(window)} for its window with padding valid, got {show(shape)}"
        raise WrongShape(message, "use padding same, a smaller kernel, a larger input, or fewer strides before it")
    lost = window if padding == "valid" else (1, 1)
    return tuple(
        n if n is None else -(-(n - k + 1) // s) for n, k, s in zip((height, width), lost, stride, strict=True)
    )


def padded(g: Lowering, x: Any, kernel: Pair, stride: Pair, padding: str, rate: Pair) -> tuple[Any, str]:
    """The tensor and TensorFlow's name for the padding it still needs.

    Symmetric is TF-Slim's conv2d_same: as `same` for stride 1, else extent - 1 zeros around, (extent - 1) // 2 first.
    """
    if padding != "symmetric":
        return x, padding.upper()
    if max(stride) == 1:
        return x, "SAME"
    sides = [((n - 1) // 2, n // 2) for n in extent(kernel, rate)]
    return (g.tf.pad(x, [(0, 0), *sides, (0, 0)]) if max(kernel) > 1 else x), "VALID"
