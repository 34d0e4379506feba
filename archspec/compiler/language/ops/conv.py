"""Convolutions over one axis of positions, and over height and width."""

from __future__ import annotations

from math import prod
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.width import Width
from archspec.compiler.language.op import Lowering, Shape, Variable, WrongShape, known, show
from archspec.compiler.language.ops.weighted import Weighted
from archspec.compiler.language.ops.window import Sizes, channels, padded, slide
from archspec.compiler.language.types import Pair, Single

_PADDINGS = ("same", "valid", "symmetric")


class Convolution(Weighted):
    """A kernel that slides over positions; its rank is that of its sizes."""

    SPATIAL = True
    GROUPS = ("conv", "weights")

    kernel: Sizes
    stride: Sizes
    padding: str
    rate: Sizes

    def _slid(self, shape: Shape) -> Shape:
        return slide(shape, self.kernel, self.stride, self.padding, self.rate)

    def _positions(self, shape: Shape) -> int:
        return prod(known(self._slid(shape), "output"))

    def _strides(self) -> list[int]:
        return [1, *self.stride, 1]


class FullConvolution(Convolution):
    """Every output channel from all input channels."""

    filters: int

    def shape(self, *shapes: Shape) -> Shape:
        """(positions', filters); valid ceil((n - extent + 1) / stride), else ceil(n / stride)."""
        channels(shapes[0])
        return *self._slid(shapes[0]), self.filters

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """weights [*kernel, in, out] and biases [out]."""
        return self.weights("weights", *self.kernel, channels(shapes[0]), self.filters), *self.biases(self.filters)

    def macs(self, *shapes: Shape) -> int:
        """positions' * kernel positions * in * out."""
        return self._positions(shapes[0]) * prod(self.kernel) * channels(shapes[0]) * self.filters

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x, padding = padded(g, inputs[0], self.kernel, self.stride, self.padding, self.rate)
        # Not tf.nn.convolution, which computes a dilated one on a rearranged input.
        convolve = {1: g.tf.nn.conv1d, 2: g.tf.nn.conv2d}[len(self.kernel)]
        x = convolve(x, g.variable("weights"), self._strides(), padding, dilations=self.rate)
        return self.plus_bias(g, x)


class Conv1D(FullConvolution, name="conv1d"):
    """Every output channel from all input channels, along one axis: text, sound, a series.

    y[i, f] = sum over a, c of x[i * stride + a * rate, c] * w[a, c, f]
    """

    filters: int = field(main=True, minimum=1, doc="channels of the output")
    kernel: Single = field(minimum=1, doc="length of the kernel", unit="positions")
    stride: Single = field(default=(1,), minimum=1, doc="step of the kernel", unit="positions")
    padding: str = field(default="same", choices=_PADDINGS, doc="zeros around the input, as conv2d's")
    rate: Single = field(default=(1,), minimum=1, doc="distance of the kernel's taps (dilation)", unit="positions")
    width: Width | None = field(default=None, doc="width multiplier of filters")


class PlaneConvolution(Convolution):
    """A kernel that slides over height and width."""

    kernel: Pair = field(minimum=1, doc="height and width of the kernel", unit="pixels")
    stride: Pair = field(default=(1, 1), minimum=1, doc="step of the kernel", unit="pixels")
    padding: str = field(
        default="same",
        choices=_PADDINGS,
        doc="zeros around the input: same as TensorFlow's, valid none, symmetric the same number on both sides",
    )
    rate: Pair = field(default=(1, 1), minimum=1, doc="distance of the kernel's taps (dilation)", unit="pixels")

    def _slid_depthwise(self, shape: Shape) -> Shape:
        # TensorFlow's depthwise kernel refuses other strides.
        if self.stride[0] != self.stride[1]:
            raise WrongShape(f"needs the same stride down and across, got {show(self.stride)}", "write one number")
        return self._slid(shape)

    def _depthwise(self, g: Lowering, x: Any) -> Any:
        x, padding = padded(g, x, self.kernel, self.stride, self.padding, self.rate)
        weights = g.variable("depthwise_weights")
        return g.tf.nn.depthwise_conv2d(x, weights, self._strides(), padding, dilations=self.rate)


class Conv2D(PlaneConvolution, FullConvolution, name="conv2d"):
    """Every output channel from all input channels.

    y[i, j, f] = sum over a, b, c of x[i * stride + a * rate, j * stride + b * rate, c] * w[a, b, c, f]
    """

    EXAMPLE = "- conv1: {conv2d: 64, kernel: 3, stride: 2, norm: batch_norm, activation: relu}"

    filters: int = field(main=True, minimum=1, doc="channels of the output")
    width: Width | None = field(default=None, doc="width multiplier of filters")


class DepthwiseConv2D(PlaneConvolution, name="depthwise_conv2d"):
    """A convolution of every channel by itself."""

    EXAMPLE = "- depthwise: {depthwise_conv2d: 3, norm: batch_norm, activation: relu6}"

    kernel: Pair = field(main=True, minimum=1, doc="height and width of the kernel", unit="pixels")
    multiplier: int = field(default=1, minimum=1, doc="output channels for each input channel")

    def shape(self, *shapes: Shape) -> Shape:
        """(height', width', channels * multiplier); height and width as conv2d's."""
        return *self._slid_depthwise(shapes[0]), channels(shapes[0]) * self.multiplier

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """depthwise_weights [height, width, in, multiplier] and biases [in * multiplier]."""
        size = channels(shapes[0])
        weights = self.weights("depthwise_weights", *self.kernel, size, self.multiplier)
        return weights, *self.biases(size * self.multiplier)

    def macs(self, *shapes: Shape) -> int:
        """height' * width' * kernel height * kernel width * channels * multiplier."""
        return self._positions(shapes[0]) * prod(self.kernel) * channels(shapes[0]) * self.multiplier

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return self.plus_bias(g, self._depthwise(g, inputs[0]))


class SeparableConv2D(PlaneConvolution, name="separable_conv2d"):
    """A depthwise convolution and a 1x1 convolution on it (Sifre 2014; Chollet 2016, https://arxiv.org/abs/1610.02357).

    The initializer and the L2 penalty hold for both kernels, as in TF-Slim.
    """

    EXAMPLE = "- entry: {separable_conv2d: 128, kernel: 3, norm: batch_norm, activation: relu}"

    filters: int = field(main=True, minimum=1, doc="channels of the output")
    multiplier: int = field(default=1, minimum=1, doc="channels in the middle for each input channel")
    width: Width | None = field(default=None, doc="width multiplier of filters")

    def shape(self, *shapes: Shape) -> Shape:
        """(height', width', filters); height and width as conv2d's."""
        channels(shapes[0])
        return *self._slid_depthwise(shapes[0]), self.filters

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """depthwise_weights [height, width, in, multiplier], pointwise_weights [1, 1, in * multiplier, out], biases."""
        size = channels(shapes[0])
        depthwise = self.weights("depthwise_weights", *self.kernel, size, self.multiplier)
        pointwise = self.weights("pointwise_weights", 1, 1, size * self.multiplier, self.filters)
        return depthwise, pointwise, *self.biases(self.filters)

    def macs(self, *shapes: Shape) -> int:
        """height' * width' * middle channels * (kernel height * kernel width + out)."""
        middle = channels(shapes[0]) * self.multiplier
        return self._positions(shapes[0]) * middle * (prod(self.kernel) + self.filters)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x = self._depthwise(g, inputs[0])
        return self.plus_bias(g, g.tf.nn.conv2d(x, g.variable("pointwise_weights"), 1, "VALID"))
