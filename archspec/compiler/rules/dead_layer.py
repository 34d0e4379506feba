"""A layer that nothing uses: neither the output, a head, a loss, nor a metric needs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archspec.compiler.graph.graph import Node
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
    dead = {path: node for path, node in graph.nodes.items() if path not in alive}
    read = {source.path for node in dead.values() for name in node.inputs if (source := graph.producer(name))}
    for node in dead.values():
        if node.path not in read:
            yield _finding(node, dead, program)


def _finding(node: Node, dead: dict[str, Node], program: Program) -> Diagnostic:
    """What is said of a dead layer that no other one reads, and with it of all that only lead to it."""
    source = _one_source(node.layer, program)
    if source is not None:
        message, help = "`from` goes to every copy, so only the last one leads on", "take `from` out"
        help = f"{help}: the first copy reads the layer above, each other the one before it"
        return Diagnostic(CODE, message, source, help=help, severity="warning")
    before = {other.layer for other in program.graph.ending_at([node.path]).nodes.values() if other.path in dead}
    count = len(before - {node.layer})
    with_it = f", nor the {count} layer{'s' if count > 1 else ''} that lead{'' if count > 1 else 's'} to it"
    message = f"nothing uses {node.layer}{with_it if count else ''}: only the last layer is an output"
    end = program.graph.producer(program.graph.output)
    named = [each.layer.partition("/")[0] for each in (node, end) if each is not None]
    help = f"take it out, or name several outputs: `outputs: {{{', '.join(f'{n.lower()}: {n}' for n in named)}}}`"
    if program.graph.outputs:
        message = f"nothing uses {node.layer}{with_it if count else ''}"
        help = "take it out, or name it under `outputs`"
    return Diagnostic(CODE, message, node.span, help=help, severity="warning")


def _one_source(layer: str, program: Program) -> Span | None:
    """The `from` that goes to every copy of a layer, or of one around it, so that all copies but the last are dead."""
    parts = layer.split("/")
    paths = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    return next((program.alike[path] for path in paths if path in program.alike), None)


def _losses(program: Program) -> list[Any]:
    return list(program.train.losses.values()) if program.train else []


def _metrics(program: Program) -> list[Any]:
    return list(program.eval.metrics.values()) if program.eval else []
