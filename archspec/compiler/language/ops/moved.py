"""Ops that put values into another order, or take some of them."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import ANY_DTYPE, Lowering, Op, Shape, Sight, WrongShape, show
from archspec.compiler.language.ops.axes import AXIS, sized_axis
from archspec.compiler.language.ops.window import need_map


class Shift(Op, name="shift"):
    """Rows and columns cut off at the top and left, and as many of zeros added at the bottom and right.

    With stride 2 after it, a pooling sees the odd pixels: the second path of NASNet's factorized reduction.
    """

    EXAMPLE = "- second_path: [shift, pool: {avg_pool2d: 1, stride: 2, padding: valid}]"

    amount: int = field(default=1, main=True, minimum=0, doc="rows and columns", unit="pixels")

    def shape(self, *shapes: Shape) -> Shape:
        """The input's."""
        if any(size is not None and size < self.amount for size in need_map(shapes[0])[:2]):
            message = f"by {self.amount} needs at least as many rows and columns, got {show(shapes[0])}"
            raise WrongShape(message, "use a smaller amount, a larger input, or fewer strides before it", "amount")
        return shapes[0]

    def sees(self, sight: Sight, given: Shape, made: Shape) -> Sight | None:
        """As far as it moves, for a path beside it sees what was there."""
        return sight.through([1 + self.amount] * 2, [1, 1])

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        sides = [0, self.amount]
        return g.tf.pad(inputs[0], [[0, 0], sides, sides, [0, 0]])[:, self.amount :, self.amount :, :]


class Transpose(Op, name="transpose"):
    """The axes in another order: `transpose: [1, 0, 2]` exchanges height and width."""

    EXAMPLE = """
    - groups: {reshape: [56, 56, 4, 16]}
    - exchanged: {transpose: [0, 1, 3, 2]}
    - shuffled: {reshape: [56, 56, 64]}
    """

    DTYPES = ANY_DTYPE

    axes: tuple[int, ...] = field(
        main=True,
        minimum=0,
        doc="for each axis of the output, which axis of the input it is; 0 is the first after the batch",
    )

    def shape(self, *shapes: Shape) -> Shape:
        """The input's sizes in that order."""
        if sorted(self.axes) != list(range(len(shapes[0]))):
            numbers = ", ".join(map(str, range(len(shapes[0]))))
            message = f"needs each of {numbers or 'no axes'} once, got [{', '.join(map(str, self.axes))}]"
            raise WrongShape(message, f"its input has the axes of {show(shapes[0])}; the batch is not counted", "axes")
        return tuple(shapes[0][axis] for axis in self.axes)

    def sees(self, sight: Sight, given: Shape, made: Shape) -> Sight | None:
        """The same along the axes at their new places; nothing of its own along what was channels."""
        sizes, steps = (*sight.size, 1), (*sight.step, 1)
        return Sight(tuple(sizes[axis] for axis in self.axes[:-1]), tuple(steps[axis] for axis in self.axes[:-1]))

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.transpose(inputs[0], [0, *(axis + 1 for axis in self.axes)])


class Roll(Op, name="roll"):
    """Values moved along axes, those that leave at one end entering at the other: y[i] = x[(i - shift) mod n].

    The shifted windows of Swin transformers (Liu et al. 2021, https://arxiv.org/abs/2103.14030).
    """

    EXAMPLE = "- shifted: {roll: [-3, -3]}"

    DTYPES = ANY_DTYPE

    by: tuple[int, ...] = field(
        main=True, doc="how far, for each axis from the first after the batch on; those without a number stay"
    )

    def shape(self, *shapes: Shape) -> Shape:
        """The input's."""
        if not 0 < len(self.by) <= len(shapes[0]):
            message = f"needs one number for each axis at the most, got {len(self.by)} for {show(shapes[0])}"
            raise WrongShape(
                message, "write one number for each axis that moves, from the first after the batch on", "by"
            )
        return shapes[0]

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.roll(inputs[0], list(self.by), list(range(1, len(self.by) + 1)))


class Slice(Op, name="slice"):
    """The values from one place to another along an axis: `slice: 0, end: 1` is the first channel."""

    EXAMPLE = "- first_row: {slice: 0, end: 1, axis: 0}"

    DTYPES = ANY_DTYPE

    begin: int = field(default=0, main=True, doc="the first place that is taken; negative ones count from the end")
    end: int | None = field(default=None, doc="the first place that is no longer taken; null: up to the end")
    step: int = field(default=1, minimum=1, doc="from one place that is taken to the next")
    axis: int = field(default=-1, doc=AXIS)

    def shape(self, *shapes: Shape) -> Shape:
        """The input's with ceil((end - begin) / step) along the axis."""
        axis = sized_axis(shapes[0], self.axis)
        return *shapes[0][:axis], self._taken(shapes[0], axis), *shapes[0][axis + 1 :]

    def _taken(self, shape: Shape, axis: int) -> int | None:
        size = shape[axis]
        if size is None:
            return None
        begin, end = (n + size if n < 0 else n for n in (self.begin, size if self.end is None else self.end))
        if not 0 <= begin < end <= size:
            said = f"{self.begin} to {'the end' if self.end is None else self.end}"
            message = f"from {said} needs such places along axis {self.axis}, got {show(shape)}"
            help = f"that axis has the places 0 to {size - 1}, and `end` is one more than the last"
            raise WrongShape(message, help, "begin", "end")
        return -(-(end - begin) // self.step)

    def sees(self, sight: Sight, given: Shape, made: Shape) -> Sight | None:
        """The same, further apart along an axis of which not every place is taken."""
        apart = [self.step if axis == self.axis % len(given) else 1 for axis in range(len(sight.step))]
        return sight.through([1] * len(apart), apart)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        axis = sized_axis(tuple(inputs[0].shape[1:]), self.axis) + 1
        return inputs[0][(slice(None),) * axis + (slice(self.begin, self.end, self.step),)]
