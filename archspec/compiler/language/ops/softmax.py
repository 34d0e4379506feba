"""Softmax and what is made of it: probabilities from logits along an axis, and where they lie."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.initializers import Constant
from archspec.compiler.language.op import Lowering, Op, Shape, Variable
from archspec.compiler.language.ops.axes import AXIS, axis_of, sized_axis
from archspec.compiler.language.ops.window import channels, need_map

_AXES = 5
"""With the batch, as many as TensorFlow's kernel for CPUs takes."""


class Probable(Op):
    """A softmax in one form or another."""

    FULL_PRECISION = True

    axis: int = field(default=-1, doc=AXIS)

    def shape(self, *shapes: Shape) -> Shape:
        """The input's, which must have that axis."""
        sized_axis(shapes[0], self.axis)
        return shapes[0]

    @abstractmethod
    def along(self, g: Lowering, logits: Any, axis: int) -> Any:
        """The tensor; here the axis counts the batch."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return self.along(g, inputs[0], axis_of(tuple(inputs[0].shape[1:]), self.axis) + 1)


class Softmax(Probable, name="softmax"):
    """Probabilities from logits: exp(x) / sum of exp(x), along the last axis unless another is said."""

    EXAMPLE = """
    - pool: global_avg_pool
    - Logits: {dense: 10}
    - Predictions: softmax
    """

    def along(self, g: Lowering, logits: Any, axis: int) -> Any:
        """The probabilities."""
        if len(logits.shape) > _AXES:
            return g.tf.exp(_logarithms(g, logits, axis))
        return g.tf.nn.softmax(logits, axis)


class LogSoftmax(Probable, name="log_softmax"):
    """Logarithms of the probabilities that softmax makes: x - log(sum of exp(x))."""

    def along(self, g: Lowering, logits: Any, axis: int) -> Any:
        """The logarithms."""
        if len(logits.shape) > _AXES:
            return _logarithms(g, logits, axis)
        return g.tf.nn.log_softmax(logits, axis)


def _logarithms(g: Lowering, logits: Any, axis: int) -> Any:
    return logits - g.tf.reduce_logsumexp(logits, axis, keepdims=True)


class SpatialSoftmax(Op, name="spatial_softmax"):
    """Where each channel is large: the mean position under a softmax over all positions (TF-Slim's spatial_softmax).

    Levine et al. 2016, https://arxiv.org/abs/1504.00702. Positions go from -1 to 1, first down, then across.
    """

    FULL_PRECISION = True

    temperature: float = field(default=1.0, main=True, above=0, doc="first value of what the input is divided by")

    def shape(self, *shapes: Shape) -> Shape:
        """(channels * 2): down and across of the first channel, of the second, …"""
        return (channels(need_map(shapes[0])) * 2,)

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """temperature, a scalar."""
        return (Variable("temperature", (), Constant(value=self.temperature)),)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        tf, (batch, height, width, _) = g.tf, g.tf.unstack(g.tf.shape(inputs[0]))
        last = inputs[0].shape[-1]
        logits = tf.reshape(inputs[0], [batch, height * width, last]) / g.variable("temperature")
        axes = [tf.linspace(tf.constant(-1.0, logits.dtype), 1.0, size) for size in (height, width)]
        places = tf.reshape(tf.stack(tf.meshgrid(*axes, indexing="ij"), -1), [height * width, 2])
        means = tf.einsum("npc,pk->nck", tf.nn.softmax(logits, 1), places)
        return tf.ensure_shape(tf.reshape(means, [batch, last * 2]), [inputs[0].shape[0], last * 2])
