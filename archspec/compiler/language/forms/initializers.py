"""How a variable gets its first values."""

from __future__ import annotations

from abc import abstractmethod
from math import prod, sqrt
from typing import Any

from archspec.compiler.language.fields import Form, field

_TF_SLIM_CORRECTION = 1.3
"""TF-Slim's variance correction for a normal cut at two standard deviations, which keeps 0.7737 of its variance."""
_KERAS_CORRECTION = 1 / 0.87962566103423978**2
"""Keras's, which is exact: 1.2924."""


class Initializer(Form, family="initializer"):
    """A distribution of first values."""

    @abstractmethod
    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        """A float32 tensor of that shape; `seed` is an int32 tensor of shape [2]."""

    def complaint(self, shape: tuple[int, ...]) -> tuple[str, str] | None:
        """Why a variable of that shape cannot have these values, to end a sentence, and a remedy; None if it can."""
        return None


class Constant(Initializer, name="constant"):
    """Every element the same."""

    value: float = field(main=True, doc="the value of every element")

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        return tf.fill(shape, tf.constant(self.value, tf.float32))


class RandomNormal(Initializer, name="random_normal"):
    """A normal distribution."""

    stddev: float = field(main=True, minimum=0, doc="standard deviation")
    mean: float = field(default=0.0, doc="mean")

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        return tf.random.stateless_normal(shape, seed, self.mean, self.stddev)


class TruncatedNormal(Initializer, name="truncated_normal"):
    """A normal distribution cut at two standard deviations."""

    stddev: float = field(main=True, minimum=0, doc="standard deviation before the cut")
    mean: float = field(default=0.0, doc="mean")

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        return tf.random.stateless_truncated_normal(shape, seed, self.mean, self.stddev)


class Uniform(Initializer, name="uniform"):
    """A uniform distribution around zero."""

    limit: float = field(main=True, minimum=0, doc="the values lie in [-limit, limit)")

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        return tf.random.stateless_uniform(shape, seed, -self.limit, self.limit)


class VarianceScaling(Initializer, name="variance_scaling"):
    """TF-Slim's variance_scaling_initializer, and Keras's VarianceScaling: variance factor / fan.

    The truncated normal has standard deviation sqrt(correction * factor / n) before the cut, the normal
    sqrt(factor / n), the uniform has limit sqrt(3 * factor / n).
    """

    factor: float = field(main=True, above=0, doc="variance times fan (Keras: scale)")
    mode: str = field(default="fan_in", choices=("fan_in", "fan_out", "fan_average"), doc="the fan that counts")
    distribution: str = field(
        default="truncated_normal", choices=("truncated_normal", "normal", "uniform"), doc="its shape"
    )
    correction: float = field(
        default=_TF_SLIM_CORRECTION, above=0, doc="for the variance that the cut takes: TF-Slim's 1.3, Keras's 1.2924"
    )

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        return scaled(tf, shape, seed, self.factor, self.mode, self.distribution, self.correction)


class HeNormal(Initializer, name="he_normal"):
    """He et al. 2015, https://arxiv.org/abs/1502.01852: variance_scaling with factor 2 and fan_in."""

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        return scaled(tf, shape, seed, 2.0, "fan_in", "truncated_normal")


class HeUniform(Initializer, name="he_uniform"):
    """He et al. 2015: variance_scaling with factor 2, fan_in, uniform."""

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        return scaled(tf, shape, seed, 2.0, "fan_in", "uniform")


class GlorotNormal(Initializer, name="glorot_normal"):
    """Glorot and Bengio 2010 (TF-Slim's xavier with uniform=False): variance_scaling with factor 1, fan_average."""

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        return scaled(tf, shape, seed, 1.0, "fan_average", "truncated_normal")


class GlorotUniform(Initializer, name="glorot_uniform"):
    """Glorot and Bengio 2010 (TF-Slim's xavier): variance_scaling with factor 1, fan_average, uniform."""

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        return scaled(tf, shape, seed, 1.0, "fan_average", "uniform")


class LecunNormal(Initializer, name="lecun_normal"):
    """LeCun et al. 1998, Efficient BackProp (Keras's): variance_scaling with factor 1, fan_in, correction 1.2924."""

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        return scaled(tf, shape, seed, 1.0, "fan_in", "truncated_normal", _KERAS_CORRECTION)


class LecunUniform(Initializer, name="lecun_uniform"):
    """LeCun et al. 1998: variance_scaling with factor 1, fan_in, uniform."""

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        return scaled(tf, shape, seed, 1.0, "fan_in", "uniform")


def fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """(fan_in, fan_out) of a kernel laid out height, width, in, out; the receptive field counts."""
    if len(shape) < 2:
        return float(prod(shape)), float(prod(shape))
    area = prod(shape[:-2])
    return float(area * shape[-2]), float(area * shape[-1])


def scaled(
    tf: Any,
    shape: tuple[int, ...],
    seed: Any,
    factor: float,
    mode: str,
    distribution: str,
    correction: float = _TF_SLIM_CORRECTION,
) -> Any:
    """A tensor with variance factor / fan."""
    fan_in, fan_out = fans(shape)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_average": (fan_in + fan_out) / 2}[mode]
    if distribution == "uniform":
        limit = sqrt(3.0 * factor / n)
        return tf.random.stateless_uniform(shape, seed, -limit, limit)
    if distribution == "normal":
        return tf.random.stateless_normal(shape, seed, 0.0, sqrt(factor / n))
    return tf.random.stateless_truncated_normal(shape, seed, 0.0, sqrt(correction * factor / n))
