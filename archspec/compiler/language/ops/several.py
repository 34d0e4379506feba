"""Ops with several outputs, each taken by its name: `from: parts.1`, `from: statistics.variance`."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import ANY_DTYPE, Lowering, Op, Shape, WrongShape, show
from archspec.compiler.language.ops.axes import AXIS, axis_of, sized_axis
from archspec.compiler.language.ops.window import channels
from archspec.compiler.language.types import Parts
from archspec.dataclass import dataclass

_MOST = 1000
"""Parts, so that a number in a spec is not the work of a day."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an axis cannot be divided so: what it would have to be, after its name, and what to do."""

    rule: str
    help: str


class Split(Op, name="split"):
    """An axis in parts, called 0, 1, …: the last one, of channels, unless another is said.

    `split: 2` makes equal parts; `split: [1, 16]` says how long each is, and one of them may be -1: what is left.
    """

    EXAMPLE = """
    - parts: {split: 2}
    - kept: {identity, from: parts.0}
    - changed: {conv2d: 32, kernel: 3, from: parts.1}
    - both: {concat: [kept, changed]}
    """

    DTYPES = ANY_DTYPE

    parts: Parts = field(main=True, minimum=-1, maximum=100000, doc="how many equal parts, or the size of each")
    axis: int = field(default=-1, doc=AXIS)

    def shape(self, *shapes: Shape) -> Shape:
        """That of the first part: the input's, with that axis divided by the parts, or of the size that is said."""
        return next(iter(self.outputs(*shapes).values()))

    def outputs(self, *shapes: Shape) -> dict[str, Shape]:
        """The shape of every part."""
        axis = sized_axis(shapes[0], self.axis)
        before, size, after = shapes[0][:axis], shapes[0][axis], shapes[0][axis + 1 :]
        what = "channels" if axis == len(shapes[0]) - 1 else f"an axis {self.axis}"
        fitted = _sized(self.parts, size) if isinstance(self.parts, tuple) else _equal(self.parts, size)
        if isinstance(fitted, Problem):
            raise WrongShape(f"needs {what} {fitted.rule}, got {show(shapes[0])}", fitted.help, "parts")
        return {str(index): (*before, each, *after) for index, each in enumerate(fitted)}

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        parts = list(self.parts) if isinstance(self.parts, tuple) else self.parts
        return tuple(g.tf.split(inputs[0], parts, axis_of(tuple(inputs[0].shape[1:]), self.axis) + 1))


class Moments(Op, name="moments"):
    """Mean and variance of every channel over all positions of an example."""

    EXAMPLE = """
    - statistics: moments
    - spread: {dense: 64, from: statistics.variance}
    """

    FULL_PRECISION = True

    def shape(self, *shapes: Shape) -> Shape:
        """(channels), of both."""
        if len(shapes[0]) < 2:
            raise WrongShape(f"needs positions and channels, got {show(shapes[0])}", "put it before the pooling")
        return (channels(shapes[0]),)

    def outputs(self, *shapes: Shape) -> dict[str, Shape]:
        """`mean` and `variance`."""
        return dict.fromkeys(("mean", "variance"), self.shape(*shapes))

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.moments(inputs[0], list(range(1, len(inputs[0].shape) - 1)))


def _equal(parts: int, size: int | None) -> list[int | None] | Problem:
    """The sizes of equal parts."""
    if not 0 < parts <= _MOST:
        return Problem(f"in 1 to {_MOST} parts, not {parts}", "write how many parts, or a list of their sizes")
    if size is not None and size % parts:
        fitting = [str(n) for n in range(2, min(size, 64) + 1) if size % n == 0]
        return Problem(f"that {parts} divides", f"{size} is divided by {', '.join(fitting) or 'no number but 1'}")
    return [None if size is None else size // parts] * parts


def _sized(sizes: tuple[int, ...], size: int | None) -> list[int | None] | Problem:
    """The sizes as they are said, one of which may be -1."""
    said, listed = sum(max(each, 0) for each in sizes), ", ".join(map(str, sizes))
    if not 0 < len(sizes) <= _MOST or sizes.count(-1) > 1 or any(each < -1 or each == 0 for each in sizes):
        return Problem(f"in sizes of at least 1, not [{listed}]", "one of them may be -1: what is left")
    rest = None if size is None else size - said
    if rest is not None and (rest <= 0 if -1 in sizes else rest != 0):
        rule = f"of {'more than ' * (-1 in sizes)}{said} for [{listed}]"
        return Problem(rule, "make the sizes add up, or write -1 for one of them")
    return [rest if each == -1 else each for each in sizes]
