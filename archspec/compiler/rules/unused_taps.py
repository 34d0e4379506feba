"""A kernel with positions that only ever meet padding: those weights learn nothing.

So a 3x3 kernel works as a 1x1 on a map of one pixel, or with a rate as large as the map (Chen et al. 2017,
https://arxiv.org/abs/1706.05587, section 3.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from archspec.compiler.graph.graph import Kind
from archspec.compiler.graph.windows import with_window
from archspec.compiler.language.op import Shape, show
from archspec.compiler.language.ops.window import border, extent
from archspec.compiler.program import Program
from archspec.diagnostics import Diagnostic

CODE = "AS407"
NAME = "unused-taps"
BAD = "layers: [p: {max_pool2d: 32, stride: 32, padding: valid}, c: {conv2d: 8, kernel: 3}]"
GOOD = "layers: [p: {max_pool2d: 16, stride: 16, padding: valid}, c: {conv2d: 8, kernel: 3}]"

_MOST_WINDOWS = 10_000
"""Windows that are looked at one by one; of more, positions between them count as used."""


def check(program: Program) -> Iterator[Diagnostic]:
    """A convolution of which some weights are never multiplied with a value of its input."""
    positions: dict[Kind, int] = {}
    for node, op in with_window(program.graph, "kernel", "stride", "padding"):
        every = prod(op.kernel)
        if "conv" not in op.GROUPS or op.padding == "valid" or every == 1:
            continue
        kind = program.graph.kind(node)
        size = kind[1][0][:-1]
        if kind not in positions:
            positions[kind] = used_positions(op, size)
        used = positions[kind]
        if used < every:
            rate = f" and rate {show(_rate(op))}" if max(_rate(op)) > 1 else ""
            message = (
                f"{node.layer} has kernel {show(op.kernel)}{rate} on an input of {show(size)}: "
                f"{every - used} of its {every} positions only ever meet padding"
            )
            yield Diagnostic(CODE, message, node.span, help="a smaller kernel, stride or rate", severity="warning")


def used_positions(op: Any, size: Shape) -> int:
    """How many positions of a convolution's kernel meet an input of these sizes somewhere."""
    return prod(_used(op, axis, n) for axis, n in enumerate(size))


def _rate(op: Any) -> tuple[int, ...]:
    found = getattr(op, "rate", None)
    return found if isinstance(found, tuple) else (1,) * len(op.kernel)


def _used(op: Any, axis: int, size: int | None) -> int:
    """How many of the kernel's positions along an axis meet the input somewhere.

    Tap t of the window that begins at s looks at s + t * rate. The windows begin at -before, -before + stride, ...; one
    of them puts the tap inside if the first is not past the end, and the last not before the beginning, where no stride
    is longer than the input; otherwise each window has taps of its own there.
    """
    kernel, stride, rate = op.kernel[axis], op.stride[axis], _rate(op)[axis]
    if size is None:
        return int(kernel)
    window = extent((kernel,), (rate,))
    padding = op.padding if isinstance(op.padding, str) else (op.padding[axis],)
    ((before, after),) = border(padding, window, (stride,), (size,))
    last = (before + size + after - window[0]) // stride * stride
    starts = [(before - last, before)]
    if stride > size and last // stride < _MOST_WINDOWS:
        starts = [(before - at, before - at) for at in range(0, last + 1, stride)]
    return sum(_taps(-(-first // rate), (past + size - 1) // rate, kernel) for first, past in starts)


def _taps(first: int, last: int, kernel: int) -> int:
    """How many taps there are from a first to a last one."""
    return max(min(last, kernel - 1) - max(first, 0) + 1, 0)
