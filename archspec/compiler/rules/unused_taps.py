"""A kernel with positions that only ever meet padding: those weights learn nothing.

So a 3x3 kernel works as a 1x1 on a map of one pixel, or with a rate as large as the map (Chen et al. 2017,
https://arxiv.org/abs/1706.05587, section 3.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from archspec.compiler.language.op import Shape, show
from archspec.compiler.language.ops.window import extent
from archspec.compiler.program import Program
from archspec.diagnostics import Diagnostic

CODE = "AS407"
NAME = "unused-taps"
BAD = "layers: [p: {max_pool2d: 32, stride: 32, padding: valid}, c: {conv2d: 8, kernel: 3}]"
GOOD = "layers: [p: {max_pool2d: 16, stride: 16, padding: valid}, c: {conv2d: 8, kernel: 3}]"


def check(program: Program) -> Iterator[Diagnostic]:
    """A convolution of which some weights are never multiplied with a value of its input."""
    for node in program.graph.nodes.values():
        op: Any = node.op
        if "conv" not in op.GROUPS or op.padding == "valid":
            continue
        size = program.graph.shape(node.inputs[0])[:-1]
        used = used_positions(op, size)
        every = prod(op.kernel)
        if used < every:
            rate = f" and rate {show(op.rate)}" if max(op.rate) > 1 else ""
            message = (
                f"{node.layer} has kernel {show(op.kernel)}{rate} on an input of {show(size)}: "
                f"{every - used} of its {every} positions only ever meet padding"
            )
            yield Diagnostic(CODE, message, node.span, help="a smaller kernel, stride or rate", severity="warning")


def used_positions(op: Any, size: Shape) -> int:
    """How many positions of a convolution's kernel meet an input of (height, width) somewhere."""
    return prod(_used(op, axis, n) for axis, n in enumerate(size))


def _used(op: Any, axis: int, size: int | None) -> int:
    """How many of the kernel's positions along an axis meet the input somewhere."""
    kernel, stride, rate = op.kernel[axis], op.stride[axis], op.rate[axis]
    if size is None:
        return int(kernel)
    window = extent((kernel, kernel), (rate, rate))[0]
    steps = -(-size // stride)
    even = op.padding == "symmetric" and stride > 1
    before = (window - 1) // 2 if even else max((steps - 1) * stride + window - size, 0) // 2
    # Tap t of the first window stands at t * rate - before, of the last one (steps - 1) strides further; strides are
    # no longer than the input unless there is one window, so that none can step over it.
    first = max(-(-(before - (steps - 1) * stride) // rate), 0)
    last = min((size - 1 + before) // rate, kernel - 1)
    return int(max(last - first + 1, 0))
