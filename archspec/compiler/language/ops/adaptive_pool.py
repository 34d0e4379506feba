"""Pooling to a number of positions, whatever the input's."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import Lowering, Op, Shape, Sight
from archspec.compiler.language.ops.window import need_map
from archspec.compiler.language.types import Pair


class AdaptiveAvgPool2D(Op, name="adaptive_avg_pool2d"):
    """The mean of each cell of a grid of this size, laid over the input (PyTorch's adaptive_avg_pool2d).

    Cell i of m along n pixels goes from floor(i * n / m) to ceil((i + 1) * n / m): cells overlap where m does not
    divide n. One cell is the mean of all, as in global_avg_pool; PSPNet has grids of 1, 2, 3 and 6.
    """

    EXAMPLE = "- coarse: {adaptive_avg_pool2d: 7}"

    FULL_PRECISION = True

    size: Pair = field(main=True, minimum=1, doc="height and width of the output", unit="pixels")

    def shape(self, *shapes: Shape) -> Shape:
        """(*size, channels)."""
        return *self.size, need_map(shapes[0])[-1]

    def sees(self, sight: Sight, given: Shape, made: Shape) -> Sight | None:
        """The pixels of a cell, which are n / m apart; None where a size is not known before run time."""
        if None in given[:-1]:
            return None
        sizes = [(n, m) for n, m in zip(given[:-1], self.size, strict=True) if n is not None]
        cells = [max(-(-(i + 1) * n // m) - i * n // m for i in range(m)) for n, m in sizes]
        return sight.through(cells, [n / m for n, m in sizes])

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x, (_, height, width, _) = inputs[0], g.tf.unstack(g.tf.shape(inputs[0]))
        rows, columns = (_means(g, n, m, x.dtype) for n, m in zip((height, width), self.size, strict=True))
        return g.tf.einsum("nhwc,ih,jw->nijc", x, rows, columns)


def _means(g: Lowering, count: Any, cells: int, dtype: Any) -> Any:
    """The part that each of so many positions has in the mean of each cell: [cells, count]."""
    number, place = g.tf.range(cells)[:, None], g.tf.range(count)
    begin, end = number * count // cells, -(-(number + 1) * count // cells)
    inside = g.tf.logical_and(place >= begin, place < end)
    return g.tf.cast(inside, dtype) / g.tf.cast(end - begin, dtype)
