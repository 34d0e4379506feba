"""Ops that make one tensor of several."""

from __future__ import annotations

from abc import abstractmethod
from functools import reduce
from operator import add, mul, sub, truediv
from typing import Any, ClassVar

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import ANY_DTYPE, Lowering, Op, Shape, WrongShape, show, wide
from archspec.compiler.language.ops.axes import AXIS, agree, axis_of, common, listed, stretched, without


class Merge(Op):
    """Several tensors into one."""

    GROUPS = ("merge",)


class Concat(Merge, name="concat"):
    """The inputs one after the other along an axis: the last one, of channels, unless another is said."""

    EXAMPLE = """
    - Mixed:
        concat:
          Branch_0: {conv2d: 64, kernel: 1}
          Branch_1: {conv2d: 96, kernel: 3}
    """

    DTYPES = ANY_DTYPE

    ARITY = (1, None)

    axis: int = field(default=-1, doc=AXIS)

    def shape(self, *shapes: Shape) -> Shape:
        """The inputs' with the sum of that axis; the other axes must be equal."""
        axis = axis_of(shapes[0], self.axis)
        if len({len(shape) for shape in shapes}) > 1 or not agree([without(shape, axis) for shape in shapes]):
            which = "the last axis" if self.axis == -1 else f"axis {self.axis}"
            raise WrongShape(f"needs inputs equal in all but {which}, got {listed(shapes)}", _remedy(shapes, axis))
        rest, sizes = common([without(shape, axis) for shape in shapes]), [shape[axis] for shape in shapes]
        known = [size for size in sizes if size is not None]
        return *rest[:axis], sum(known) if len(known) == len(sizes) else None, *rest[axis:]

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.concat(inputs, axis_of(tuple(inputs[0].shape[1:]), self.axis) + 1)


class Stretching(Merge):
    """Element by element, over inputs of equal shape; axes of size 1 are stretched, and missing ones put in front.

    So a gate of 1x1x64, or of 64, works on a feature map of 56x56x64.
    """

    EXAMPLE = """
    - branch: {conv2d: 64, kernel: 3}
    - sum: {add: [branch, input], activation: relu}
    """

    ARITY = (2, None)
    FLOAT32_PARTS = "what is stretched"

    def shape(self, *shapes: Shape) -> Shape:
        """The inputs', which must be equal but for axes of size 1 and missing ones in front."""
        found = stretched(shapes)
        if found is None:
            plain = len({len(shape) for shape in shapes}) == 1 and all(1 not in shape for shape in shapes)
            rule = "equal shapes" if plain else "equal shapes, or size 1 where they differ"
            raise WrongShape(f"needs {rule}, got {listed(shapes)}", _remedy(shapes))
        return found

    @abstractmethod
    def combine(self, g: Lowering, operands: list[Any]) -> Any:
        """The tensor of operands that TensorFlow can stretch."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return self.combine(g, aligned(g, _widened(g, inputs)))


class Operation(Stretching):
    """One that also takes a number, in place of a second input or beside several."""

    ARITY = (1, None)

    number: float | None = field(default=None, main=True, doc="a number that is the last operand")

    def shape(self, *shapes: Shape) -> Shape:
        """The inputs', which must be equal but for axes of size 1 and missing ones in front."""
        if len(shapes) == 1 and self.number is None:
            help = f"write `{self.NAME}: [one, other]` or `{self.NAME}: 2.0`"
            raise WrongShape(f"needs a second input or a number, got {show(shapes[0])} alone", help)
        return super().shape(*shapes)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        operands = aligned(g, _widened(g, inputs))
        if self.number is not None:
            operands.append(g.tf.constant(self.number, operands[0].dtype))
        return self.combine(g, operands)


class Add(Operation, name="add"):
    """The sum of the inputs, and of a number where one is said."""

    EXAMPLE = """
    - branch: {conv2d: 64, kernel: 3}
    - sum: {add: [branch, input], activation: relu}
    """

    ALLOWED: ClassVar[dict[str, str]] = {"activation": "activation"}

    activation: Op | None = field(default=None, doc="activation after it")

    def combine(self, g: Lowering, operands: list[Any]) -> Any:
        """Their sum."""
        return reduce(add, operands)


class Subtract(Operation, name="subtract"):
    """The first input less all others, and less a number where one is said."""

    def combine(self, g: Lowering, operands: list[Any]) -> Any:
        """Their difference."""
        return reduce(sub, operands)


class Multiply(Operation, name="multiply"):
    """The product of the inputs (a gate over a feature map), and of a number where one is said."""

    EXAMPLE = """
    - pool: {global_avg_pool, keep: true}
    - gate: {conv2d: 64, kernel: 1, activation: sigmoid}
    - gated: {multiply: [input, gate]}
    """

    def combine(self, g: Lowering, operands: list[Any]) -> Any:
        """Their product."""
        return reduce(mul, operands)


class Divide(Operation, name="divide"):
    """The first input by all others, and by a number where one is said; `{add: 1e-6}` before keeps another from 0."""

    def combine(self, g: Lowering, operands: list[Any]) -> Any:
        """Their quotient."""
        return reduce(truediv, operands)


class Maximum(Operation, name="maximum"):
    """The largest of the inputs, and of a number where one is said."""

    def combine(self, g: Lowering, operands: list[Any]) -> Any:
        """Their maximum."""
        return reduce(g.tf.maximum, operands)


class Minimum(Operation, name="minimum"):
    """The smallest of the inputs, and of a number where one is said."""

    def combine(self, g: Lowering, operands: list[Any]) -> Any:
        """Their minimum."""
        return reduce(g.tf.minimum, operands)


class Average(Stretching, name="average"):
    """The mean of the inputs."""

    def combine(self, g: Lowering, operands: list[Any]) -> Any:
        """Their mean."""
        return reduce(add, operands) / len(operands)


def aligned(g: Lowering, inputs: tuple[Any, ...]) -> list[Any]:
    """The tensors with axes of size 1 after the batch, where another one has more axes."""
    rank = max(len(x.shape) for x in inputs)
    return [x if len(x.shape) == rank else _with_axes(g, x, rank - len(x.shape)) for x in inputs]


def _widened(g: Lowering, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The tensors as wide as float32 where one is stretched: its gradient is a sum over the positions of the others."""
    if len({tuple(x.shape[1:]) for x in inputs}) == 1:
        return inputs
    return tuple(g.tf.cast(x, wide(x.dtype.name)) for x in inputs)


def _with_axes(g: Lowering, x: Any, count: int) -> Any:
    there = g.tf.shape(x)
    y = g.tf.reshape(x, g.tf.concat([there[:1], [1] * count, there[1:]], 0))
    return g.tf.ensure_shape(y, [x.shape[0], *[1] * count, *x.shape[1:]])


def _remedy(shapes: tuple[Shape, ...], axis: int | None = None) -> str:
    """What to do where these shapes do not agree; `axis` is one in which they need not."""
    if len({len(shape) for shape in shapes}) > 1:
        return "bring them to the same axes: with `global_avg_pool`, `flatten` or `squeeze` on all, or on none"
    last = len(shapes[0]) - 1
    if axis != last and agree([without(shape, last) for shape in shapes]):
        return "make their channels equal: the same `filters` on all, or a 1x1 convolution on the way of one"
    return "make their heights and widths equal: the same stride and padding on all the ways there"
