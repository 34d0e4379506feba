"""Normalizations that look at one example alone: nothing moves, and training and inference are the same."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import Lowering, Shape, WrongShape, show
from archspec.compiler.language.ops.scaled import Scaled
from archspec.compiler.language.ops.window import channels


class ExampleNorm(Scaled):
    """Numbers that belong together to mean 0 and variance 1, then scaled and shifted channel by channel."""

    FULL_PRECISION = True

    epsilon: float

    @abstractmethod
    def axes(self, rank: int) -> Sequence[int]:
        """The axes, of so many with the batch, over which mean and variance are taken."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return self.scaled(g, self.normal(g, inputs[0]))

    def normal(self, g: Lowering, x: Any) -> Any:
        """The tensor with mean 0 and variance 1 over the axes."""
        mean, variance = g.tf.nn.moments(x, self.axes(len(x.shape)), keepdims=True)
        return (x - mean) * g.tf.math.rsqrt(variance + self.epsilon)


class LayerNorm(ExampleNorm, name="layer_norm"):
    """The channels of each position to mean 0 and variance 1, or all numbers of an example together.

    Ba et al. 2016, https://arxiv.org/abs/1607.06450. Over the channels is what transformers and ConvNeXt mean by it,
    and Keras; TF-Slim's own is `over: all` with epsilon 1e-12. gamma and beta are one number a channel in both.
    """

    over: str = field(
        default="channels",
        choices=("channels", "all"),
        doc="normalized together: a position's channels, or all",
    )
    epsilon: float = field(default=1e-6, above=0, doc="added to the variance (Keras 1e-3, PyTorch 1e-5)")

    def axes(self, rank: int) -> Sequence[int]:
        """The last, or all but the batch."""
        return [rank - 1] if self.over == "channels" else range(1, rank)


class InstanceNorm(ExampleNorm, name="instance_norm"):
    """Every channel of an example to mean 0 and variance 1 over its positions.

    Ulyanov et al. 2016, https://arxiv.org/abs/1607.08022.
    """

    epsilon: float = field(default=1e-6, above=0, doc="added to the variance")

    def shape(self, *shapes: Shape) -> Shape:
        """The input's, which has positions."""
        if len(shapes[0]) < 2:
            help = "put it before the pooling, or use `layer_norm`"
            raise WrongShape(f"needs positions and channels, got {show(shapes[0])}", help)
        return super().shape(*shapes)

    def axes(self, rank: int) -> Sequence[int]:
        """Those of the positions."""
        return range(1, rank - 1)


class GroupNorm(ExampleNorm, name="group_norm"):
    """Neighbouring channels of an example, in groups, to mean 0 and variance 1 over positions and group.

    Wu and He 2018, https://arxiv.org/abs/1803.08494.
    """

    groups: int = field(default=32, main=True, minimum=1, doc="in how many groups of equal size the channels are")
    epsilon: float = field(default=1e-6, above=0, doc="added to the variance (Keras 1e-3, PyTorch 1e-5)")

    def shape(self, *shapes: Shape) -> Shape:
        """The input's, whose channels the groups divide."""
        size = channels(shapes[0])
        if size % self.groups:
            fitting = ", ".join(str(n) for n in range(1, min(size, 64) + 1) if size % n == 0)
            message = f"needs channels that {self.groups} groups divide, got {show(shapes[0])}"
            raise WrongShape(message, f"{size} channels can be {fitting} groups", "groups")
        return super().shape(*shapes)

    def axes(self, rank: int) -> Sequence[int]:
        """Those of the positions, and that of the channels of a group, which is the last of one axis more."""
        return [*range(1, rank - 2), rank - 1]

    def normal(self, g: Lowering, x: Any) -> Any:
        """The tensor with mean 0 and variance 1 over positions and the channels of a group."""
        shape, size = g.tf.shape(x), x.shape[-1]
        grouped = g.tf.reshape(x, g.tf.concat([shape[:-1], [self.groups, size // self.groups]], 0))
        return g.tf.ensure_shape(g.tf.reshape(super().normal(g, grouped), shape), x.shape)


class RMSNorm(Scaled, name="rms_norm"):
    """The channels of each position divided by the root of their mean square.

    Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467: a layer norm that leaves the mean where it is.
    """

    FULL_PRECISION = True

    center: bool = field(default=False, doc="whether a trained beta is added")
    epsilon: float = field(default=1e-6, above=0, doc="added to the mean square")

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x, tf = inputs[0], g.tf
        return self.scaled(g, x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), -1, keepdims=True) + self.epsilon))
