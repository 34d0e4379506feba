"""Pooling over windows that slide: along one axis, over height and width, in space."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.notation import written
from archspec.compiler.language.op import UP_TO_FLOAT32, Lowering, Op, Shape, WrongShape, show
from archspec.compiler.language.ops.conv import PADDINGS
from archspec.compiler.language.ops.window import Sizes, border, padded, slide
from archspec.compiler.language.types import LinePadding, Pair, PlanePadding, Single, SpacePadding, Triple
from archspec.compiler.language.values import Sides

_PADDING = (
    "how far the window may reach over the border: same as TensorFlow's, valid not at all, symmetric equally far on "
    "both sides, or how far, for each axis, or before and after along each axis"
)


class Pool(Op):
    """A window that slides over positions, every channel by itself; its rank is that of its sizes."""

    SPATIAL = True
    GROUPS = ("pool",)

    kernel: Sizes
    stride: Sizes
    padding: str | Sides

    def shape(self, *shapes: Shape) -> Shape:
        """(positions', channels); valid ceil((n - kernel + 1) / stride), same and symmetric ceil(n / stride)."""
        positions = slide(shapes[0], self.kernel, self.stride, self.padding)
        around = border(self.padding, self.kernel, self.stride) if self.padding != "same" else ()
        if any(max(sides) >= k for sides, k in zip(around, self.kernel, strict=False)):
            message = f"needs a window larger than its padding, got {show(self.kernel)} and {written(self.padding)}"
            raise WrongShape(message, "use less padding, so that every window sees a part of the input", "padding")
        return *positions, shapes[0][-1]

    def _padded(self, g: Lowering, x: Any, fill: float) -> tuple[Any, str]:
        return padded(g, x, self.kernel, self.stride, self.padding, fill)


class LinePool(Pool):
    """A window that slides along one axis."""

    kernel: Single = field(main=True, minimum=1, doc="length of the window", unit="positions")
    stride: Single = field(minimum=1, doc="step of the window", unit="positions")
    padding: LinePadding = field(choices=PADDINGS, minimum=0, doc=_PADDING)


class PlanePool(Pool):
    """A window that slides over height and width."""

    kernel: Pair = field(main=True, minimum=1, doc="height and width of the window", unit="pixels")
    stride: Pair = field(minimum=1, doc="step of the window", unit="pixels")
    padding: PlanePadding = field(choices=PADDINGS, minimum=0, doc=_PADDING)


class SpacePool(Pool):
    """A window that slides over depth (or time), height and width."""

    kernel: Triple = field(main=True, minimum=1, doc="depth, height and width of the window", unit="positions")
    stride: Triple = field(minimum=1, doc="step of the window", unit="positions")
    padding: SpacePadding = field(choices=PADDINGS, minimum=0, doc=_PADDING)


class MaxPool(Pool):
    """The largest value in each window; what lies outside the input is minus infinity."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x, padding = self._padded(g, inputs[0], float("-inf"))
        # Not tf.nn.max_pool, whose gradient fails for three axes when it runs eagerly.
        pool = {1: g.tf.nn.max_pool1d, 2: g.tf.nn.max_pool2d, 3: g.tf.nn.max_pool3d}[len(self.kernel)]
        return pool(x, self.kernel, self.stride, padding)


class AvgPool(Pool):
    """The mean of each window."""

    FULL_PRECISION = True

    count_padding: bool = field(
        default=False,
        doc="whether what lies outside the input counts, as zeros (PyTorch's default), with symmetric or a number",
    )

    def shape(self, *shapes: Shape) -> Shape:
        """(positions', channels); valid ceil((n - kernel + 1) / stride), same and symmetric ceil(n / stride)."""
        if self.count_padding and self.padding in ("same", "valid"):
            message = f"can't count its padding where that is {self.padding}"
            raise WrongShape(message, "write `padding: symmetric`, or how much there is", "count_padding")
        return super().shape(*shapes)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        if self.count_padding:
            around = border(self.padding, self.kernel, self.stride)
            x, padding = padded(g, inputs[0], self.kernel, self.stride, around)
            return self._mean(g, x, padding)
        x, padding = self._padded(g, inputs[0], 0.0)
        y = self._mean(g, x, padding)
        if x is inputs[0]:
            return y
        inside, _ = self._padded(g, g.tf.ones_like(inputs[0][:1, ..., :1]), 0.0)
        return y / self._mean(g, inside, padding)

    def _mean(self, g: Lowering, x: Any, padding: str) -> Any:
        pool = {1: g.tf.nn.avg_pool1d, 2: g.tf.nn.avg_pool2d, 3: g.tf.nn.avg_pool3d}[len(self.kernel)]
        return pool(x, self.kernel, self.stride, padding)


class MaxPool1D(MaxPool, LinePool, name="max_pool1d"):
    """The largest value in each window along one axis."""


class MaxPool2D(MaxPool, PlanePool, name="max_pool2d"):
    """The largest value in each window."""


class MaxPool3D(MaxPool, SpacePool, name="max_pool3d"):
    """The largest value in each window over depth, height and width."""

    DTYPES = UP_TO_FLOAT32
    FULL_PRECISION = True


class AvgPool1D(AvgPool, LinePool, name="avg_pool1d"):
    """The mean of each window along one axis; what lies outside the input does not count."""


class AvgPool2D(AvgPool, PlanePool, name="avg_pool2d"):
    """The mean of each window; what lies outside the input does not count."""


class AvgPool3D(AvgPool, SpacePool, name="avg_pool3d"):
    """The mean of each window over depth, height and width; what lies outside the input does not count."""

    DTYPES = UP_TO_FLOAT32
