"""An even kernel with padding `same` and stride 1: the output is shifted by half a pixel."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.graph.windows import with_window
from archspec.compiler.language.op import show
from archspec.compiler.program import Program
from archspec.diagnostics import Diagnostic

CODE = "AS404"
NAME = "even-kernel"
BAD = "layers: [c: {conv2d: 8, kernel: 4}]"
GOOD = "layers: [c: {conv2d: 8, kernel: 4, stride: 2}]"


def check(program: Program) -> Iterator[Diagnostic]:
    """A convolution that keeps the size of its input with a kernel that has no middle."""
    for node, op in with_window(program.graph, "kernel", "stride", "padding"):
        if "conv" not in op.GROUPS or op.padding != "same":
            continue
        if any(kernel % 2 == 0 and stride == 1 for kernel, stride in zip(op.kernel, op.stride, strict=True)):
            size = show(op.kernel)
            message = (
                f"{node.layer} has an even kernel, {size}, with padding same: its output is shifted by half a pixel"
            )
            yield Diagnostic(CODE, message, node.span, help=_help(op.kernel, op.stride), severity="warning")


def _help(kernel: tuple[int, ...], stride: tuple[int, ...]) -> str:
    """What to do: for stride 1, the numbers that mean the same and are meant."""
    if max(stride) > 1:
        return "take an odd kernel"
    sides = ", ".join(f"[{(size - 1) // 2}, {size // 2}]" for size in kernel)
    return f"take an odd kernel, or say which side has more: padding: [{sides}]"
