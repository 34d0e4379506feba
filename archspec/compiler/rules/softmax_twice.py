"""A softmax or sigmoid under a loss that takes logits: the loss has its own, and trains slowly on what is left."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.graph.graph import Graph, Node
from archspec.compiler.program import Program
from archspec.diagnostics import Diagnostic

CODE = "AS402"
NAME = "softmax-twice"
_TRAIN = (
    "train: {{preprocess: [{{resize: 32}}], losses: {{main: {{softmax_cross_entropy: {}}}}}, "
    "optimizer: {{sgd: 0.1}}, batch: 8}}"
)
BAD = "layers: [flatten, logits: {dense: 10}, p: softmax]\n" + _TRAIN.format("p")
GOOD = "layers: [flatten, logits: {dense: 10}, p: softmax]\n" + _TRAIN.format("logits")
_SQUASHING = ("softmax", "sigmoid", "hard_sigmoid")
_MOVING = ("flatten", "reshape", "squeeze", "identity")


def check(program: Program) -> Iterator[Diagnostic]:
    """A field `logits` of a loss that names the output of a softmax or sigmoid."""
    graph = program.graph
    for name, loss in (program.train.losses if program.train else {}).items():
        logits = getattr(loss, "logits", None)
        node = _made_by(graph, graph.endpoints.get(logits, logits)) if isinstance(logits, str) else None
        if node is not None and node.op.NAME in _SQUASHING:
            resolved = program.values.get(f"train.losses.{name}.logits")
            span = resolved.origin.span if resolved is not None else node.span
            message = f"the loss `{name}` reads `{logits}`, which is after a {node.op.NAME}; it wants logits"
            help = f"name the layer in front of the {node.op.NAME}, or take that out"
            yield Diagnostic(CODE, message, span, help=help, severity="warning")


def _made_by(graph: Graph, tensor: str) -> Node | None:
    """The node that makes a tensor's numbers, before others that only arrange them."""
    node = graph.producer(tensor)
    while node is not None and node.op.NAME in _MOVING:
        node = graph.producer(node.inputs[0])
    return node
