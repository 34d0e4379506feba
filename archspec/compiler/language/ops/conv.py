"""Convolutions: along one axis of positions, over height and width, and in space."""

from __future__ import annotations

from math import prod
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.width import Width
from archspec.compiler.language.op import Lowering, Shape, Variable, WrongShape, known, show, wide
from archspec.compiler.language.ops.weighted import Weighted
from archspec.compiler.language.ops.window import Sizes, channels, extent, padded, slide
from archspec.compiler.language.types import LinePadding, Pair, PlanePadding, Single, SpacePadding, Triple
from archspec.compiler.language.values import Sides

PADDINGS = ("same", "valid", "symmetric")
_CAUSAL = "; causal puts all before, so that a position sees none after it"
PADDING = (
    "zeros around the input: same as TensorFlow's, valid none, symmetric the same number on both sides, "
    "or how many, for each axis, or before and after along each axis"
)
_RATE = "distance of the kernel's taps (dilation)"


class Convolution(Weighted):
    """A kernel that slides over positions; its rank is that of its sizes."""

    SPATIAL = True
    GROUPS = ("conv", "weights")

    kernel: Sizes
    stride: Sizes
    padding: str | Sides
    rate: Sizes

    def _slid(self, shape: Shape) -> Shape:
        return slide(shape, self.kernel, self.stride, self.padding, self.rate)

    def _positions(self, shape: Shape) -> int:
        return prod(known(self._slid(shape), "output"))

    def _strides(self) -> list[int]:
        return [1, *self.stride, 1]

    def _padded(self, g: Lowering, x: Any) -> tuple[Any, str]:
        return padded(g, x, extent(self.kernel, self.rate), self.stride, self.padding)


class LineConvolution(Convolution):
    """A kernel that slides along one axis: text, sound, a series."""

    kernel: Single = field(minimum=1, doc="length of the kernel", unit="positions")
    stride: Single = field(default=(1,), minimum=1, doc="step of the kernel", unit="positions")
    padding: LinePadding = field(default="same", choices=(*PADDINGS, "causal"), minimum=0, doc=PADDING + _CAUSAL)
    rate: Single = field(default=(1,), minimum=1, doc=_RATE, unit="positions")


class PlaneConvolution(Convolution):
    """A kernel that slides over height and width."""

    kernel: Pair = field(minimum=1, doc="height and width of the kernel", unit="pixels")
    stride: Pair = field(default=(1, 1), minimum=1, doc="step of the kernel", unit="pixels")
    padding: PlanePadding = field(default="same", choices=PADDINGS, minimum=0, doc=PADDING)
    rate: Pair = field(default=(1, 1), minimum=1, doc=_RATE, unit="pixels")


class SpaceConvolution(Convolution):
    """A kernel that slides over depth (or time), height and width."""

    kernel: Triple = field(minimum=1, doc="depth, height and width of the kernel", unit="positions")
    stride: Triple = field(default=(1, 1, 1), minimum=1, doc="step of the kernel", unit="positions")
    padding: SpacePadding = field(default="same", choices=PADDINGS, minimum=0, doc=PADDING)
    rate: Triple = field(default=(1, 1, 1), minimum=1, doc=_RATE, unit="positions")


class FullConvolution(Convolution):
    """Every output channel from all input channels, or from those of its group."""

    FLOAT32_PARTS = "the statistics of weight_standardization"

    filters: int = field(main=True, minimum=1, doc="channels of the output")
    groups: int = field(
        default=1, minimum=1, doc="parts of the channels; each part of the output sees one part of the input"
    )
    weight_standardization: float | None = field(
        default=None,
        above=0,
        doc="each filter's weights are brought to mean 0 and variance 1, with this number added to the variance, "
        "before they are used (Qiao et al. 2019, https://arxiv.org/abs/1903.10520); null: they are used as they are",
    )
    width: Width | None = field(default=None, doc="width multiplier of filters")

    def shape(self, *shapes: Shape) -> Shape:
        """(positions', filters); valid ceil((n - extent + 1) / stride), else ceil(n / stride)."""
        self._group(shapes[0])
        return *self._slid(shapes[0]), self.filters

    def _group(self, shape: Shape) -> int:
        """The input channels of one group; raises WrongShape where the groups do not divide the channels."""
        size = channels(shape)
        if size % self.groups or self.filters % self.groups:
            fitting = [str(n) for n in range(1, min(size, self.filters, 64) + 1) if size % n == self.filters % n == 0]
            message = f"needs channels and filters that its {self.groups} groups divide, got {show(shape)}"
            help = f"both are divided by {', '.join(fitting)}"
            raise WrongShape(f"{message} and {self.filters} filters", help, "groups")
        return size // self.groups

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """weights [*kernel, in / groups, out] and biases [out]."""
        return self.weights("weights", *self.kernel, self._group(shapes[0]), self.filters), *self.biases(self.filters)

    def dtype(self, *dtypes: str) -> str:
        """The input's; raises WrongShape for one it cannot take."""
        grouped = self.groups > 1 and len(self.kernel) < 3
        if "float64" in dtypes and (grouped or max(self.rate) > 1):
            message = "has no gradient in float64 with groups or a rate above 1"
            raise WrongShape(f"{message}, got {self.groups} and {show(self.rate)}", "put `cast: float32` before it")
        return super().dtype(*dtypes)

    def float32_parts(self) -> str:
        """Nothing but for weight_standardization."""
        return "" if self.weight_standardization is None else self.FLOAT32_PARTS

    def macs(self, *shapes: Shape) -> int:
        """positions' * kernel positions * in / groups * out."""
        return self._positions(shapes[0]) * prod(self.kernel) * self._group(shapes[0]) * self.filters

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x, padding = self._padded(g, inputs[0])
        y = self._convolved(g, x, self._weights(g, x.dtype.name), padding)
        return self.plus_bias(g, g.tf.ensure_shape(y, [None, *self.shape(tuple(inputs[0].shape[1:]))]))

    def _weights(self, g: Lowering, dtype: str) -> Any:
        """The weights as they are used, in the type of the input; their statistics are made in full precision."""
        if self.weight_standardization is None:
            return g.variable("weights")
        weights = g.variable("weights", wide(dtype))
        mean, variance = g.tf.nn.moments(weights, list(range(len(self.kernel) + 1)), keepdims=True)
        return g.tf.cast((weights - mean) * g.tf.math.rsqrt(variance + self.weight_standardization), dtype)

    def _convolved(self, g: Lowering, x: Any, weights: Any, padding: str) -> Any:
        # Not tf.nn.convolution, which computes a dilated one on a rearranged input.
        convolve = {1: g.tf.nn.conv1d, 2: g.tf.nn.conv2d, 3: g.tf.nn.conv3d}[len(self.kernel)]
        rate = [1, *self.rate, 1]
        if len(self.kernel) == 3 and self.rate[1] != self.rate[2]:
            # The shape that TensorFlow infers for conv3d has the rates of height and width exchanged.
            convolve, rate = g.tf.nn.convolution, list(self.rate)
        if self.groups == 1 or len(self.kernel) < 3:
            return convolve(x, weights, self._strides(), padding, dilations=rate)
        # TensorFlow has no grouped kernel for three axes.
        parts = zip(g.tf.split(x, self.groups, -1), g.tf.split(weights, self.groups, -1), strict=True)
        return g.tf.concat([convolve(a, w, self._strides(), padding, dilations=rate) for a, w in parts], -1)


class Conv1D(FullConvolution, LineConvolution, name="conv1d"):
    """Every output channel from all input channels, along one axis: text, sound, a series.

    y[i, f] = sum over a, c of x[i * stride + a * rate, c] * w[a, c, f]
    """


class Conv2D(FullConvolution, PlaneConvolution, name="conv2d"):
    """Every output channel from all input channels.

    y[i, j, f] = sum over a, b, c of x[i * stride + a * rate, j * stride + b * rate, c] * w[a, b, c, f]
    """

    EXAMPLE = "- conv1: {conv2d: 64, kernel: 3, stride: 2, norm: batch_norm, activation: relu}"


class Conv3D(FullConvolution, SpaceConvolution, name="conv3d"):
    """Every output channel from all input channels, over depth, height and width: volumes, and video with time first.

    y[i, j, k, f] = sum over a, b, c, d of x[i * stride + a * rate, …, d] * w[a, b, c, d, f]
    """

    EXAMPLE = "- conv1: {conv3d: 64, kernel: 3, stride: 1x2x2, norm: batch_norm, activation: relu}"
