"""Ops that move values without changing them."""

from __future__ import annotations

from math import prod
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import ANY_DTYPE, Lowering, Op, Shape, WrongShape, known, show
from archspec.compiler.language.ops.window import need_map


class Flatten(Op, name="flatten"):
    """All axes as one, rows first and channels last."""

    DTYPES = ANY_DTYPE

    def shape(self, *shapes: Shape) -> Shape:
        """(product of all sizes)."""
        sizes = [size for size in shapes[0] if size is not None]
        return (prod(sizes) if len(sizes) == len(shapes[0]) else None,)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        (size,) = self.shape(tuple(inputs[0].shape[1:]))
        return g.tf.reshape(inputs[0], [g.tf.shape(inputs[0])[0], -1] if size is None else [-1, size])


class Reshape(Op, name="reshape"):
    """The same values in other axes, rows first and channels last."""

    EXAMPLE = """
    - fc: {dense: 4096}
    - maps: {reshape: [4, 4, 256]}
    """

    DTYPES = ANY_DTYPE

    sizes: tuple[int, ...] = field(main=True, minimum=1, doc="sizes of the output, without the batch")

    def shape(self, *shapes: Shape) -> Shape:
        """The sizes, which must hold as many values as the input."""
        if prod(known(shapes[0])) != prod(self.sizes):
            message = f"to {show(self.sizes)} needs {prod(self.sizes)} values, got {show(shapes[0])}"
            raise WrongShape(message, f"its input has {prod(known(shapes[0]))} values: make the two numbers equal")
        return self.sizes

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.reshape(inputs[0], [-1, *self.sizes])


class Squeeze(Op, name="squeeze"):
    """Height and width, both of size 1, taken away."""

    EXAMPLE = """
    - pool: {global_avg_pool, keep: true}
    - Logits: {conv2d: 10, kernel: 1}
    - squeeze
    """

    DTYPES = ANY_DTYPE

    def shape(self, *shapes: Shape) -> Shape:
        """(channels)."""
        if need_map(shapes[0])[:2] != (1, 1):
            help = "put `global_avg_pool` before it, or use `flatten`"
            raise WrongShape(f"needs height 1 and width 1, got {show(shapes[0])}", help)
        return shapes[0][2:]

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.squeeze(inputs[0], [1, 2])


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
            raise WrongShape(message, "use a smaller amount, a larger input, or fewer strides before it")
        return shapes[0]

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        sides = [0, self.amount]
        return g.tf.pad(inputs[0], [[0, 0], sides, sides, [0, 0]])[:, self.amount :, self.amount :, :]
