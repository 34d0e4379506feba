"""Ops that drop values at random when training, and do nothing otherwise."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import Lowering
from archspec.compiler.language.ops.activation import Same


class Dropping(Same):
    """A part of the values set to zero and the others divided by the part that is kept."""

    TRAINING_ONLY = True
    # So that the same values are dropped, and as many as is said, whatever the type.
    FULL_PRECISION = True

    rate: float = field(main=True, minimum=0, maximum=1, doc="part that is dropped (TF-Slim: 1 - keep_prob)")

    @abstractmethod
    def drawn(self, rank: int) -> tuple[bool, ...]:
        """For each axis but the batch, whether its positions are drawn by themselves, or all alike."""

    def drop(self, g: Lowering, x: Any, rate: Any) -> Any:
        """The tensor with values dropped, as often as a number or a scalar tensor says."""
        there, drawn = g.tf.shape(x), (True, *self.drawn(len(x.shape) - 1))
        noise = None if all(drawn) else g.tf.stack([there[i] if by_itself else 1 for i, by_itself in enumerate(drawn)])
        return g.tf.nn.experimental.stateless_dropout(x, rate, g.seed(), noise_shape=noise)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        if not g.training or self.rate == 0:
            return g.tf.identity(inputs[0])
        return g.tf.zeros_like(inputs[0]) if self.rate == 1 else self.drop(g, inputs[0], self.rate)


class Dropout(Dropping, name="dropout"):
    """Values by themselves (Srivastava et al. 2014), or whole channels (Tompson et al. 2014).

    The second is called spatial dropout: https://arxiv.org/abs/1411.4280.
    """

    EXAMPLE = """
    - pool: global_avg_pool
    - dropout3: {dropout: 0.5}
    - Logits: {dense: 10}
    """

    of: str = field(
        default="values",
        choices=("values", "channels"),
        doc="values: each by itself; channels: all positions of one channel of an example at once",
    )

    def drawn(self, rank: int) -> tuple[bool, ...]:
        """All of them, or the channels alone."""
        return tuple(self.of == "values" or axis == rank - 1 for axis in range(rank))


class DropPath(Dropping, name="drop_path"):
    """All values of an example at once (Larsson et al. 2016, https://arxiv.org/abs/1605.07648; NASNet).

    A rate that grows with the depth of a block is `drop_path: $(rate * depth_fraction)` inside the block, or `rate *
    depth_index / (depth_count - 1)` from 0 in the first one: Huang et al. 2016, https://arxiv.org/abs/1603.09382.
    """

    EXAMPLE = """
    - branch: {conv2d: 64, kernel: 3}
    - drop: {drop_path: 0.2}
    - sum: {add: [drop, input]}
    """

    steps: int = field(
        default=0,
        minimum=0,
        doc="training steps over which the rate grows from 0 to its full size, as in NASNet; 0: full from the start",
        unit="steps",
    )

    def drawn(self, rank: int) -> tuple[bool, ...]:
        """None of them."""
        return (False,) * rank

    def drop(self, g: Lowering, x: Any, rate: Any) -> Any:
        """The tensor with examples dropped; the more often, the more of the steps have been made."""
        if self.steps:
            rate = g.tf.cast(rate * g.tf.minimum(g.steps_done() / self.steps, 1.0), x.dtype)
        return super().drop(g, x, rate)
