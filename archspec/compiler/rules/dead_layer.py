"""A layer that nothing uses: neither the output, a head, a loss, nor a metric needs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archspec.compiler.program import Program
from archspec.diagnostics import Diagnostic, Span

CODE = "AS403"
NAME = "dead-layer"
BAD = "layers: [a: {conv2d: 8, kernel: 1}, b: {conv2d: 8, kernel: 1}, c: {relu, from: a}]"
GOOD = "layers: [a: {conv2d: 8, kernel: 1}, b: {conv2d: 8, kernel: 1}, c: {add: [a, b]}]"


def check(program: Program) -> Iterator[Diagnostic]:
    """A layer from which no path leads to anything that is asked for."""
    graph = program.graph
    asked = [*graph.ends, *graph.heads.values()]
    for part in (*_losses(program), *_metrics(program)):
        names = (*part.tensors, getattr(part, "target", None), getattr(part, "mask", None))
        asked += [graph.endpoints.get(name, name) for name in names if name in graph.endpoints or name in graph.nodes]
    alive = graph.ending_at(asked).nodes
    seen: set[str] = set()
    for node in graph.nodes.values():
        if node.path not in alive and node.layer not in seen:
            seen.add(node.layer)
            source = _one_source(node.layer, program)
            if source is not None:
                message, help = "`from` goes to every copy, so only the last one leads on", "take `from` out"
                help = f"{help}: the first copy reads the layer above, each other the one before it"
                yield Diagnostic(CODE, message, source, help=help, severity="warning")
                continue
            yield Diagnostic(CODE, f"nothing uses {node.layer}", node.span, help="take it out", severity="warning")


def _one_source(layer: str, program: Program) -> Span | None:
    """The `from` that goes to every copy of a layer, or of one around it, so that all copies but the last are dead."""
    parts = layer.split("/")
    paths = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    return next((program.alike[path] for path in paths if path in program.alike), None)


def _losses(program: Program) -> list[Any]:
    return list(program.train.losses.values()) if program.train else []


def _metrics(program: Program) -> list[Any]:
    return list(program.eval.metrics.values()) if program.eval else []
