"""Positions put around an input, or taken from its border."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.notation import written
from archspec.compiler.language.op import ANY_DTYPE, Lowering, Op, Shape, WrongShape, show
from archspec.compiler.language.ops.window import need_positions
from archspec.compiler.language.values import Sides

_SIDES = "for all axes of positions, for each of them, or before and after along each"


def each_axis(sides: Sides, shape: Shape) -> Sides:
    """What is put before and after along each axis of positions; raises WrongShape where these are not as many."""
    rank = len(need_positions(shape)) - 1
    if len(sides) not in (1, rank):
        message = f"with {written(sides)} needs {len(sides)} axes of positions, got {show(shape)}"
        raise WrongShape(message, "write one number for all axes, or a pair for each", "amount")
    return sides if len(sides) == rank else sides * rank


class Pad(Op, name="pad"):
    """Positions put around the input: a number, or copies of what is there.

    With a row a b c d and 2 on each side, reflect is c b a b c d c b (the border once), symmetric b a a b c d d c
    (the border twice), edge a a a b c d d d, and wrap c d a b c d a b.
    """

    EXAMPLE = "- conv1: [pad: {pad: 3, mode: reflect}, conv: {conv2d: 64, kernel: 7, padding: valid}]"

    DTYPES = ANY_DTYPE

    amount: Sides = field(main=True, minimum=0, doc=f"how many: {_SIDES}", unit="positions")
    mode: str = field(
        default="constant", choices=("constant", "reflect", "symmetric", "edge", "wrap"), doc="what they hold"
    )
    value: float = field(default=0.0, doc="the number that is put there with constant")

    def shape(self, *shapes: Shape) -> Shape:
        """(positions + before + after, channels)."""
        around = each_axis(self.amount, shapes[0])
        *positions, last = shapes[0]
        for size, sides in zip(positions, around, strict=True):
            least = {"reflect": max(sides) + 1, "symmetric": max(sides)}.get(self.mode, 1)
            if size is not None and size < least:
                message = f"of {sides[0]} and {sides[1]} with {self.mode} needs at least {least} positions"
                raise WrongShape(
                    f"{message}, got {show(shapes[0])}", "pad less, a larger input, or `mode: edge`", "amount"
                )
        grown = (None if n is None else n + sum(sides) for n, sides in zip(positions, around, strict=True))
        return *grown, last

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x, tf = inputs[0], g.tf
        around = each_axis(self.amount, tuple(x.shape[1:]))
        if self.mode not in ("edge", "wrap"):
            return tf.pad(x, [(0, 0), *around, (0, 0)], self.mode.upper(), tf.cast(self.value, x.dtype))
        for axis, (before, after) in enumerate(around, 1):
            size = tf.shape(x)[axis]
            places = tf.range(-before, size + after)
            places = places % size if self.mode == "wrap" else tf.clip_by_value(places, 0, size - 1)
            x = tf.gather(x, places, axis=axis)
        return tf.ensure_shape(x, [None, *self.shape(tuple(inputs[0].shape[1:]))])


class Crop(Op, name="crop"):
    """Positions taken away at the border, so many before and after along each axis."""

    EXAMPLE = "- middle: {crop: 4}"

    DTYPES = ANY_DTYPE

    amount: Sides = field(main=True, minimum=0, doc=f"how many: {_SIDES}", unit="positions")

    def shape(self, *shapes: Shape) -> Shape:
        """(positions - before - after, channels)."""
        sides = each_axis(self.amount, shapes[0])
        *positions, last = shapes[0]
        left = tuple(None if n is None else n - sum(cut) for n, cut in zip(positions, sides, strict=True))
        if any(n is not None and n < 1 for n in left):
            message = f"of {written(sides)} needs more positions than it takes away, got {show(shapes[0])}"
            raise WrongShape(message, "crop less, or a larger input", "amount")
        return *left, last

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x = inputs[0]
        sides = each_axis(self.amount, tuple(x.shape[1:]))
        return x[(slice(None), *(slice(before, -after or None) for before, after in sides))]
