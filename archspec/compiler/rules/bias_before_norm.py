"""A bias in front of a batch norm: the norm takes it away again, and it costs memory and time."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.program import Program
from archspec.diagnostics import Diagnostic

CODE = "AS401"
NAME = "bias-before-norm"
BAD = "layers: [c: {conv2d: 8, kernel: 3, norm: batch_norm, bias: true}]"
GOOD = "layers: [c: {conv2d: 8, kernel: 3, norm: batch_norm}]"


def check(program: Program) -> Iterator[Diagnostic]:
    """A biased layer whose output goes to a batch norm alone."""
    graph = program.graph
    readers: dict[str, list[str]] = {}
    for node in graph.nodes.values():
        for name in node.inputs:
            readers.setdefault(name, []).append(node.op.NAME)
    for node in graph.nodes.values():
        if getattr(node.op, "bias", None) is True and readers.get(node.path) == ["batch_norm"]:
            origin = node.values["bias"].origin if "bias" in node.values else None
            span = origin.span if origin is not None and origin.span is not None else node.span
            message = f"the bias of {node.layer} goes into a batch norm, which takes it away"
            yield Diagnostic(
                CODE, message, span, help="take `bias: true` out, or write `bias: false`", severity="warning"
            )
