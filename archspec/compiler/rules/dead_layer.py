"""A layer that nothing uses: neither the output, a head, a loss, nor a metric needs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archspec.compiler.graph.graph import Node
from archspec.compiler.program import Program
from archspec.compiler.spec.names import problem_of
from archspec.diagnostics import Diagnostic, Span

CODE = "AS403"
NAME = "dead-layer"
BAD = "layers: [a: {conv2d: 8, kernel: 1}, b: {conv2d: 8, kernel: 1}, c: {relu, from: a}]"
GOOD = "layers: [a: {conv2d: 8, kernel: 1}, b: {conv2d: 8, kernel: 1}, c: {add: [a, b]}]"


_MOST_OUTPUTS = 8
"""Outputs that a remedy names."""


def check(program: Program) -> Iterator[Diagnostic]:
    """A layer from which no path leads to anything that is asked for; its copies, and calls, are one finding."""
    graph = program.graph
    asked = [*graph.ends, *graph.heads.values()]
    for part in (*_losses(program), *_metrics(program)):
        names = (*part.tensors, getattr(part, "target", None), getattr(part, "mask", None))
        asked += [graph.endpoints.get(name, name) for name in names if name in graph.endpoints or name in graph.nodes]
    alive = graph.leading_to(asked)
    dead = {path: node for path, node in graph.nodes.items() if path not in alive}
    if not dead:
        return
    read = {source.path for node in dead.values() for name in node.inputs if (source := graph.producer(name))}
    places: dict[Span | None, list[Node]] = {}
    for node in dead.values():
        if node.path not in read:
            places.setdefault(_one_source(node.layer, program) or node.span, []).append(node)
    used = {graph.nodes[path].span for path in alive}
    remedy = _remedy([nodes[0] for span, nodes in places.items() if span not in used], program)
    for span, nodes in places.items():
        if nodes[0].span != span:
            yield _finding("`from` goes to every copy, so only the last one leads on", span, _FROM)
        else:
            message = f"nothing uses {nodes[0].layer}{_with_it(nodes, dead, program)}"
            only = ": only the last layer is an output" if not graph.outputs and span not in used else ""
            help = remedy if _output_name(nodes[0], program) else "take it out"
            if span is not None and span.file != program.file:
                help = f"{help}; a network in a network ends with `until`"
            yield _finding(message + only, span, _COPIES if span in used else help)


_FROM = "take `from` out: the first copy reads the layer above, each other the one before it"
_COPIES = "other copies are used: let each read the one before it, or leave out those that nothing needs"


def _finding(message: str, span: Span | None, help: str) -> Diagnostic:
    return Diagnostic(CODE, message, span, help=help, severity="warning")


def _with_it(nodes: list[Node], dead: dict[str, Node], program: Program) -> str:
    """What is as dead as the first of the layers at one place: its copies, and all that only lead to them."""
    layers = {node.layer for node in nodes}
    needed = program.graph.leading_to([node.path for node in nodes])
    leading = len({dead[path].layer for path in needed if path in dead} - layers)
    copies = len(layers) - 1
    found = f", nor {copies} more {'copies' if copies > 1 else 'copy'} of it" if copies else ""
    if leading:
        found += f", nor the {leading} layer{'s' if leading > 1 else ''} that lead{'' if leading > 1 else 's'} to it"
    return found


def _remedy(ends: list[Node], program: Program) -> str:
    """What to do about all layers at which the graph ends and that nothing uses."""
    if program.graph.outputs:
        return "take it out, or name it under `outputs`"
    last = program.graph.producer(program.graph.output)
    names = [name for node in ends if (name := _output_name(node, program))]
    names.append(_output_name(last, program) if last is not None else "")
    if not names[-1] or len(names) > _MOST_OUTPUTS:
        return "take it out, or name all outputs under `outputs`"
    return f"take it out, or name several outputs: `outputs: {{{', '.join(f'{n.lower()}: {n}' for n in names)}}}`"


def _output_name(node: Node, program: Program) -> str:
    """The outermost name under which a layer's tensor can be an output; empty where it has none."""
    names = (name for name, tensor in program.graph.endpoints.items() if tensor in node.tensors)
    return min((name for name in names if not problem_of(name)), key=len, default="")


def _one_source(layer: str, program: Program) -> Span | None:
    """The `from` that goes to every copy of a layer, or of one around it, so that all copies but the last are dead."""
    parts = layer.split("/")
    paths = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    return next((program.alike[path] for path in paths if path in program.alike), None)


def _losses(program: Program) -> list[Any]:
    return list(program.train.losses.values()) if program.train else []


def _metrics(program: Program) -> list[Any]:
    return list(program.eval.metrics.values()) if program.eval else []
