"""Vectors that are learnt for numbers: words, categories."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.initializers import Initializer, Uniform
from archspec.compiler.language.op import Lowering, Shape, Variable
from archspec.compiler.language.ops.weighted import Trained


class Embedding(Trained, name="embedding"):
    """A learnt vector for each whole number: y[…, d] = table[x[…], d]."""

    DTYPES = ("int32", "int64")

    units: int = field(main=True, minimum=1, doc="length of each vector")
    words: int = field(minimum=1, doc="how many numbers there are: the inputs lie in 0 … words - 1")
    initializer: Initializer = field(default=Uniform(limit=0.05), doc="first values of the vectors")

    def shape(self, *shapes: Shape) -> Shape:
        """(…, units)."""
        return *shapes[0], self.units

    def dtype(self, *dtypes: str) -> str:
        """float32, whatever whole numbers come in."""
        super().dtype(*dtypes)
        return "float32"

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """weights [words, units]."""
        return (self.weights("weights", self.words, self.units),)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.gather(g.variable("weights"), inputs[0])
