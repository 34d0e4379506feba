"""Ops that make feature maps larger or smaller without weights."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import Lowering, Op, Shape
from archspec.compiler.language.ops.window import need_map
from archspec.compiler.language.types import Pair


class Upsample(Op, name="upsample"):
    """Height and width times a whole number, on the grid of half-pixel centres (TensorFlow 2's and PyTorch's)."""

    factor: Pair = field(main=True, minimum=1, doc="by what height and width are multiplied")
    method: str = field(default="nearest", choices=("nearest", "bilinear"), doc="how values between are found")

    def shape(self, *shapes: Shape) -> Shape:
        """(height * factor, width * factor, channels)."""
        *positions, last = need_map(shapes[0])
        return *(None if n is None else n * f for n, f in zip(positions, self.factor, strict=True)), last

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x = inputs[0]
        y = g.tf.image.resize(x, g.tf.shape(x)[1:3] * g.tf.constant(self.factor), self.method)
        return g.tf.ensure_shape(y, [None, *self.shape(tuple(x.shape[1:]))])
