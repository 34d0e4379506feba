"""Pooling over positions: windows that slide, and all positions at once."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import Lowering, Op, Shape
from archspec.compiler.language.ops.window import Sizes, need_map, slide
from archspec.compiler.language.types import Pair, Single

_PADDING = "whether the window may reach over the border"


class Pool(Op):
    """A window that slides over positions, every channel by itself; its rank is that of its sizes."""

    SPATIAL = True
    GROUPS = ("pool",)

    kernel: Sizes
    stride: Sizes
    padding: str

    def shape(self, *shapes: Shape) -> Shape:
        """(positions', channels); valid ceil((n - kernel + 1) / stride), same ceil(n / stride)."""
        return *slide(shapes[0], self.kernel, self.stride, self.padding), shapes[0][-1]


class LinePool(Pool):
    """A window that slides along one axis."""

    kernel: Single = field(main=True, minimum=1, doc="length of the window", unit="positions")
    stride: Single = field(minimum=1, doc="step of the window", unit="positions")
    padding: str = field(choices=("same", "valid"), doc=_PADDING)


class PlanePool(Pool):
    """A window that slides over height and width."""

    kernel: Pair = field(main=True, minimum=1, doc="height and width of the window", unit="pixels")
    stride: Pair = field(minimum=1, doc="step of the window", unit="pixels")
    padding: str = field(choices=("same", "valid"), doc=_PADDING)


class MaxPool1D(LinePool, name="max_pool1d"):
    """The largest value in each window along one axis."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.max_pool1d(inputs[0], self.kernel, self.stride, self.padding.upper())


class MaxPool2D(PlanePool, name="max_pool2d"):
    """The largest value in each window."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.max_pool2d(inputs[0], self.kernel, self.stride, self.padding.upper())


class AvgPool2D(PlanePool, name="avg_pool2d"):
    """The mean of each window; what lies outside the input does not count."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.avg_pool2d(inputs[0], self.kernel, self.stride, self.padding.upper())


class GlobalAvgPool(Op, name="global_avg_pool"):
    """The mean of every channel over all positions."""

    keep: bool = field(default=False, doc="keep height and width, with size 1")

    def shape(self, *shapes: Shape) -> Shape:
        """(channels), or (1, 1, channels) with keep."""
        last = need_map(shapes[0])[-1]
        return (1, 1, last) if self.keep else (last,)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.reduce_mean(inputs[0], [1, 2], keepdims=self.keep)


class GlobalMaxPool1D(Op, name="global_max_pool1d"):
    """The largest value of every channel along one axis (Collobert et al. 2011; the pooling of Kim 2014)."""

    def shape(self, *shapes: Shape) -> Shape:
        """(channels)."""
        return need_map(shapes[0], 1)[1:]

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.reduce_max(inputs[0], 1)
