"""Fully connected layers."""

from __future__ import annotations

from math import prod
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.width import Width
from archspec.compiler.language.op import Lowering, Shape, Variable, known
from archspec.compiler.language.ops.weighted import Weighted
from archspec.compiler.language.ops.window import channels


class Dense(Weighted, name="dense"):
    """A matrix product with the last axis; the axes before it are kept."""

    EXAMPLE = """
    - pool: global_avg_pool
    - fc: {dense: 128, activation: relu}
    - Logits: {dense: 10}
    """

    GROUPS = ("weights",)

    units: int = field(main=True, minimum=1, doc="size of the output's last axis")
    width: Width | None = field(default=None, doc="width multiplier of units")

    def shape(self, *shapes: Shape) -> Shape:
        """(…, units)."""
        channels(shapes[0])
        return *shapes[0][:-1], self.units

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """weights [in, units] and biases [units]."""
        return self.weights("weights", channels(shapes[0]), self.units), *self.biases(self.units)

    def macs(self, *shapes: Shape) -> int:
        """positions * in * units."""
        return prod(known(shapes[0])) * self.units

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return self.plus_bias(g, g.tf.tensordot(inputs[0], g.variable("weights"), 1))
