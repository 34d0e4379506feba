"""A dropout that drops everything: nothing comes through in training, and nothing before it learns."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.language.ops.dropout import Dropping
from archspec.compiler.program import Program
from archspec.diagnostics import Diagnostic

CODE = "AS422"
NAME = "dropping-all"
BAD = "layers: [flatten, d: {dropout: 1.0}, logits: {dense: 10}]"
GOOD = "layers: [flatten, d: {dropout: 0.5}, logits: {dense: 10}]"


def check(program: Program) -> Iterator[Diagnostic]:
    """Ops that drop with the rate 1."""
    for node in program.graph.nodes.values():
        if isinstance(node.op, Dropping) and node.op.rate == 1:
            message = f"{node.layer} drops all of its values in training"
            help = "the rate is the part that is dropped, not the part that is kept: write 0.5 or less"
            yield Diagnostic(CODE, message, node.span, help=help, severity="warning")
