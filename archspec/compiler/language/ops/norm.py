"""Normalizations without weights."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import UP_TO_FLOAT32, Lowering, Op, Shape
from archspec.compiler.language.ops.axes import AXIS, sized_axis
from archspec.compiler.language.ops.window import need_map


class L2Normalize(Op, name="l2_normalize"):
    """Each vector along an axis to length 1: x / sqrt(max(sum of x ** 2, epsilon))."""

    EXAMPLE = """
    - pool: global_avg_pool
    - vector: {dense: 64}
    - unit: l2_normalize
    """

    FULL_PRECISION = True

    axis: int = field(default=-1, doc=AXIS)
    epsilon: float = field(default=1e-12, above=0, doc="least squared length, which keeps the divisor from zero")

    def shape(self, *shapes: Shape) -> Shape:
        """The input's."""
        sized_axis(shapes[0], self.axis)
        return shapes[0]

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        axis = sized_axis(tuple(inputs[0].shape[1:]), self.axis) + 1
        return g.tf.math.l2_normalize(inputs[0], axis, self.epsilon)


class LocalResponseNorm(Op, name="local_response_norm"):
    """x / (bias + alpha * sum of x ** 2 over the channels at most depth_radius away) ** beta.

    Krizhevsky et al. 2012, section 3.3.
    """

    EXAMPLE = "- norm1: {local_response_norm, depth_radius: 4, alpha: 1e-4, beta: 0.75}"

    DTYPES = UP_TO_FLOAT32
    FULL_PRECISION = True

    depth_radius: int = field(default=5, minimum=0, doc="channels on each side that count")
    bias: float = field(default=1.0, above=0, doc="keeps the divisor from zero")
    alpha: float = field(default=1.0, minimum=0, doc="factor of the sum of squares")
    beta: float = field(default=0.5, minimum=0, doc="exponent")

    def shape(self, *shapes: Shape) -> Shape:
        """The input's, which must be height x width x channels."""
        return need_map(shapes[0])

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.local_response_normalization(inputs[0], self.depth_radius, self.bias, self.alpha, self.beta)
