"""A batch norm whose moving averages change too slowly for the training: at its end they are still the first ones.

They keep decay ** n of where they began after n steps, so that evaluation sees another network than training. A decay
averages over 1 / (1 - decay) steps; the training should have three times as many, or the norm `warmup: true`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archspec.compiler.expand.names import means
from archspec.compiler.graph.graph import Graph, Node
from archspec.compiler.program import Program
from archspec.diagnostics import Diagnostic

CODE = "AS420"
NAME = "slow-norm"
_TRAIN = (
    "train: {preprocess: [{resize: 32}], losses: {main: {softmax_cross_entropy: logits}}, "
    "optimizer: {sgd: 0.1}, batch: 8, steps: 300}"
)
_LAYERS = (
    "defaults: {{batch_norm: {{{}}}}}\n"
    "layers: [c: {{conv2d: 8, kernel: 3, norm: batch_norm}}, flatten, logits: {{dense: 10}}]\n"
)
BAD = _LAYERS.format("decay: 0.9997") + _TRAIN
GOOD = _LAYERS.format("decay: 0.9997, warmup: true") + _TRAIN


def check(program: Program) -> Iterator[Diagnostic]:
    """The first such norm, where the spec says how many steps the training has."""
    if program.train is not None and program.train.steps is not None:
        yield from slow_norms(program.graph, program.train.freeze, program.train.steps)


def slow_norms(graph: Graph, freeze: tuple[str, ...], steps: int) -> Iterator[Diagnostic]:
    """One finding about all norms that are too slow for so many steps, at the first of them."""
    slow = [node for node in graph.nodes.values() if _is_slow(node, steps) and not _frozen(node, freeze)]
    if not slow:
        return
    op: Any = slow[0].op
    resolved = slow[0].values.get("decay")
    span = resolved.origin.span if resolved is not None and resolved.origin.span is not None else slow[0].span
    more = f" and {len(slow) - 1} more" if len(slow) > 1 else ""
    long = "for ever" if op.decay == 1 else f"over {1 / (1 - op.decay):.0f} steps"
    message = f"batch norm in {slow[0].layer}{more} averages {long}, and the training has {steps}"
    help = f"evaluation would see half-made averages: write `warmup: true`, or `decay: {_fitting(steps)}`"
    yield Diagnostic(CODE, message, span, help=help, severity="warning")


def _is_slow(node: Node, steps: int) -> bool:
    op: Any = node.op
    return op.NAME == "batch_norm" and not op.warmup and (1 - op.decay) * steps < 3


def _frozen(node: Node, freeze: tuple[str, ...]) -> bool:
    return any(means(pattern, node.layer) for pattern in freeze)


def _fitting(steps: int) -> float:
    """A decay that averages over a tenth of the steps."""
    return float(f"{1 - 1 / max(2, steps / 10):.2g}")
