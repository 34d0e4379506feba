"""Products of two tensors that the network has made, neither of them weights."""

from __future__ import annotations

from math import prod
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import Lowering, Shape, Sight, WrongShape, known, show
from archspec.compiler.language.ops.axes import stretched
from archspec.compiler.language.ops.merge import Merge, aligned


class MatMul(Merge, name="matmul"):
    """The matrix product of two tensors over their last two axes: y[…, i, j] = sum over k of a[…, i, k] * b[…, k, j].

    Axes before the last two, as those of heads or windows, are stretched where they are 1 and put in front where they
    are missing. With `transpose_second: true` rows are compared with rows, as the queries and keys of an attention.
    """

    EXAMPLE = """
    - rows: {flatten, last: 1}
    - alike: {matmul: [rows, rows], transpose_second: true, scale: 0.125}
    - chances: softmax
    - mixed: {matmul: [chances, rows]}
    """

    ARITY = (2, 2)

    transpose_first: bool = field(default=False, doc="whether rows and columns of the first are exchanged before")
    transpose_second: bool = field(default=False, doc="whether rows and columns of the second are exchanged before")
    scale: float = field(default=1.0, doc="a number that the product is multiplied by: 1 / sqrt(key size) in attention")

    def shape(self, *shapes: Shape) -> Shape:
        """(…, rows of the first, columns of the second)."""
        if min(map(len, shapes)) < 2:
            message = f"needs rows x columns in both, got {show(shapes[0])} and {show(shapes[1])}"
            raise WrongShape(message, "a map becomes rows with `flatten: {last: 1}`, a vector with `expand_dims`")
        (*first, rows, inner), (*second, other, columns) = self._turned(*shapes)
        if inner is not None and other is not None and inner != other:
            message = f"needs as many columns in the first as rows in the second, got {self._said(shapes)}"
            raise WrongShape(message, "exchange rows and columns with `transpose_first` or `transpose_second`")
        apart = stretched([tuple(first), tuple(second)])
        if apart is None:
            message = f"needs equal axes, or size 1, before rows and columns, got {self._said(shapes)}"
            raise WrongShape(message, "bring both to the same axes, or take them away")
        return *apart, rows, columns

    def _turned(self, *shapes: Shape) -> tuple[Shape, Shape]:
        """The two shapes as they are multiplied."""
        first, second = shapes
        return (
            (*first[:-2], first[-1], first[-2]) if self.transpose_first else first,
            (*second[:-2], second[-1], second[-2]) if self.transpose_second else second,
        )

    def _said(self, shapes: tuple[Shape, ...]) -> str:
        turned = zip(shapes, (self.transpose_first, self.transpose_second), strict=True)
        return " and ".join(f"{show(shape)}{' transposed' if exchanged else ''}" for shape, exchanged in turned)

    def macs(self, *shapes: Shape) -> int:
        """values of the output * columns of the first."""
        return prod(known(self.shape(*shapes), "output")) * known(self._turned(*shapes)[0])[-1]

    def sees(self, sight: Sight, given: Shape, made: Shape) -> Sight | None:
        """All positions."""
        return None

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        first, second = aligned(g, inputs)
        y = g.tf.matmul(first, second, self.transpose_first, self.transpose_second)
        y = y if self.scale == 1.0 else y * g.tf.constant(self.scale, y.dtype)
        return g.tf.ensure_shape(y, [None, *self.shape(*(tuple(x.shape[1:]) for x in inputs))])
