"""A softmax under softmax_cross_entropy: the loss takes logits and has its own softmax."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.language.forms.losses.classes import SoftmaxCrossEntropy
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


def check(program: Program) -> Iterator[Diagnostic]:
    """A loss whose tensor is the output of a softmax."""
    graph = program.graph
    for name, loss in (program.train.losses if program.train else {}).items():
        if not isinstance(loss, SoftmaxCrossEntropy):
            continue
        node = graph.nodes.get(graph.endpoints.get(loss.logits, loss.logits))
        if node is not None and node.op.NAME == "softmax":
            resolved = program.values.get(f"train.losses.{name}.logits")
            span = resolved.origin.span if resolved is not None else node.span
            message = f"the loss `{name}` reads `{loss.logits}`, which is after a softmax; it wants logits"
            yield Diagnostic(CODE, message, span, help="name the layer in front of the softmax", severity="warning")
