"""Ops that make one tensor of several."""

from __future__ import annotations

from functools import reduce
from operator import add, mul
from typing import Any, ClassVar

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import ANY_DTYPE, Lowering, Op, Shape, WrongShape, show


class Merge(Op):
    """Several tensors into one."""

    GROUPS = ("merge",)


class Concat(Merge, name="concat"):
    """The inputs one after the other along the last axis."""

    EXAMPLE = """
    - Mixed:
        concat:
          Branch_0: {conv2d: 64, kernel: 1}
          Branch_1: {conv2d: 96, kernel: 3}
    """

    DTYPES = ANY_DTYPE

    ARITY = (1, None)

    def shape(self, *shapes: Shape) -> Shape:
        """(…, sum of the last axes); the other axes must be equal."""
        if any(not shape for shape in shapes) or not _agree([shape[:-1] for shape in shapes]):
            message = f"needs inputs equal in all but the last axis, got {_listed(shapes)}"
            raise WrongShape(message, _remedy(shapes, channels=False))
        return *_common([shape[:-1] for shape in shapes]), _sum([shape[-1] for shape in shapes])

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.concat(inputs, -1)


class Add(Merge, name="add"):
    """The sum of the inputs."""

    EXAMPLE = """
    - branch: {conv2d: 64, kernel: 3}
    - sum: {add: [branch, input], activation: relu}
    """

    ARITY = (2, None)
    ALLOWED: ClassVar[dict[str, str]] = {"activation": "activation"}

    activation: Op | None = field(default=None, doc="activation after it")

    def shape(self, *shapes: Shape) -> Shape:
        """The inputs', which must be equal."""
        if not _agree(shapes):
            raise WrongShape(f"needs equal shapes, got {_listed(shapes)}", _remedy(shapes))
        return _common(shapes)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return reduce(add, inputs)


class Multiply(Merge, name="multiply"):
    """The product of the inputs, element by element; axes of size 1 are stretched (a gate over a feature map)."""

    EXAMPLE = """
    - pool: {global_avg_pool, keep: true}
    - gate: {conv2d: 64, kernel: 1, activation: sigmoid}
    - gated: {multiply: [input, gate]}
    """

    ARITY = (2, None)

    def shape(self, *shapes: Shape) -> Shape:
        """The inputs', which must be equal but for axes of size 1."""
        if len({len(shape) for shape in shapes}) > 1 or not all(_stretch(sizes) for sizes in zip(*shapes, strict=True)):
            message = f"needs equal shapes, or size 1 where they differ, got {_listed(shapes)}"
            raise WrongShape(message, _remedy(shapes))
        return tuple(_one([size for size in sizes if size != 1] or [1]) for sizes in zip(*shapes, strict=True))

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return reduce(mul, inputs)


def _listed(shapes: tuple[Shape, ...]) -> str:
    *first, last = [show(shape) for shape in shapes]
    return f"{', '.join(first)} and {last}" if first else last


def _remedy(shapes: tuple[Shape, ...], channels: bool = True) -> str:
    """What to do where these shapes do not agree."""
    if len({len(shape) for shape in shapes}) > 1:
        return "bring them to the same axes: with `global_avg_pool`, `flatten` or `squeeze` on all, or on none"
    if _agree([shape[:-1] for shape in shapes]) and channels:
        return "make their channels equal: the same `filters` on all, or a 1x1 convolution on the way of one"
    return "make their heights and widths equal: the same stride and padding on all the ways there"


def _agree(shapes: list[Shape] | tuple[Shape, ...]) -> bool:
    """Whether the shapes can be the same, where an unknown size can be any."""
    return len({len(shape) for shape in shapes}) == 1 and all(
        len(set(sizes) - {None}) < 2 for sizes in zip(*shapes, strict=True)
    )


def _common(shapes: list[Shape] | tuple[Shape, ...]) -> Shape:
    return tuple(_one(list(sizes)) for sizes in zip(*shapes, strict=True))


def _one(sizes: list[int | None]) -> int | None:
    return next((size for size in sizes if size is not None), None)


def _stretch(sizes: tuple[int | None, ...]) -> bool:
    return len(set(sizes) - {None, 1}) < 2


def _sum(sizes: list[int | None]) -> int | None:
    numbers = [size for size in sizes if size is not None]
    return sum(numbers) if len(numbers) == len(sizes) else None
