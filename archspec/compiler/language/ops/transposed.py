"""Transposed convolutions, which make maps larger: along one axis, over height and width, in space."""

from __future__ import annotations

from math import prod
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.width import Width
from archspec.compiler.language.notation import written
from archspec.compiler.language.op import Lowering, Shape, Sight, Variable, WrongShape, known, show
from archspec.compiler.language.ops.weighted import Weighted
from archspec.compiler.language.ops.window import Sizes, channels, need_map
from archspec.compiler.language.types import LinePadding, Pair, PlanePadding, Single, SpacePadding, Triple
from archspec.compiler.language.values import Sides

_PADDINGS = ("same", "valid")
_PADDING = (
    "same: size * stride; valid: all of each kernel; in numbers: how much of that is cut off, for each axis, "
    "or before and after along each axis"
)
_STRIDE = "distance of the kernels in the output"


class ConvTranspose(Weighted):
    """The gradient of a convolution: each input position adds a kernel to the output, `stride` apart.

    Zeiler et al. 2010; Long et al. 2015, https://arxiv.org/abs/1411.4038.
    """

    GROUPS = ("weights",)

    kernel: Sizes
    stride: Sizes
    padding: str | Sides

    filters: int = field(main=True, minimum=1, doc="channels of the output")
    width: Width | None = field(default=None, doc="width multiplier of filters")

    def shape(self, *shapes: Shape) -> Shape:
        """(positions * stride, filters); with valid, max(kernel - stride, 0) more, and less what is cut off."""
        positions = need_map(shapes[0], len(self.kernel))[:-1]
        channels(shapes[0])
        sizes = self._grown(positions)
        if any(n is not None and n < 1 for n in sizes):
            message = f"with padding {written(self.padding)} cuts off all of its output, got {show(shapes[0])}"
            raise WrongShape(message, "cut off less", "padding")
        return *sizes, self.filters

    def _grown(self, positions: Shape) -> Shape:
        axes = zip(positions, self.stride, self._more(), strict=True)
        return tuple(None if n is None else n * s + more for n, s, more in axes)

    def _more(self) -> Sizes:
        """By how much the output is longer than the input times the stride."""
        if self.padding == "same":
            return (0,) * len(self.kernel)
        cut = ((0, 0),) * len(self.kernel) if isinstance(self.padding, str) else self.padding
        axes = zip(self.kernel, self.stride, cut, strict=True)
        return tuple(max(k - s, 0) - sum(sides) for k, s, sides in axes)

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """weights [*kernel, out, in], as TensorFlow has them, and biases [out]."""
        return self.weights("weights", *self.kernel, self.filters, channels(shapes[0])), *self.biases(self.filters)

    def macs(self, *shapes: Shape) -> int:
        """positions of the input * kernel positions * in * out."""
        return prod(known(shapes[0])) * prod(self.kernel) * self.filters

    def sees(self, sight: Sight, given: Shape, made: Shape) -> Sight | None:
        """ceil(kernel / stride) kernels meet in an element of the output."""
        axes = zip(self.kernel, self.stride, strict=True)
        return sight.through([-(-k // s) for k, s in axes], [1 / s for s in self.stride])

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        if not isinstance(self.padding, str):
            sides = self.padding
            whole = self.replace(padding="valid").lower(g, *inputs)
            return whole[(slice(None), *(slice(before, -after or None) for before, after in sides))]
        x, rank = inputs[0], len(self.kernel)
        there, more = g.tf.shape(x), self._more()
        sizes = self.shape(tuple(x.shape[1:]))
        grown = [there[i + 1] * self.stride[i] + more[i] if n is None else n for i, n in enumerate(sizes[:-1])]
        convolve = {1: g.tf.nn.conv1d_transpose, 2: g.tf.nn.conv2d_transpose, 3: g.tf.nn.conv3d_transpose}[rank]
        output_shape = [there[0], *grown, self.filters]
        y = convolve(x, g.variable("weights"), output_shape, list(self.stride), self.padding.upper())
        return self.plus_bias(g, g.tf.ensure_shape(y, [None, *sizes]))


class LineTranspose(ConvTranspose):
    """A transposed convolution along one axis."""

    kernel: Single = field(minimum=1, doc="length of the kernel", unit="positions")
    stride: Single = field(default=(1,), minimum=1, doc=_STRIDE, unit="positions")
    padding: LinePadding = field(default="same", choices=_PADDINGS, minimum=0, doc=_PADDING)


class Conv1DTranspose(LineTranspose, name="conv1d_transpose"):
    """The gradient of a convolution along one axis: each input position adds a kernel, `stride` apart."""


class PlaneTranspose(ConvTranspose):
    """A transposed convolution over height and width."""

    kernel: Pair = field(minimum=1, doc="height and width of the kernel", unit="pixels")
    stride: Pair = field(default=(1, 1), minimum=1, doc=_STRIDE, unit="pixels")
    padding: PlanePadding = field(default="same", choices=_PADDINGS, minimum=0, doc=_PADDING)


class Conv2DTranspose(PlaneTranspose, name="conv2d_transpose"):
    """The gradient of a convolution: each input position adds a kernel to the output, `stride` apart.

    Zeiler et al. 2010; Long et al. 2015, https://arxiv.org/abs/1411.4038 (TF-Slim's conv2d_transpose).
    """

    EXAMPLE = "- up: {conv2d_transpose: 32, kernel: 4, stride: 2}"


class SpaceTranspose(ConvTranspose):
    """A transposed convolution over depth, height and width."""

    kernel: Triple = field(minimum=1, doc="depth, height and width of the kernel", unit="positions")
    stride: Triple = field(default=(1, 1, 1), minimum=1, doc=_STRIDE, unit="positions")
    padding: SpacePadding = field(default="same", choices=_PADDINGS, minimum=0, doc=_PADDING)


class Conv3DTranspose(SpaceTranspose, name="conv3d_transpose"):
    """The gradient of a convolution over depth, height and width: each input position adds a kernel, `stride` apart.

    TF-Slim's conv3d_transpose.
    """
