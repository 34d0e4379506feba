"""Ops that make feature maps larger or smaller without weights."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import ANY_DTYPE, UP_TO_FLOAT32, Lowering, Op, Shape, Sight, WrongShape, show
from archspec.compiler.language.ops.window import channels, need_map
from archspec.compiler.language.types import Pair


class Upsample(Op, name="upsample"):
    """Height and width times a whole number, on the grid of half-pixel centres (TensorFlow 2's and PyTorch's)."""

    EXAMPLE = "- larger: {upsample: 2, method: bilinear}"

    DTYPES = UP_TO_FLOAT32
    FULL_PRECISION = True

    factor: Pair = field(main=True, minimum=1, doc="by what height and width are multiplied")
    method: str = field(default="nearest", choices=("nearest", "bilinear"), doc="how values between are found")

    def shape(self, *shapes: Shape) -> Shape:
        """(height * factor, width * factor, channels)."""
        *positions, last = need_map(shapes[0])
        return *(None if n is None else n * f for n, f in zip(positions, self.factor, strict=True)), last

    def sees(self, sight: Sight, given: Shape, made: Shape) -> Sight | None:
        """With bilinear, two neighbours along each axis that grows."""
        taps = [1 + (self.method == "bilinear" and f > 1) for f in self.factor]
        return sight.through(taps, [1 / f for f in self.factor])

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x = inputs[0]
        y = g.tf.image.resize(x, g.tf.shape(x)[1:3] * g.tf.constant(self.factor), self.method)
        return g.tf.ensure_shape(y, [None, *self.shape(tuple(x.shape[1:]))])


_TAPS = {"nearest": 1, "bilinear": 2, "bicubic": 4}


class Resize(Op, name="resize"):
    """Height and width to a size, or times a factor, by TensorFlow's kernels, which do not smooth what gets smaller.

    The grid says where output i of m looks among n inputs. center: (i + 0.5) * n / m - 0.5 (TensorFlow 2; PyTorch's
    align_corners=False); aligned: i * (n - 1) / (m - 1), corner pixels upon corner pixels (align_corners=True); corner:
    i * n / m (TensorFlow 1). bicubic is Keys's kernel with a = -0.5 for center, which leaves out what lies outside the
    input, and with a = -0.75 for the others, which repeat its border.
    """

    EXAMPLE = "- mask: [scores: {conv2d: 21, kernel: 1}, larger: {resize: 224, grid: aligned}]"

    DTYPES = UP_TO_FLOAT32
    FULL_PRECISION = True

    size: Pair | None = field(default=None, main=True, minimum=1, doc="height and width of the output", unit="pixels")
    factor: float | None = field(
        default=None, above=0, doc="by what height and width are multiplied, the result rounded down"
    )
    method: str = field(default="bilinear", choices=tuple(_TAPS), doc="how values between are found")
    grid: str = field(default="center", choices=("center", "aligned", "corner"), doc="where the samples lie")

    def shape(self, *shapes: Shape) -> Shape:
        """(height', width', channels): the size, or floor(n * factor)."""
        *positions, last = need_map(shapes[0])
        if (self.size is None) == (self.factor is None):
            given = "both" if self.size is not None else "neither"
            help = "write `resize: 32x32` or `factor: 0.5`"
            raise WrongShape(f"needs a size or a factor, got {given}", help, "factor")
        if self.size is not None:
            return *self.size, last
        assert self.factor is not None
        sizes = tuple(None if n is None else int(n * self.factor) for n in positions)
        if 0 in sizes:
            message = f"times {self.factor:g} leaves nothing of {show(shapes[0])}"
            raise WrongShape(message, "use a larger factor, or a larger input", "factor")
        return *sizes, last

    def sees(self, sight: Sight, given: Shape, made: Shape) -> Sight | None:
        """As many neighbours as the method reads; None where a size is not known before run time."""
        if None in (*given, *made):
            return None
        ratios = [before / after for before, after in zip(given[:-1], made[:-1], strict=True) if before and after]
        return sight.through([_TAPS[self.method]] * 2, ratios)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        x, tf = inputs[0], g.tf
        height, width, _ = self.shape(tuple(x.shape[1:]))
        # tf.image.resize has the grid of half-pixel centres only; the others are in the kernels behind it.
        kernels = {
            "nearest": tf.raw_ops.ResizeNearestNeighbor,
            "bilinear": tf.raw_ops.ResizeBilinear,
            "bicubic": tf.raw_ops.ResizeBicubic,
        }
        sizes = [self._length(g, x, axis) if n is None else n for axis, n in ((1, height), (2, width))]
        grid = {"align_corners": self.grid == "aligned", "half_pixel_centers": self.grid == "center"}
        y = tf.cast(kernels[self.method](images=x, size=sizes, **grid), x.dtype)
        return tf.ensure_shape(y, [None, height, width, x.shape[-1]])

    def _length(self, g: Lowering, x: Any, axis: int) -> Any:
        return g.tf.cast(g.tf.cast(g.tf.shape(x)[axis], g.tf.float64) * self.factor, g.tf.int32)


class SpaceToDepth(Op, name="space_to_depth"):
    """Blocks of pixels to channels: y[i, j, (a * n + b) * channels + c] = x[i * n + a, j * n + b, c]."""

    DTYPES = ANY_DTYPE

    factor: int = field(main=True, minimum=2, doc="n, height and width of a block", unit="pixels")

    def shape(self, *shapes: Shape) -> Shape:
        """(height / n, width / n, channels * n * n)."""
        *positions, _ = need_map(shapes[0])
        if any(n is not None and n % self.factor for n in positions):
            message = f"needs height and width that {self.factor} divides, got {show(shapes[0])}"
            raise WrongShape(message, "put `pad` or `crop` before it, or use another factor", "factor")
        sizes = (None if n is None else n // self.factor for n in positions)
        return *sizes, channels(shapes[0]) * self.factor**2

    def sees(self, sight: Sight, given: Shape, made: Shape) -> Sight | None:
        """A block."""
        return sight.through([self.factor] * 2, [self.factor] * 2)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.space_to_depth(inputs[0], self.factor)


class DepthToSpace(Op, name="depth_to_space"):
    """Channels to blocks of pixels, the way back of space_to_depth: y[i * n + a, j * n + b, c] = x[i, j, …].

    Sub-pixel convolution (Shi et al. 2016, https://arxiv.org/abs/1609.05158). PyTorch's pixel_shuffle has the channels
    in another order: c * n * n + a * n + b.
    """

    DTYPES = ANY_DTYPE

    factor: int = field(main=True, minimum=2, doc="n, height and width of a block", unit="pixels")

    def shape(self, *shapes: Shape) -> Shape:
        """(height * n, width * n, channels / (n * n))."""
        *positions, _ = need_map(shapes[0])
        size, block = channels(shapes[0]), self.factor**2
        if size % block:
            message = f"needs channels that {block} divides, got {show(shapes[0])}"
            raise WrongShape(message, f"give the layer before it {(size // block + 1) * block} filters", "factor")
        return *(None if n is None else n * self.factor for n in positions), size // block

    def sees(self, sight: Sight, given: Shape, made: Shape) -> Sight | None:
        """One element of the input."""
        return sight.through([1, 1], [1 / self.factor] * 2)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.depth_to_space(inputs[0], self.factor)
