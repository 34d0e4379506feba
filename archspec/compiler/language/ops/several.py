"""Ops with several outputs, each taken by its name: `from: parts.1`, `from: statistics.variance`."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import ANY_DTYPE, Lowering, Op, Shape, WrongShape, show
from archspec.compiler.language.ops.axes import AXIS, axis_of, sized_axis
from archspec.compiler.language.ops.window import channels


class Split(Op, name="split"):
    """An axis in equal parts, called 0, 1, …: the last one, of channels, unless another is said."""

    EXAMPLE = """
    - parts: {split: 2}
    - kept: {identity, from: parts.0}
    - changed: {conv2d: 32, kernel: 3, from: parts.1}
    - both: {concat: [kept, changed]}
    """

    DTYPES = ANY_DTYPE

    parts: int = field(main=True, minimum=1, maximum=1000, doc="how many outputs")
    axis: int = field(default=-1, doc=AXIS)

    def shape(self, *shapes: Shape) -> Shape:
        """The input's with that axis divided by the parts, of each part."""
        axis = sized_axis(shapes[0], self.axis)
        size = shapes[0][axis]
        if size is not None and size % self.parts:
            fitting = [str(n) for n in range(2, min(size, 64) + 1) if size % n == 0]
            what = "channels" if axis == len(shapes[0]) - 1 else f"an axis {self.axis}"
            message = f"needs {what} that {self.parts} divides, got {show(shapes[0])}"
            raise WrongShape(message, f"{size} is divided by {', '.join(fitting) or 'no number but 1'}", "parts")
        return *shapes[0][:axis], None if size is None else size // self.parts, *shapes[0][axis + 1 :]

    def outputs(self, *shapes: Shape) -> dict[str, Shape]:
        """The same shape for every part."""
        return dict.fromkeys(map(str, range(self.parts)), self.shape(*shapes))

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return tuple(g.tf.split(inputs[0], self.parts, axis_of(tuple(inputs[0].shape[1:]), self.axis) + 1))


class Moments(Op, name="moments"):
    """Mean and variance of every channel over all positions of an example."""

    EXAMPLE = """
    - statistics: moments
    - spread: {dense: 64, from: statistics.variance}
    """

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
