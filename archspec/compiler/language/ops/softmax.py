"""Softmax and what is made of it: probabilities from logits along an axis."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import FLOATS, Lowering, Op, Shape
from archspec.compiler.language.ops.axes import AXIS, axis_of, sized_axis


class Probable(Op):
    """A softmax in one form or another."""

    DTYPES = FLOATS

    axis: int = field(default=-1, doc=AXIS)

    def shape(self, *shapes: Shape) -> Shape:
        """The input's, which must have that axis."""
        sized_axis(shapes[0], self.axis)
        return shapes[0]

    @abstractmethod
    def along(self, g: Lowering, logits: Any, axis: int) -> Any:
        """The tensor; here the axis counts the batch."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return self.along(g, inputs[0], axis_of(tuple(inputs[0].shape[1:]), self.axis) + 1)


class Softmax(Probable, name="softmax"):
    """Probabilities from logits: exp(x) / sum of exp(x), along the last axis unless another is said."""

    def along(self, g: Lowering, logits: Any, axis: int) -> Any:
        """The probabilities."""
        return g.tf.nn.softmax(logits, axis)


class LogSoftmax(Probable, name="log_softmax"):
    """Logarithms of the probabilities that softmax makes: x - log(sum of exp(x))."""

    def along(self, g: Lowering, logits: Any, axis: int) -> Any:
        """The logarithms."""
        return g.tf.nn.log_softmax(logits, axis)
