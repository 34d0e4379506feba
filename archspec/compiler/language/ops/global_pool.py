"""Pooling over all positions at once, along one to three axes of them."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.initializers import Constant
from archspec.compiler.language.op import Lowering, Op, Shape, Sight, Variable
from archspec.compiler.language.ops.mask import MASKED, there, unmasked, without_mask
from archspec.compiler.language.ops.window import need_map, need_positions


class GlobalPool(Op):
    """One number for each channel from all its positions."""

    keep: bool = field(default=False, doc="keep the axes of positions, with size 1")

    def shape(self, *shapes: Shape) -> Shape:
        """(channels), or (1, …, channels) with keep."""
        *positions, last = need_positions(shapes[0])
        return *((1,) * len(positions) if self.keep else ()), last

    def sees(self, sight: Sight, given: Shape, made: Shape) -> Sight | None:
        return None

    def _axes(self, x: Any) -> list[int]:
        return list(range(1, len(x.shape) - 1))


class GlobalAvgPool(GlobalPool, name="global_avg_pool"):
    """The mean of every channel over all positions, or with `masked: true` over those that are there.

    `global_avg_pool: [vectors, tokens], masked: true` leaves out the padding of sentences, where its number is 0. Where
    none is there, the mean is 0.
    """

    ARITY = (1, 2)

    masked: bool = field(default=False, doc=MASKED)

    def shape(self, *shapes: Shape) -> Shape:
        """(channels), or (1, …, channels) with keep."""
        return super().shape(*without_mask(shapes, self.masked, 1))

    def dtype(self, *dtypes: str) -> str:
        """The input's; a mask can be of any."""
        return super().dtype(*unmasked(dtypes, self.masked))

    FULL_PRECISION = True

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x, tf, axes = inputs[0], g.tf, self._axes(inputs[0])
        if not self.masked:
            return tf.reduce_mean(x, axes, keepdims=self.keep)
        seen = there(tf, inputs[1])[..., None]
        total = tf.reduce_sum(tf.where(seen, x, tf.zeros([], x.dtype)), axes, keepdims=self.keep)
        return tf.math.divide_no_nan(total, tf.reduce_sum(tf.cast(seen, x.dtype), axes, keepdims=self.keep))


class GlobalMaxPool(GlobalPool, name="global_max_pool"):
    """The largest value of every channel over all positions."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.reduce_max(inputs[0], self._axes(inputs[0]), keepdims=self.keep)


class GlobalMaxPool1D(Op, name="global_max_pool1d"):
    """The largest value of every channel along one axis (Collobert et al. 2011; the pooling of Kim 2014)."""

    def shape(self, *shapes: Shape) -> Shape:
        """(channels)."""
        return need_map(shapes[0], 1)[1:]

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.reduce_max(inputs[0], 1)


class GeneralizedMeanPool(GlobalPool, name="generalized_mean_pool"):
    """The mean of the power, and the root of it: (mean of max(x, epsilon) ** p) ** (1 / p), of every channel.

    p = 1 is the mean, a large p comes near to the maximum (Radenović et al. 2017, https://arxiv.org/abs/1711.02512).
    """

    EXAMPLE = """
    - pool: {generalized_mean_pool: 3.0}
    - vector: {dense: 64}
    - unit: l2_normalize
    """

    FULL_PRECISION = True

    power: float = field(default=3.0, main=True, above=0, doc="p, or its first value")
    trained: bool = field(default=True, doc="whether p is a variable that is trained")
    epsilon: float = field(default=1e-6, above=0, doc="least value, for powers want what is above 0")

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """power [1], where it is trained."""
        return (Variable("power", (1,), Constant(value=self.power)),) if self.trained else ()

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        power = g.variable("power") if self.trained else self.power
        positive = g.tf.maximum(inputs[0], self.epsilon)
        return g.tf.reduce_mean(positive**power, self._axes(inputs[0]), keepdims=self.keep) ** (1.0 / power)
