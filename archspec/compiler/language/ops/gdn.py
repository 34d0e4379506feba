"""Generalized divisive normalization, the activation of learned image compression."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.initializers import Constant, Initializer
from archspec.compiler.language.op import Lowering, Op, Shape, Variable, known
from archspec.compiler.language.ops.window import channels


class Gdn(Op, name="gdn"):
    """x / sqrt(beta + sum over channels of gamma * x ** 2), or x times that root.

    Ballé et al. 2016, https://arxiv.org/abs/1511.06281. As in TF-Slim the variables are r with beta = r ** 2 - offset
    ** 2, and gamma likewise; they are held above a bound, below which only gradients that raise them come through.
    """

    GROUPS = ("activation",)
    FULL_PRECISION = True

    inverse: bool = field(default=False, doc="whether x is multiplied by the root, as in a decoder, not divided")
    beta_min: float = field(default=1e-6, above=0, doc="least value of beta, which keeps the root from zero")
    gamma_init: float = field(default=0.1, minimum=0, doc="first value of gamma from each channel to itself")
    offset: float = field(default=2.0**-18, above=0, maximum=1, doc="offset in what the variables stand for")

    def shape(self, *shapes: Shape) -> Shape:
        """The input's."""
        channels(shapes[0])
        return shapes[0]

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """reparam_beta [channels], beta being 1 at first, and reparam_gamma [in, out]."""
        size, pedestal = channels(shapes[0]), self.offset**2
        beta = Constant(value=sqrt(1.0 + pedestal))
        gamma = RootOfIdentity(factor=self.gamma_init, pedestal=pedestal)
        return Variable("reparam_beta", (size,), beta), Variable("reparam_gamma", (size, size), gamma)

    def macs(self, *shapes: Shape) -> int:
        """positions * channels * channels."""
        return prod(known(shapes[0])) * channels(shapes[0])

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        beta = self._meant(g, "reparam_beta", sqrt(self.beta_min + self.offset**2))
        gamma = self._meant(g, "reparam_gamma", self.offset)
        root = g.tf.sqrt(g.tf.tensordot(g.tf.square(inputs[0]), gamma, 1) + beta)
        return inputs[0] * root if self.inverse else inputs[0] / root

    def _meant(self, g: Lowering, name: str, bound: float) -> Any:
        """What a variable stands for: the square of it, or of the bound, less that of the offset."""
        return g.tf.square(_bounded(g, g.variable(name), bound)) - self.offset**2


class RootOfIdentity(Initializer):
    """The square roots of factor * identity matrix + pedestal."""

    factor: float = field(doc="what stands on the diagonal")
    pedestal: float = field(doc="what is added everywhere")

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        return tf.sqrt(tf.eye(*shape) * self.factor + self.pedestal)


def _bounded(g: Lowering, x: Any, bound: float) -> Any:
    """max(x, bound), with a gradient also below the bound where a step against it raises x."""

    @g.tf.custom_gradient  # type: ignore[untyped-decorator]
    def bounded(x: Any) -> Any:
        def back(dy: Any) -> Any:
            return g.tf.where((x >= bound) | (dy < 0), dy, g.tf.zeros_like(dy))

        return g.tf.maximum(x, g.tf.constant(bound, x.dtype)), back

    return bounded(x)
