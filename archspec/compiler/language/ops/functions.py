"""Functions of one number, for every element, from which other things are made: exponentials, powers, waves."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import Lowering
from archspec.compiler.language.ops.activation import Activation


class Exp(Activation, name="exp"):
    """e ** x."""

    EXAMPLE = """
    - log_variance: {dense: 64}
    - half: {multiply: 0.5}
    - deviation: exp
    """

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.exp(inputs[0])


class Log(Activation, name="log"):
    """The natural logarithm of x; of epsilon where x is smaller, for it goes to minus infinity at 0."""

    EXAMPLE = """
    - energy: {multiply: [input, input]}
    - loudness: log
    """

    epsilon: float = field(default=1e-6, above=0, doc="the smallest number of which a logarithm is taken")

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.math.log(g.tf.maximum(inputs[0], g.tf.constant(self.epsilon, inputs[0].dtype)))


class Abs(Activation, name="abs"):
    """|x|."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.abs(inputs[0])


class Sin(Activation, name="sin"):
    """The sine of x, in radians, times a frequency.

    As an activation it is SIREN's (Sitzmann et al. 2020, https://arxiv.org/abs/2006.09661), with frequency 30.
    """

    EXAMPLE = "- wave: {dense: 64, activation: {sin: 30}}"

    FULL_PRECISION = True

    frequency: float = field(default=1.0, main=True, doc="what x is multiplied by before")

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.sin(self.frequency * inputs[0])


class Cos(Activation, name="cos"):
    """The cosine of x, in radians, times a frequency."""

    FULL_PRECISION = True

    frequency: float = field(default=1.0, main=True, doc="what x is multiplied by before")

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.cos(self.frequency * inputs[0])


class Pow(Activation, name="pow"):
    """x to a power: 2 for squares, 0.5 for roots, -1 for reciprocals.

    Where the exponent is below 0 or no whole number, it is epsilon to that power where x is smaller than epsilon: the
    root of a negative number is none, and that of 0 has no slope.
    """

    EXAMPLE = """
    - squares: {pow: 2, from: input}
    - sums: {reduce_sum: -1, keep: true}
    - lengths: {pow: 0.5}
    """

    exponent: float = field(main=True, doc="the power")
    epsilon: float = field(default=1e-6, above=0, doc="the least number that is raised to a fraction, or below 0")

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x = inputs[0]
        if self.exponent < 0 or not self.exponent.is_integer():
            x = g.tf.maximum(x, g.tf.constant(self.epsilon, x.dtype))
        return g.tf.pow(x, g.tf.constant(self.exponent, x.dtype))
