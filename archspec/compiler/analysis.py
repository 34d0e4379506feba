"""A spec as an editor sees it: what is wrong, what could be read in spite of that, and what stands at a position."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Readable

from archspec.compiler.expand import expand
from archspec.compiler.graph.graph import Node as GraphNode
from archspec.compiler.language.budget import Budget
from archspec.compiler.language.provenance import Resolved, Values
from archspec.compiler.program import Program, check_document
from archspec.compiler.resolve import Resolver
from archspec.compiler.rules import check_rules
from archspec.compiler.spec.reading import read_file
from archspec.compiler.spec.records import Document
from archspec.compiler.spec.sources import Sources
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.compiler.training.sections import read_sections
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Diagnostic, Findings, Span


@dataclass(frozen=True)
class Standing:
    """What stands at a position: a node and the keys that lead to it, items of lists counted from 0.

    `values` are those that it gave, by name (`conv1.filters`, `train.batch`), also where another stood over it;
    `nodes` are the graph's, of the layer whose name stands here.
    """

    node: Node
    path: tuple[str, ...]
    values: Values = field(default_factory=dict)
    nodes: tuple[GraphNode, ...] = ()


@dataclass(frozen=True)
class Analysis:
    """What is known of a spec; the document is there in spite of mistakes, the program only without them.

    `trees` are the files as they are written, `values` and `nodes` what came of them, by the place that said it.
    """

    findings: tuple[Diagnostic, ...]
    sources: Readable[str, str]
    trees: Readable[str, Node]
    document: Document | None = None
    program: Program | None = None
    is_whole: bool = True
    """Whether every file was read to its end."""
    values: Readable[Span, Values] = field(default_factory=dict)
    nodes: Readable[Span, tuple[GraphNode, ...]] = field(default_factory=dict)

    def at(self, file: str, line: int, column: int) -> Standing | None:
        """The innermost node at a position, counted from 1; a key stands for its value. None outside of all."""
        root = self.trees.get(file)
        found = _innermost(root, (line, column)) if root is not None else None
        if found is None:
            return None
        key, node, path = found
        name = key.span if key is not None else None
        return Standing(node, path, self.values.get(node.span, {}), self.nodes.get(name, ()) if name else ())


def analyse(path: str, overlays: Readable[str, str] | None = None) -> Analysis:
    """What is known of `FILE`, `FILE#VARIANT` or `zoo:NAME`; `overlays` stand for the contents of files."""
    findings, sources = Findings(), Sources(overlays or {}, partly=True)
    document, variant = read_file(path, findings, sources)
    program = None
    if document is not None and not findings.errors:
        programs = check_document(document, variant, findings)
        for one in programs:
            findings.extend(check_rules(one))
        program = programs[0] if programs else None
    values, nodes = _results(document, variant, program)
    by_place: dict[Span, Values] = {}
    for name, resolved in values:
        for span in _said_at(resolved):
            by_place.setdefault(span, {})[name] = resolved
    by_layer: dict[Span, tuple[GraphNode, ...]] = {}
    for node in nodes:
        if node.span is not None:
            by_layer[node.span] = (*by_layer.get(node.span, ()), node)
    whole, items = not sources.unfinished, tuple(findings.items)
    return Analysis(items, sources.texts, sources.trees, document, program, whole, by_place, by_layer)


def _results(
    document: Document | None, variant: str, program: Program | None
) -> tuple[list[tuple[str, Resolved]], list[GraphNode]]:
    """Every value by name, and every node, of the program; where there is none, of what could be made."""
    if program is not None:
        nodes, calls = program.graph.nodes, program.calls
        hyperparameters, values = program.hyperparameters, program.values
    elif document is not None:
        resolver = Resolver(Findings(), document.registry, history=document.sources.history)
        expanded = expand(document, variant, {}, Budget(), resolver)
        nodes, calls, hyperparameters = expanded.nodes, expanded.calls, expanded.hyperparameters
        values = read_sections(document, expanded, resolver).values
    else:
        return [], []
    found = [(f"hyperparameters.{name}", value) for name, value in hyperparameters.items()]
    found += values.items()
    for path, arguments in calls.items():
        found += [(f"{path}.{name}", value) for name, value in arguments.items()]
    for node in nodes.values():
        found += [(f"{node.path}.{name}", value) for name, value in node.values.items()]
    return found, list(nodes.values())


def _said_at(resolved: Resolved) -> Iterator[Span]:
    """The places that said a value, those that lost included."""
    for origin in (resolved.origin, *(candidate.origin for candidate in resolved.lost)):
        if origin.span is not None:
            yield origin.span


def _innermost(root: Node, position: tuple[int, int]) -> tuple[Scalar | None, Node, tuple[str, ...]] | None:
    """The innermost node at a position, with its key and its path."""
    if not _holds(root.span, position):
        return None
    key: Scalar | None = None
    node, path = root, tuple[str, ...]()
    while (inner := _child(node, position)) is not None:
        key, name, node, on_key = inner
        path = (*path, name)
        if on_key:
            break
    return key, node, path


def _child(node: Node, position: tuple[int, int]) -> tuple[Scalar | None, str, Node, bool] | None:
    """The key, the name and the node of the child at a position, and whether it is the key that stands there."""
    if isinstance(node, Mapping):
        for key, value in node.pairs:
            if _holds(key.span, position) or _holds(value.span, position):
                return key, key.text, value, _holds(key.span, position)
    elif isinstance(node, Listing):
        for number, item in enumerate(node.items):
            if _holds(item.span, position):
                return None, str(number), item, False
    return None


def _holds(span: Span, position: tuple[int, int]) -> bool:
    """Whether a position lies in a stretch of text, or right behind it, where somebody is typing."""
    return (span.line, span.column) <= position <= (span.end_line, span.end_column)
