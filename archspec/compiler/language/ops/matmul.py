"""Products of matrices that are both computed; with a matrix that is learned it is `dense`."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import FLOATS, Lowering, Op, Shape, Sight, WrongShape, known
from archspec.compiler.language.ops.axes import agree, listed

_MATRIX = 2
"""Axes of a matrix."""


class MatMul(Op, name="matmul"):
    """The product of two matrices for each example: the last two axes of the first input and of the second.

    y[…, i, j] = sum over k of a[…, i, k] * b[…, k, j]; the axes before the last two must be the same in both.
    """

    EXAMPLE = """
    - pixels: {flatten, last: 1, from: input}
    - gram: {matmul: [pixels, pixels], transpose_first: true}
    """

    ARITY = (2, 2)
    DTYPES = FLOATS

    transpose_first: bool = field(default=False, doc="whether the first input's last two axes are exchanged before")
    transpose_second: bool = field(default=False, doc="whether the second input's last two axes are exchanged before")

    def shape(self, *shapes: Shape) -> Shape:
        """(…, i, j) from (…, i, k) and (…, k, j)."""
        if any(len(shape) < _MATRIX for shape in shapes):
            raise WrongShape(f"needs matrices, got {listed(shapes)}", "make a row of a vector with `expand_dims: 0`")
        one, other = self._matrices(shapes)
        if not agree([(*one[:-2], one[-1]), (*other[:-2], other[-2])]):
            message = f"needs rows of the first as long as columns of the second, got {listed(shapes)}"
            raise WrongShape(message, self._remedy(one, other))
        return *(a or b for a, b in zip(one[:-2], other[:-2], strict=True)), one[-2], other[-1]

    def _matrices(self, shapes: tuple[Shape, ...]) -> tuple[Shape, Shape]:
        one, other = shapes
        return _turned(one) if self.transpose_first else one, _turned(other) if self.transpose_second else other

    def _remedy(self, one: Shape, other: Shape) -> str:
        turned = _turned(other)
        if agree([(*one[:-2], one[-1]), (*turned[:-2], turned[-2])]):
            return f"write `transpose_second: {str(not self.transpose_second).lower()}`"
        if len(one) != len(other):
            return "give both the same number of axes, with `flatten` or `expand_dims`"
        return "bring them to shape with `transpose_first`, `transpose_second` or `reshape`"

    def macs(self, *shapes: Shape) -> int:
        """The numbers of the output, times k."""
        made, (one, _) = known(self.shape(*shapes), "output"), self._matrices(shapes)
        count = known(one[-1:])[0]
        for size in made:
            count *= size
        return count

    def sees(self, sight: Sight, given: Shape, made: Shape) -> Sight | None:
        return None

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.matmul(*inputs, transpose_a=self.transpose_first, transpose_b=self.transpose_second)


def _turned(shape: Shape) -> Shape:
    return *shape[:-2], shape[-1], shape[-2]
