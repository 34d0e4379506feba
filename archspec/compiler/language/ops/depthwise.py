"""Convolutions over height and width of every channel by itself."""

from __future__ import annotations

from math import prod
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.initializers import Initializer
from archspec.compiler.language.forms.width import Width
from archspec.compiler.language.op import Lowering, Shape, Variable, WrongShape, show, wide
from archspec.compiler.language.ops.conv import PlaneConvolution
from archspec.compiler.language.ops.window import channels
from archspec.compiler.language.types import Pair
from archspec.dataclass import replace


class ChannelConvolution(PlaneConvolution):
    """A kernel for each channel, which slides over height and width."""

    def _slid(self, shape: Shape) -> Shape:
        # TensorFlow's depthwise kernel refuses other strides.
        if self.stride[0] != self.stride[1]:
            message = f"needs the same stride down and across, got {show(self.stride)}"
            raise WrongShape(message, "write one number", "stride")
        return super()._slid(shape)

    def _depthwise(self, g: Lowering, x: Any, weights: Any) -> Any:
        positions = self._slid(tuple(x.shape[1:]))
        x, padding = self._padded(g, x)
        y = g.tf.nn.depthwise_conv2d(x, weights, self._strides(), padding, dilations=self.rate)
        # A dilated one is computed on a rearranged input, which loses a size that is known beside one that is not.
        return g.tf.ensure_shape(y, [None, *positions, y.shape[-1]])


class DepthwiseConv2D(ChannelConvolution, name="depthwise_conv2d"):
    """A convolution of every channel by itself; TF-Slim's separable_conv2d with num_outputs None."""

    EXAMPLE = "- depthwise: {depthwise_conv2d: 3, norm: batch_norm, activation: relu6}"

    kernel: Pair = field(main=True, minimum=1, doc="height and width of the kernel", unit="pixels")
    multiplier: int = field(default=1, minimum=1, doc="output channels for each input channel")

    def shape(self, *shapes: Shape) -> Shape:
        """(height', width', channels * multiplier); height and width as conv2d's."""
        return *self._slid(shapes[0]), channels(shapes[0]) * self.multiplier

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """depthwise_weights [height, width, in, multiplier] and biases [in * multiplier]."""
        size = channels(shapes[0])
        weights = self.weights("depthwise_weights", *self.kernel, size, self.multiplier)
        return weights, *self.biases(size * self.multiplier)

    def macs(self, *shapes: Shape) -> int:
        """height' * width' * kernel height * kernel width * channels * multiplier."""
        return self._positions(shapes[0]) * prod(self.kernel) * channels(shapes[0]) * self.multiplier

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return self.plus_bias(g, self._depthwise(g, inputs[0], g.variable("depthwise_weights")))


class SeparableConv2D(ChannelConvolution, name="separable_conv2d"):
    """A depthwise convolution and a 1x1 convolution on it (Sifre 2014; Chollet 2016, https://arxiv.org/abs/1610.02357).

    The L2 penalty holds for both kernels, as in TF-Slim. The depthwise part alone is `depthwise_conv2d`.
    """

    EXAMPLE = "- entry: {separable_conv2d: 128, kernel: 3, norm: batch_norm, activation: relu}"

    filters: int = field(main=True, minimum=1, doc="channels of the output")
    multiplier: int = field(default=1, minimum=1, doc="channels in the middle for each input channel")
    pointwise_initializer: Initializer | None = field(
        default=None, doc="first values of the pointwise weights; null: as `initializer` says of all weights"
    )
    width: Width | None = field(default=None, doc="width multiplier of filters")

    def shape(self, *shapes: Shape) -> Shape:
        """(height', width', filters); height and width as conv2d's."""
        channels(shapes[0])
        return *self._slid(shapes[0]), self.filters

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """depthwise_weights [height, width, in, multiplier], pointwise_weights [1, 1, in * multiplier, out], biases."""
        size = channels(shapes[0])
        depthwise = self.weights("depthwise_weights", *self.kernel, size, self.multiplier)
        pointwise = self.weights("pointwise_weights", 1, 1, size * self.multiplier, self.filters)
        pointwise = replace(pointwise, initializer=self.pointwise_initializer or self.initializer)
        return depthwise, pointwise, *self.biases(self.filters)

    def macs(self, *shapes: Shape) -> int:
        """height' * width' * middle channels * (kernel height * kernel width + out)."""
        middle = channels(shapes[0]) * self.multiplier
        return self._positions(shapes[0]) * middle * (prod(self.kernel) + self.filters)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x = self._depthwise(g, inputs[0], g.variable("depthwise_weights"))
        return self.plus_bias(g, g.tf.nn.conv2d(x, g.variable("pointwise_weights"), 1, "VALID"))


class InPlaneConv2D(ChannelConvolution, name="conv2d_in_plane"):
    """The same kernel over every channel by itself: edges, blurs (TF-Slim's conv2d_in_plane)."""

    EXAMPLE = "- blurred: {conv2d_in_plane: 3, bias: false, initializer: {constant: 0.1111}}"

    kernel: Pair = field(main=True, minimum=1, doc="height and width of the kernel", unit="pixels")

    def shape(self, *shapes: Shape) -> Shape:
        """(height', width', channels); height and width as conv2d's."""
        return *self._slid(shapes[0]), channels(shapes[0])

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """weights [height, width, 1, 1] and biases [channels]."""
        return self.weights("weights", *self.kernel, 1, 1), *self.biases(channels(shapes[0]))

    def macs(self, *shapes: Shape) -> int:
        """height' * width' * kernel height * kernel width * channels."""
        return self._positions(shapes[0]) * prod(self.kernel) * channels(shapes[0])

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x = inputs[0]
        # The gradients of all channels add up, in float32.
        weights = g.tf.tile(g.variable("weights", wide(x.dtype.name)), [1, 1, x.shape[-1], 1])
        return self.plus_bias(g, self._depthwise(g, x, g.tf.cast(weights, x.dtype)))
