"""Axes by number, and shapes that fit each other: what ops over one axis or over several tensors have in common."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.compiler.language.op import Shape, WrongShape, show
from archspec.compiler.language.ops.window import channels

AXIS = "the axis: 0 is the first after the batch, -1 the last"
"""The meaning of a field `axis`."""


def axis_of(shape: Shape, axis: int, about: str = "axis") -> int:
    """The axis counted from 0, the batch left out; raises WrongShape where the shape has none of that number.

    `about` is the field that says it.
    """
    rank = len(shape)
    if not -rank <= axis < rank:
        help = f"give one from {-rank} to {rank - 1}; the batch is not counted" if rank else "its input has no axes"
        raise WrongShape(f"needs an axis {axis}, got {show(shape)}", help, about)
    return axis % rank


def sized_axis(shape: Shape, axis: int) -> int:
    """As `axis_of`; raises WrongShape also for the last axis, of channels, where its size is not known."""
    found = axis_of(shape, axis)
    if found == len(shape) - 1:
        channels(shape)
    return found


def without(shape: Shape, axis: int) -> Shape:
    """The shape without an axis that is counted from 0."""
    return (*shape[:axis], *shape[axis + 1 :])


def agree(shapes: Sequence[Shape]) -> bool:
    """Whether the shapes can be the same, where an unknown size can be any."""
    return len({len(shape) for shape in shapes}) == 1 and all(
        len(set(sizes) - {None}) < 2 for sizes in zip(*shapes, strict=True)
    )


def common(shapes: Sequence[Shape]) -> Shape:
    """The sizes that are known from one of several shapes that agree."""
    return tuple(_first(sizes) for sizes in zip(*shapes, strict=True))


def stretched(shapes: Sequence[Shape]) -> Shape | None:
    """What shapes become where axes of size 1 are stretched and missing ones put in front; None where they differ."""
    rank = max(map(len, shapes))
    sizes = list(zip(*((1,) * (rank - len(shape)) + shape for shape in shapes), strict=True))
    if any(len(set(each) - {None, 1}) > 1 for each in sizes):
        return None
    return tuple(_first([size for size in each if size != 1] or [1]) for each in sizes)


def listed(shapes: Sequence[Shape]) -> str:
    """The shapes as a sentence has them: 8x8x4, 8x8x2 and 4."""
    *first, last = [show(shape) for shape in shapes]
    return f"{', '.join(first)} and {last}" if first else last


def _first(sizes: Sequence[int | None]) -> int | None:
    return next((size for size in sizes if size is not None), None)
