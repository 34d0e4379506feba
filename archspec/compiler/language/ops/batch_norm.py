"""Batch normalization, also renormalized, and over the examples of all ranks."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.initializers import Constant
from archspec.compiler.language.op import UP_TO_FLOAT32, Lowered, Lowering, Shape, Variable
from archspec.compiler.language.ops.scaled import Scaled
from archspec.compiler.language.ops.window import channels

Updates = dict[str, Any]
"""New values of moving averages by leaf name."""


class BatchNorm(Scaled, name="batch_norm"):
    """Every channel to mean 0 and variance 1 over batch and positions, then scaled and shifted.

    Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167. The moving variance takes the unbiased estimate,
    N / (N - 1), as TensorFlow's fused kernel and TF-Slim. Epsilon is used as written; TF-Slim raises one under 1.001e-5
    to that, which tells only where a variance is itself about 1e-5.

    With `renorm` training computes, but for the gradient, what inference would (Ioffe 2017,
    https://arxiv.org/abs/1702.03275): the normalized value times r plus d, where r is the batch's standard deviation
    over its moving average, d the difference of the means over the same. Variables and updates are TF-Slim's and
    Keras's: the moving variance is that of `moving_stddev`, and r and d come from averages of their own.
    """

    DTYPES = UP_TO_FLOAT32
    FLOAT32_PARTS = "the statistics, gamma and beta"

    decay: float = field(default=0.999, minimum=0, maximum=1, doc="decay of the moving averages, one training step")
    warmup: bool = field(
        default=False,
        doc="start with the decay min(decay, (1 + n) / (10 + n)) in step n, so that the averages are of use early",
    )
    epsilon: float = field(default=0.001, above=0, doc="added to the variance")
    scale: bool = field(default=True, doc="whether a trained gamma multiplies (TF-Slim's own default is false)")
    synchronized: bool = field(
        default=False, doc="whether mean and variance are those of the examples of all ranks, not of each its own"
    )
    renorm: bool = field(default=False, doc="whether training corrects the batch's statistics to the moving ones")
    renorm_decay: float = field(default=0.99, minimum=0, maximum=1, doc="decay of the averages that renorm takes")
    r_min: float = field(default=0.0, minimum=0, doc="least factor of renorm")
    r_max: float | None = field(default=None, minimum=1, doc="largest factor of renorm (the paper comes to 3)")
    d_max: float | None = field(default=None, minimum=0, doc="largest summand of renorm (the paper comes to 5)")

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """gamma, beta, moving_mean, moving_variance, each [channels], in TF-Slim's order.

        With renorm also moving_stddev, renorm_mean, renorm_stddev.
        """
        size, zero, one = (channels(shapes[0]),), Constant(value=0.0), Constant(value=1.0)
        first = {"moving_mean": zero, "moving_variance": one}
        more = {"moving_stddev": one, "renorm_mean": zero, "renorm_stddev": one} if self.renorm else {}
        return super().variables(*shapes) + tuple(Variable(k, size, v, False) for k, v in (first | more).items())

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x, tf = inputs[0], g.tf
        if g.training and (self.renorm or self.synchronized):
            y, updates = self._train_apart(g, tf.cast(x, tf.float32))
            return Lowered((self.scaled(g, y),), updates)
        size = x.shape[-1]
        gamma = _kept(g, "gamma") if self.scale else tf.ones([size])
        beta = _kept(g, "beta") if self.center else tf.zeros([size])
        # The fused kernel wants four axes; which of them are positions makes no difference to it.
        maps = x if len(x.shape) == 4 else tf.reshape(x, [-1, 1, 1, size])
        y, updates = self._train(g, maps, gamma, beta) if g.training else (self._infer(g, maps, gamma, beta), {})
        return Lowered((y if maps is x else tf.reshape(y, tf.shape(x)),), updates)

    def _train(self, g: Lowering, x: Any, gamma: Any, beta: Any) -> tuple[Any, Updates]:
        y, mean, variance = g.tf.compat.v1.nn.fused_batch_norm(x, gamma, beta, epsilon=self.epsilon, is_training=True)
        return y, self._moved(g, {"moving_mean": mean, "moving_variance": variance}, self._decay(g))

    def _infer(self, g: Lowering, x: Any, gamma: Any, beta: Any) -> Any:
        moving = _kept(g, "moving_mean"), _kept(g, "moving_variance")
        fused = g.tf.compat.v1.nn.fused_batch_norm
        return fused(x, gamma, beta, *moving, epsilon=self.epsilon, is_training=False)[0]

    def _train_apart(self, g: Lowering, x: Any) -> tuple[Any, Updates]:
        """The normalized tensor and the averages, without the fused kernel, which knows one rank and no renorm."""
        mean, variance, unbiased = self._moments(g, x)
        stddev = g.tf.sqrt(variance + self.epsilon)
        y = (x - mean) / stddev
        if not self.renorm:
            return y, self._moved(g, {"moving_mean": mean, "moving_variance": unbiased}, self._decay(g))
        r, d = self._corrections(g, mean, stddev)
        moving = self._moved(g, {"moving_mean": mean, "moving_stddev": stddev}, self._decay(g))
        renorm = self._moved(g, {"renorm_mean": mean, "renorm_stddev": stddev}, self.renorm_decay)
        moving["moving_variance"] = g.tf.nn.relu(moving["moving_stddev"] ** 2 - self.epsilon)
        return y * r + d, moving | renorm

    def _moments(self, g: Lowering, x: Any) -> tuple[Any, Any, Any]:
        """Mean, variance and unbiased variance of every channel, over all ranks where they are synchronized."""
        tf, axes = g.tf, list(range(len(x.shape) - 1))
        # Around a number that is the same on all ranks and near the mean, so that the squares keep their digits.
        origin = _kept(g, "moving_mean")
        moved = x - origin
        both = tf.stack([tf.reduce_mean(moved, axes), tf.reduce_mean(tf.square(moved), axes)])
        count = tf.cast(tf.size(x) // x.shape[-1], tf.float32)
        if self.synchronized:
            both, count = g.mean_over_ranks(both), count * g.ranks
        mean, squares = tf.unstack(both)
        variance = tf.nn.relu(squares - tf.square(mean))
        return origin + mean, variance, variance * count / tf.maximum(count - 1.0, 1.0)

    def _corrections(self, g: Lowering, mean: Any, stddev: Any) -> tuple[Any, Any]:
        """The factor r and the summand d of renorm, through which no gradient flows."""
        tf = g.tf
        usual = tf.maximum(_kept(g, "renorm_stddev"), self.epsilon**0.5)
        r = tf.maximum(stddev / usual, self.r_min)
        d = (mean - _kept(g, "renorm_mean")) / usual
        r = r if self.r_max is None else tf.minimum(r, self.r_max)
        d = d if self.d_max is None else tf.clip_by_value(d, -self.d_max, self.d_max)
        return tf.stop_gradient(r), tf.stop_gradient(d)

    def _decay(self, g: Lowering) -> Any:
        if not self.warmup:
            return self.decay
        n = g.steps_done()
        return g.tf.minimum(self.decay, (1.0 + n) / (10.0 + n))

    def _moved(self, g: Lowering, batch: Updates, decay: Any) -> Updates:
        return {name: _kept(g, name) * decay + value * (1.0 - decay) for name, value in batch.items()}


def _kept(g: Lowering, name: str) -> Any:
    """A variable as it is kept: the fused kernel takes an input of 16 bits beside statistics in float32."""
    return g.variable(name, "float32")
