"""Normalizations."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.initializers import Constant
from archspec.compiler.language.op import FLOATS, Lowered, Lowering, Op, Shape, Variable
from archspec.compiler.language.ops.axes import AXIS, sized_axis
from archspec.compiler.language.ops.scaled import Scaled
from archspec.compiler.language.ops.window import channels, need_map


class BatchNorm(Scaled, name="batch_norm"):
    """Every channel to mean 0 and variance 1 over batch and positions, then scaled and shifted.

    Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167. The moving variance takes the unbiased estimate,
    N / (N - 1), as TensorFlow's fused kernel and TF-Slim. Epsilon is used as written; TF-Slim raises one under 1.001e-5
    to that, which tells only where a variance is itself about 1e-5.
    """

    decay: float = field(default=0.999, minimum=0, maximum=1, doc="decay of the moving averages, one training step")
    warmup: bool = field(
        default=False,
        doc="start with the decay min(decay, (1 + n) / (10 + n)) in step n, so that the averages are of use early",
    )
    epsilon: float = field(default=0.001, above=0, doc="added to the variance")
    scale: bool = field(default=True, doc="whether a trained gamma multiplies (TF-Slim's own default is false)")

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """gamma, beta, moving_mean, moving_variance, each [channels], in TF-Slim's order."""
        size, zero, one = (channels(shapes[0]),), Constant(value=0.0), Constant(value=1.0)
        moving = Variable("moving_mean", size, zero, False), Variable("moving_variance", size, one, False)
        return super().variables(*shapes) + moving

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x, tf = inputs[0], g.tf
        size = x.shape[-1]
        gamma = g.variable("gamma") if self.scale else tf.ones([size])
        beta = g.variable("beta") if self.center else tf.zeros([size])
        # The fused kernel wants four axes; which of them are positions makes no difference to it.
        maps = x if len(x.shape) == 4 else tf.reshape(x, [-1, 1, 1, size])
        y, updates = self._train(g, maps, gamma, beta) if g.training else (self._infer(g, maps, gamma, beta), {})
        return Lowered((y if maps is x else tf.reshape(y, tf.shape(x)),), updates)

    def _train(self, g: Lowering, x: Any, gamma: Any, beta: Any) -> tuple[Any, dict[str, Any]]:
        y, mean, variance = g.tf.compat.v1.nn.fused_batch_norm(x, gamma, beta, epsilon=self.epsilon, is_training=True)
        decay = self.decay
        if self.warmup:
            n = g.steps_done()
            decay = g.tf.minimum(self.decay, (1.0 + n) / (10.0 + n))
        batch = {"moving_mean": mean, "moving_variance": variance}
        return y, {name: g.variable(name) * decay + value * (1.0 - decay) for name, value in batch.items()}

    def _infer(self, g: Lowering, x: Any, gamma: Any, beta: Any) -> Any:
        moving = g.variable("moving_mean"), g.variable("moving_variance")
        fused = g.tf.compat.v1.nn.fused_batch_norm
        return fused(x, gamma, beta, *moving, epsilon=self.epsilon, is_training=False)[0]


class L2Normalize(Op, name="l2_normalize"):
    """Each vector along an axis to length 1: x / sqrt(max(sum of x ** 2, epsilon))."""

    DTYPES = FLOATS

    axis: int = field(default=-1, doc=AXIS)
    epsilon: float = field(default=1e-12, above=0, doc="least squared length, which keeps the divisor from zero")

    def shape(self, *shapes: Shape) -> Shape:
        """The input's."""
        sized_axis(shapes[0], self.axis)
        return shapes[0]

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        axis = sized_axis(tuple(inputs[0].shape[1:]), self.axis) + 1
        return g.tf.math.l2_normalize(inputs[0], axis, self.epsilon)


class LocalResponseNorm(Op, name="local_response_norm"):
    """x / (bias + alpha * sum of x ** 2 over the channels at most depth_radius away) ** beta.

    Krizhevsky et al. 2012, section 3.3.
    """

    depth_radius: int = field(default=5, minimum=0, doc="channels on each side that count")
    bias: float = field(default=1.0, above=0, doc="keeps the divisor from zero")
    alpha: float = field(default=1.0, minimum=0, doc="factor of the sum of squares")
    beta: float = field(default=0.5, minimum=0, doc="exponent")

    def shape(self, *shapes: Shape) -> Shape:
        """The input's, which must be height x width x channels."""
        return need_map(shapes[0])

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.local_response_normalization(inputs[0], self.depth_radius, self.bias, self.alpha, self.beta)
