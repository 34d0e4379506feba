"""A stride larger than the kernel: part of the input is never looked at."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.graph.windows import with_window
from archspec.compiler.language.op import show
from archspec.compiler.program import Program
from archspec.diagnostics import Diagnostic

CODE = "AS405"
NAME = "stride-over-kernel"
BAD = "layers: [c: {conv2d: 8, kernel: 2, stride: 3, padding: valid}]"
GOOD = "layers: [c: {conv2d: 8, kernel: 3, stride: 3}]"


def check(program: Program) -> Iterator[Diagnostic]:
    """A stride over a kernel of more than one pixel; 1x1 with a stride is the deliberate way to take every n-th."""
    for node, op in with_window(program.graph, "kernel", "stride"):
        if not op.SPATIAL or max(op.kernel) == 1:
            continue
        if any(stride > kernel for kernel, stride in zip(op.kernel, op.stride, strict=True)):
            kernel, stride = show(op.kernel), show(op.stride)
            message = f"{node.layer} has stride {stride} and kernel {kernel}: part of its input is never looked at"
            yield Diagnostic(CODE, message, node.span, help="a larger kernel, or a smaller stride", severity="warning")
