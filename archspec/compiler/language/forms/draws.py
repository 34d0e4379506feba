"""Inputs that are drawn at random, new for every example and step: the noise of a generator."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from archspec.compiler.language.fields import Form, field


class Draw(Form, family="draw"):
    """A distribution of an input's numbers."""

    @abstractmethod
    def lower(self, tf: Any, shape: Any, seed: Any) -> Any:
        """A float32 tensor of that shape; `seed` is an int32 tensor of shape [2]."""


class NormalDraw(Draw, name="normal"):
    """A normal distribution around zero."""

    EXAMPLE = """
    inputs: {noise: {shape: [100], draw: {normal: 1.0}}}
    layers: [fc: {dense: 64}]
    """

    stddev: float = field(default=1.0, main=True, above=0, doc="standard deviation")

    def lower(self, tf: Any, shape: Any, seed: Any) -> Any:
        return tf.random.stateless_normal(shape, seed, 0.0, self.stddev)
