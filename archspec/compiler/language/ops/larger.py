"""Ops that make feature maps larger: transposed convolutions and upsampling."""

from __future__ import annotations

from math import prod
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.width import Width
from archspec.compiler.language.op import Lowering, Op, Shape, Variable, known
from archspec.compiler.language.ops.weighted import Weighted
from archspec.compiler.language.ops.window import channels, need_map
from archspec.compiler.language.types import Pair


class Conv2DTranspose(Weighted, name="conv2d_transpose"):
    """The gradient of a convolution: each input position adds a kernel to the output, `stride` apart.

    Zeiler et al. 2010; Long et al. 2015, https://arxiv.org/abs/1411.4038 (TF-Slim's conv2d_transpose).
    """

    EXAMPLE = "- up: {conv2d_transpose: 32, kernel: 4, stride: 2}"

    GROUPS = ("weights",)

    filters: int = field(main=True, minimum=1, doc="channels of the output")
    kernel: Pair = field(minimum=1, doc="height and width of the kernel", unit="pixels")
    stride: Pair = field(default=(1, 1), minimum=1, doc="distance of the kernels in the output", unit="pixels")
    padding: str = field(
        default="same", choices=("same", "valid"), doc="same: size * stride; valid: all of each kernel"
    )
    width: Width | None = field(default=None, doc="width multiplier of filters")

    def shape(self, *shapes: Shape) -> Shape:
        """(height * stride, width * stride, filters); with valid, max(kernel - stride, 0) more."""
        positions = need_map(shapes[0])[:2]
        channels(shapes[0])
        more = [max(k - s, 0) if self.padding == "valid" else 0 for k, s in zip(self.kernel, self.stride, strict=True)]
        sizes = zip(positions, self.stride, more, strict=True)
        return *(None if n is None else n * s + m for n, s, m in sizes), self.filters

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """weights [height, width, out, in], as TensorFlow has them, and biases [out]."""
        return self.weights("weights", *self.kernel, self.filters, channels(shapes[0])), *self.biases(self.filters)

    def macs(self, *shapes: Shape) -> int:
        """height * width of the input * kernel height * kernel width * in * out."""
        return prod(known(shapes[0])) * prod(self.kernel) * self.filters

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x = inputs[0]
        there = g.tf.shape(x)
        sizes = self.shape(tuple(x.shape[1:]))
        more = self.shape((0, 0, x.shape[-1]))
        grown = [there[i + 1] * self.stride[i] + more[i] if n is None else n for i, n in enumerate(sizes[:2])]
        y = g.tf.nn.conv2d_transpose(
            x, g.variable("weights"), [there[0], *grown, self.filters], self.stride, self.padding.upper()
        )
        return self.plus_bias(g, g.tf.ensure_shape(y, [None, *sizes]))


class Upsample(Op, name="upsample"):
    """Height and width times a whole number, on the grid of half-pixel centres (TensorFlow 2's and PyTorch's)."""

    EXAMPLE = "- larger: {upsample: 2, method: bilinear}"

    factor: Pair = field(main=True, minimum=1, doc="by what height and width are multiplied")
    method: str = field(default="nearest", choices=("nearest", "bilinear"), doc="how values between are found")

    def shape(self, *shapes: Shape) -> Shape:
        """(height * factor, width * factor, channels)."""
        *positions, last = need_map(shapes[0])
        return *(None if n is None else n * f for n, f in zip(positions, self.factor, strict=True)), last

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x = inputs[0]
        y = g.tf.image.resize(x, g.tf.shape(x)[1:3] * g.tf.constant(self.factor), self.method)
        return g.tf.ensure_shape(y, [None, *self.shape(tuple(x.shape[1:]))])
