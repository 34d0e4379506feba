"""One number from all those along an axis, or along several: means, sums, the largest and the smallest."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import Lowering, Op, Shape, Sight, WrongShape, show
from archspec.compiler.language.ops.axes import axis_of
from archspec.compiler.language.types import Axes


class Reduction(Op):
    """One number from all those along axes."""

    EXAMPLE = """
    - mean: {reduce_mean: -1, keep: true, from: input}
    - largest: {reduce_max: -1, keep: true, from: input}
    - both: {concat: [mean, largest]}
    - gate: {conv2d: 1, kernel: 7, activation: sigmoid}
    """

    FULL_PRECISION = True

    axes: Axes = field(main=True, doc="the axis, or several: 0 is the first after the batch, -1 the last")
    keep: bool = field(default=False, doc="keep the axes, with size 1")

    def shape(self, *shapes: Shape) -> Shape:
        """The input's without the axes, or with 1 for them."""
        gone = self._gone(shapes[0])
        if self.keep:
            return tuple(1 if axis in gone else size for axis, size in enumerate(shapes[0]))
        return tuple(size for axis, size in enumerate(shapes[0]) if axis not in gone)

    def _gone(self, shape: Shape) -> set[int]:
        """The axes from 0, the batch left out; raises WrongShape where one is not there, or is said twice."""
        gone = [axis_of(shape, axis) for axis in self.axes]
        if not gone or len(set(gone)) < len(gone):
            said = f"[{', '.join(map(str, self.axes))}]"
            raise WrongShape(f"needs each axis once, got axes {said} of {show(shape)}", "name an axis, or several")
        return set(gone)

    def sees(self, sight: Sight, given: Shape, made: Shape) -> Sight | None:
        """What is there before, where only the channels are summed up; else the whole of it."""
        return sight if self.keep and self._gone(given) == {len(given) - 1} else None

    @abstractmethod
    def along(self, g: Lowering, x: Any, axes: list[int]) -> Any:
        """The tensor; here the axes count the batch."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return self.along(g, inputs[0], sorted(axis + 1 for axis in self._gone(tuple(inputs[0].shape[1:]))))


class ReduceMean(Reduction, name="reduce_mean"):
    """The mean along axes; over all positions it is global_avg_pool."""

    def along(self, g: Lowering, x: Any, axes: list[int]) -> Any:
        return g.tf.reduce_mean(x, axes, keepdims=self.keep)


class ReduceSum(Reduction, name="reduce_sum"):
    """The sum along axes."""

    EXAMPLE = """
    - square: {multiply: [input, input]}
    - energy: {reduce_sum: [0, 1]}
    """

    def along(self, g: Lowering, x: Any, axes: list[int]) -> Any:
        return g.tf.reduce_sum(x, axes, keepdims=self.keep)


class ReduceMax(Reduction, name="reduce_max"):
    """The largest along axes; over all positions it is global_max_pool."""

    def along(self, g: Lowering, x: Any, axes: list[int]) -> Any:
        return g.tf.reduce_max(x, axes, keepdims=self.keep)


class ReduceMin(Reduction, name="reduce_min"):
    """The smallest along axes."""

    def along(self, g: Lowering, x: Any, axes: list[int]) -> Any:
        return g.tf.reduce_min(x, axes, keepdims=self.keep)
