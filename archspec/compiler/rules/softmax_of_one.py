"""A softmax over one class: it is always 1, whatever the network says."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.language.ops.softmax import Softmax
from archspec.compiler.program import Program
from archspec.diagnostics import Diagnostic

CODE = "AS408"
NAME = "softmax-of-one"
BAD = "layers: [flatten, logits: {dense: 1}, p: softmax]"
GOOD = "layers: [flatten, logits: {dense: 1}, p: sigmoid]"


def check(program: Program) -> Iterator[Diagnostic]:
    """A softmax whose axis has one element."""
    for node in program.graph.nodes.values():
        if isinstance(node.op, Softmax) and node.shape[node.op.axis] == 1:
            message = f"{node.layer} is a softmax over one class, so it is always 1"
            yield Diagnostic(CODE, message, node.span, help="use sigmoid, or two classes", severity="warning")
