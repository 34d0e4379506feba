"""Ops that add or multiply by random numbers when training, and do nothing otherwise."""

from __future__ import annotations

from abc import abstractmethod
from math import sqrt
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import Lowering
from archspec.compiler.language.ops.activation import Same

_SELU_LOWEST = -1.7580993408473766
"""What `selu` comes to far below zero: - 1.0507 * 1.6733, from the appendix of its paper."""


class Noise(Same):
    """An op that changes values at random in training."""

    TRAINING_ONLY = True
    FULL_PRECISION = True

    @abstractmethod
    def disturbed(self, g: Lowering, x: Any) -> Any:
        """The tensor with noise."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return self.disturbed(g, inputs[0]) if g.training else g.tf.identity(inputs[0])


class GaussianNoise(Noise, name="gaussian_noise"):
    """x + N(0, stddev ** 2), drawn for every value."""

    stddev: float = field(main=True, minimum=0, doc="standard deviation of what is added")

    def disturbed(self, g: Lowering, x: Any) -> Any:
        """The sum."""
        return x + g.tf.random.stateless_normal(g.tf.shape(x), g.seed(), 0.0, self.stddev, x.dtype)


class UniformNoise(Noise, name="uniform_noise"):
    """x + U(-most, most), drawn for every value: 0.5 is rounding as learned image compression trains with it.

    Ballé et al. 2016, https://arxiv.org/abs/1611.01704.
    """

    EXAMPLE = """
    - code: {conv2d: 64, kernel: 5, stride: 2}
    - noisy: {uniform_noise: 0.5}
    """

    most: float = field(main=True, minimum=0, doc="the most that is added or taken away")

    def disturbed(self, g: Lowering, x: Any) -> Any:
        """The sum."""
        return x + g.tf.random.stateless_uniform(g.tf.shape(x), g.seed(), -self.most, self.most, x.dtype)


class GaussianDropout(Noise, name="gaussian_dropout"):
    """x * N(1, rate / (1 - rate)), drawn for every value: it has the mean and variance of dropout.

    Srivastava et al. 2014, section 10.
    """

    rate: float = field(main=True, minimum=0, maximum=0.99, doc="rate of the dropout with this mean and variance")

    def disturbed(self, g: Lowering, x: Any) -> Any:
        """The product."""
        stddev = sqrt(self.rate / (1.0 - self.rate))
        return x * g.tf.random.stateless_normal(g.tf.shape(x), g.seed(), 1.0, stddev, x.dtype)


class AlphaDropout(Noise, name="alpha_dropout"):
    """A part of the values set to the lowest that `selu` gives, and all scaled so that mean 0 and variance 1 stay.

    Klambauer et al. 2017, https://arxiv.org/abs/1706.02515.
    """

    rate: float = field(main=True, minimum=0, maximum=0.99, doc="part that is dropped")

    def disturbed(self, g: Lowering, x: Any) -> Any:
        """a * (x where it is kept, else the lowest) + b."""
        kept = g.tf.random.stateless_uniform(g.tf.shape(x), g.seed()) >= self.rate
        a = 1.0 / sqrt((1.0 - self.rate) * (1.0 + self.rate * _SELU_LOWEST**2))
        b = -a * self.rate * _SELU_LOWEST
        return a * g.tf.where(kept, x, g.tf.constant(_SELU_LOWEST, x.dtype)) + b
