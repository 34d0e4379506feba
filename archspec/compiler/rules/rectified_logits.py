"""A ReLU on the logits of a loss: what is below zero is cut off, so that the loss cannot tell such classes apart."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.program import Program
from archspec.diagnostics import Diagnostic

CODE = "AS421"
NAME = "rectified-logits"
_TRAIN = (
    "train: {preprocess: [{resize: 32}], losses: {main: {softmax_cross_entropy: logits}}, "
    "optimizer: {sgd: 0.1}, batch: 8}"
)
BAD = "layers: [flatten, logits: {dense: 10, activation: relu}]\n" + _TRAIN
GOOD = "layers: [flatten, logits: {dense: 10}]\n" + _TRAIN
_CUTTING = ("relu", "relu6")


def check(program: Program) -> Iterator[Diagnostic]:
    """A field `logits` of a loss that names the output of a ReLU."""
    graph = program.graph
    for name, loss in (program.train.losses if program.train else {}).items():
        logits = getattr(loss, "logits", None)
        tensor = graph.endpoints.get(logits, logits) if isinstance(logits, str) else None
        node = graph.nodes.get(tensor) if tensor is not None else None
        if node is not None and node.op.NAME in _CUTTING:
            message = f"the loss `{name}` reads `{logits}`, which is after a {node.op.NAME}: logits below 0 are cut off"
            help = "write `activation: null` on that layer, or take the activation out"
            yield Diagnostic(CODE, message, node.span, help=help, severity="warning")
