"""Whole numbers as vectors that are not learned."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import Lowering, Op, Shape


class OneHot(Op, name="one_hot"):
    """A vector for each whole number that is on at its place and off elsewhere; off everywhere for one out of range."""

    EXAMPLE = "- letters: {one_hot: 26}"

    DTYPES = ("int32", "int64", "uint8")

    classes: int = field(main=True, minimum=1, doc="length of each vector")
    on: float = field(default=1.0, doc="value at the number's place")
    off: float = field(default=0.0, doc="value at all other places")

    def shape(self, *shapes: Shape) -> Shape:
        """(…, classes)."""
        return *shapes[0], self.classes

    def dtype(self, *dtypes: str) -> str:
        """float32, whatever whole numbers come in."""
        super().dtype(*dtypes)
        return "float32"

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.one_hot(inputs[0], self.classes, self.on, self.off, dtype=g.tf.float32)
