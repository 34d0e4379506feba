"""Ops that drop values at random when training, and do nothing otherwise."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import Lowering, Op, Shape


class Dropping(Op):
    """A part of the values set to zero and the others divided by the part that is kept."""

    TRAINING_ONLY = True

    rate: float = field(main=True, minimum=0, maximum=1, doc="part that is dropped (TF-Slim: 1 - keep_prob)")

    def shape(self, *shapes: Shape) -> Shape:
        """The input's."""
        return shapes[0]

    @abstractmethod
    def noise_shape(self, g: Lowering, x: Any) -> Any:
        """The shape of the random draw, stretched over the tensor; None for the tensor's own."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x = inputs[0]
        if not g.training or self.rate == 0:
            return g.tf.identity(x)
        if self.rate == 1:
            return g.tf.zeros_like(x)
        return g.tf.nn.experimental.stateless_dropout(x, self.rate, g.seed(), noise_shape=self.noise_shape(g, x))


class Dropout(Dropping, name="dropout"):
    """Every value by itself (Srivastava et al. 2014)."""

    EXAMPLE = """
    - pool: global_avg_pool
    - dropout3: {dropout: 0.5}
    - Logits: {dense: 10}
    """

    def noise_shape(self, g: Lowering, x: Any) -> Any:
        """The tensor's own."""
        return None


class DropPath(Dropping, name="drop_path"):
    """All values of an example at once (Larsson et al. 2016, https://arxiv.org/abs/1605.07648; NASNet)."""

    EXAMPLE = """
    - branch: {conv2d: 64, kernel: 3}
    - drop: {drop_path: 0.2}
    - sum: {add: [drop, input]}
    """

    def noise_shape(self, g: Lowering, x: Any) -> Any:
        """One draw for each example."""
        return g.tf.concat([g.tf.shape(x)[:1], g.tf.ones([len(x.shape) - 1], g.tf.int32)], 0)
