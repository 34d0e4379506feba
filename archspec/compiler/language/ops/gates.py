"""What cuts values off or takes the largest, and what multiplies them, or their gradients, by numbers."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.initializers import Constant, Initializer
from archspec.compiler.language.op import Lowering, Op, Shape, Variable, WrongShape, show
from archspec.compiler.language.ops.activation import Activation, Same
from archspec.compiler.language.ops.axes import axis_of
from archspec.compiler.language.ops.window import channels


class Clip(Activation, name="clip"):
    """x between two numbers, which are taken where it lies outside."""

    EXAMPLE = "- squashed: {conv2d: 64, kernel: 3, activation: {clip: [-1, 1]}}"

    range: tuple[float, float] = field(main=True, doc="the least and the greatest value, [low, high]")

    def shape(self, *shapes: Shape) -> Shape:
        """The input's; the least value must not be above the greatest."""
        low, high = self.range
        if low > high:
            message = f"needs the smaller number first, got [{low:g}, {high:g}]"
            raise WrongShape(message, "write `clip: [low, high]`", "range")
        return shapes[0]

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.clip_by_value(inputs[0], *self.range)


class Threshold(Activation, name="threshold"):
    """x where it is above a number, else zero or another number."""

    EXAMPLE = "- firing: {conv2d: 64, kernel: 3, activation: {threshold: 1.0}}"

    above: float = field(main=True, doc="what x must be above to stay")
    otherwise: float = field(default=0.0, doc="what stands elsewhere")

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x = inputs[0]
        return g.tf.where(x > self.above, x, g.tf.constant(self.otherwise, x.dtype))


class Crelu(Op, name="crelu"):
    """max(x, 0) and max(-x, 0), one after the other in the channels (Shang et al. 2016, https://arxiv.org/abs/1603.05201)."""

    GROUPS = ("activation",)

    def shape(self, *shapes: Shape) -> Shape:
        """(…, channels * 2)."""
        axis_of(shapes[0], -1)
        return *shapes[0][:-1], None if shapes[0][-1] is None else shapes[0][-1] * 2

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.crelu(inputs[0])


class Maxout(Op, name="maxout"):
    """The largest of each group of neighbouring channels (Goodfellow et al. 2013, https://arxiv.org/abs/1302.4389)."""

    GROUPS = ("activation",)

    units: int = field(main=True, minimum=1, doc="channels of the output, which divide those of the input")

    def shape(self, *shapes: Shape) -> Shape:
        """(…, units)."""
        if channels(shapes[0]) % self.units:
            message = f"needs channels that are a multiple of its {self.units} units, got {show(shapes[0])}"
            help = f"make {self.units * 2} channels before it, or another multiple of {self.units}"
            raise WrongShape(message, help, "units")
        return *shapes[0][:-1], self.units

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x, there = inputs[0], g.tf.shape(inputs[0])
        groups = g.tf.reshape(x, g.tf.concat([there[:-1], [self.units, x.shape[-1] // self.units]], 0))
        return g.tf.ensure_shape(g.tf.reduce_max(groups, -1), [*x.shape[:-1], self.units])


class ScaleGradient(Same, name="scale_gradient"):
    """The input, unchanged; what comes back through it is multiplied, so that what stands before it learns slower."""

    factor: float = field(main=True, doc="by what gradients are multiplied; 0 stops them, -1 turns them round")

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        if self.factor == 0:
            return g.tf.stop_gradient(inputs[0])
        scaled = g.tf.custom_gradient(lambda x: (g.tf.identity(x), lambda dy: dy * self.factor))
        return scaled(inputs[0])


class Learned(Op):
    """One number for each channel, or one for the whole tensor, that is learned."""

    FULL_PRECISION = True

    of: str = field(
        default="channels",
        choices=("channels", "tensor"),
        doc="channels: a number for each channel, the last axis; tensor: one for all",
    )

    def shape(self, *shapes: Shape) -> Shape:
        """The input's."""
        if self.of == "channels":
            channels(shapes[0])
        return shapes[0]

    def numbers(self, name: str, shape: Shape, initializer: Initializer) -> tuple[Variable, ...]:
        """The variable: [channels], or a scalar."""
        return (Variable(name, (channels(shape),) if self.of == "channels" else (), initializer),)


class PRelu(Learned, name="prelu"):
    """x where it is positive, else alpha * x, where alpha is learned (He et al. 2015, https://arxiv.org/abs/1502.01852)."""

    GROUPS = ("activation",)

    initializer: Initializer = field(default=Constant(value=0.25), doc="first values of the slopes")

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """alpha [channels], or a scalar."""
        return self.numbers("alpha", shapes[0], self.initializer)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x = inputs[0]
        return g.tf.nn.relu(x) - g.variable("alpha") * g.tf.nn.relu(-x)


class Gain(Learned, name="gain"):
    """The input times numbers that are learned.

    LayerScale (Touvron et al. 2021, https://arxiv.org/abs/2103.17239) is `gain: 1e-6`, ReZero (Bachlechner et al. 2020,
    https://arxiv.org/abs/2003.04887) `{gain: 0, of: tensor}`, each before the addition of a residual block.
    """

    initial: float = field(default=1.0, main=True, doc="first value of the gains")

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """gamma [channels], or a scalar."""
        return self.numbers("gamma", shapes[0], Constant(value=self.initial))

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return inputs[0] * g.variable("gamma")
