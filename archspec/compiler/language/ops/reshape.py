"""Ops that divide the same values into other axes."""

from __future__ import annotations

from math import prod
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import ANY_DTYPE, Lowering, Op, Shape, Sight, WrongShape, known, show
from archspec.compiler.language.ops.axes import AXIS, axis_of
from archspec.compiler.language.ops.window import need_map


class Divided(Op):
    """The same values, rows first and channels last, in other axes."""

    DTYPES = ANY_DTYPE

    def sees(self, sight: Sight, given: Shape, made: Shape) -> Sight | None:
        """Axes of positions at the front that stay as they are see what they saw; others see nothing of their own."""
        kept = 0
        while kept < min(len(given), len(made)) - 1 and given[kept] == made[kept]:
            kept += 1
        more = (1,) * (len(made) - 1 - kept)
        return Sight(sight.size[:kept] + more, sight.step[:kept] + more) if kept else None

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        sizes = self.shape(tuple(inputs[0].shape[1:]))
        if None not in sizes:
            return g.tf.reshape(inputs[0], [-1, *sizes])
        return g.tf.ensure_shape(g.tf.reshape(inputs[0], self._sizes(g, inputs[0])), [None, *sizes])

    def _sizes(self, g: Lowering, x: Any) -> list[Any]:
        """The sizes at run time with the batch's, one of them -1."""
        raise NotImplementedError


class Flatten(Divided, name="flatten"):
    """All axes as one, or those from a first to a last; rows first and channels last."""

    EXAMPLE = "- tokens: {flatten, last: 1}"

    first: int = field(default=0, doc="the first that is joined: 0 is the first after the batch, -1 the last")
    last: int = field(default=-1, doc="the last that is joined, counted alike")

    def shape(self, *shapes: Shape) -> Shape:
        """(…, product of the sizes of the axes that are joined, …)."""
        first, last = self._axes(shapes[0])
        joined = shapes[0][first : last + 1]
        sizes = [size for size in joined if size is not None]
        return *shapes[0][:first], prod(sizes) if len(sizes) == len(joined) else None, *shapes[0][last + 1 :]

    def _axes(self, shape: Shape) -> tuple[int, int]:
        if not shape and (self.first, self.last) == (0, -1):
            return 0, -1
        first, last = axis_of(shape, self.first, "first"), axis_of(shape, self.last, "last")
        if first > last:
            message = f"needs a first axis not after the last, got {self.first} and {self.last} for {show(shape)}"
            raise WrongShape(message, "exchange them", "first", "last")
        return first, last

    def _sizes(self, g: Lowering, x: Any) -> list[Any]:
        first, last = self._axes(tuple(x.shape[1:]))
        there = g.tf.shape(x)
        return [*(there[i] for i in range(first + 1)), -1, *(there[i] for i in range(last + 2, len(x.shape)))]


class Reshape(Divided, name="reshape"):
    """The same values in other axes, rows first and channels last."""

    EXAMPLE = """
    - fc: {dense: 4096}
    - maps: {reshape: [4, 4, -1]}
    """

    DTYPES = ANY_DTYPE

    sizes: tuple[int, ...] = field(
        main=True, minimum=-1, doc="sizes of the output, without the batch; -1, for one of them, is what is left"
    )

    def shape(self, *shapes: Shape) -> Shape:
        """The sizes, which must hold as many values as the input."""
        if 0 in self.sizes or self.sizes.count(-1) > 1:
            message = f"needs sizes of at least 1, and at most one -1, got [{', '.join(map(str, self.sizes))}]"
            raise WrongShape(message, "write the sizes as numbers", "sizes")
        if -1 not in self.sizes:
            return self._whole(shapes[0])
        given = prod(size for size in self.sizes if size > 0)
        if None in shapes[0]:
            return tuple(None if size == -1 else size for size in self.sizes)
        values = prod(known(shapes[0]))
        if values % given:
            message = f"to {show([None if size == -1 else size for size in self.sizes])} needs values"
            message = f"{message} that {given} divides, got {show(shapes[0])}"
            raise WrongShape(message, f"its input has {values} values", "sizes")
        return tuple(values // given if size == -1 else size for size in self.sizes)

    def _whole(self, shape: Shape) -> Shape:
        if prod(known(shape)) != prod(self.sizes):
            message = f"to {show(self.sizes)} needs {prod(self.sizes)} values, got {show(shape)}"
            help = f"its input has {prod(known(shape))} values: make the two numbers equal"
            raise WrongShape(message, help, "sizes")
        return self.sizes

    def _sizes(self, g: Lowering, x: Any) -> list[Any]:
        return [g.tf.shape(x)[0], *self.sizes]


class Squeeze(Op, name="squeeze"):
    """An axis of size 1 taken away; height and width, both of size 1, where none is named."""

    EXAMPLE = """
    - pool: {global_avg_pool, keep: true}
    - Logits: {conv2d: 10, kernel: 1}
    - squeeze
    """

    DTYPES = ANY_DTYPE

    axis: int | None = field(default=None, main=True, doc=f"{AXIS}; null: height and width")

    def shape(self, *shapes: Shape) -> Shape:
        """(channels), or the input's without the axis."""
        if self.axis is not None:
            axis = axis_of(shapes[0], self.axis)
            if shapes[0][axis] != 1:
                message = f"needs size 1 along axis {self.axis}, got {show(shapes[0])}"
                raise WrongShape(message, "name another axis", "axis")
            return *shapes[0][:axis], *shapes[0][axis + 1 :]
        if need_map(shapes[0])[:2] != (1, 1):
            help = "put `global_avg_pool` before it, or use `flatten`"
            raise WrongShape(f"needs height 1 and width 1, got {show(shapes[0])}", help)
        return shapes[0][2:]

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x = inputs[0]
        return g.tf.squeeze(x, [1, 2] if self.axis is None else [axis_of(tuple(x.shape[1:]), self.axis) + 1])


class ExpandDims(Op, name="expand_dims"):
    """A new axis of size 1."""

    EXAMPLE = """
    - pool: global_avg_pool
    - one_pixel: [rows: {expand_dims: 0}, columns: {expand_dims: 0}]
    """

    DTYPES = ANY_DTYPE

    axis: int = field(main=True, doc="where it is in the output: 0 is the first after the batch, -1 the last")

    def shape(self, *shapes: Shape) -> Shape:
        """The input's with a 1 more."""
        axis = self._place(shapes[0])
        return *shapes[0][:axis], 1, *shapes[0][axis:]

    def _place(self, shape: Shape) -> int:
        return axis_of((*shape, 1), self.axis)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.expand_dims(inputs[0], self._place(tuple(inputs[0].shape[1:])) + 1)
