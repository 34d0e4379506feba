"""Numbers in another type."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import ANY_DTYPE, FLOATS, Lowering, Op, Shape


class Cast(Op, name="cast"):
    """The same numbers in another type of fractions: from whole numbers to these, or to 16 bits and back.

    Layers after it compute in that type, their weights being cast where they are used, until another `cast`. A number
    too large for float16 (above 65504) becomes infinite; bfloat16 has float32's range and 8 binary digits.
    """

    EXAMPLE = """
    - halves: {cast: bfloat16}
    - conv1: {conv2d: 64, kernel: 3, norm: batch_norm, activation: relu}
    - pool: global_avg_pool
    - fc: {dense: 10}
    - Logits: {cast: float32}
    """

    DTYPES = ANY_DTYPE

    to: str = field(main=True, choices=FLOATS, doc="type of the output")

    def shape(self, *shapes: Shape) -> Shape:
        """The input's."""
        return shapes[0]

    def dtype(self, *dtypes: str) -> str:
        """The one that is said."""
        super().dtype(*dtypes)
        return self.to

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.cast(inputs[0], self.to)
