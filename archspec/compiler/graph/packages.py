"""The packages whose forms a graph is made of."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.fields import Form


def packages_of(graph: Graph) -> frozenset[str]:
    """The packages other than archspec that bring its ops, initializers and draws."""
    values = (*(node.op for node in graph.nodes.values()), *(each.draw for each in graph.inputs.values()))
    names = (form.NAME for value in values for form in _forms(value))
    return frozenset(name.partition(".")[0] for name in names if "." in name)


def _forms(value: object) -> Iterator[Form]:
    """The forms in a value, itself included."""
    if isinstance(value, Form):
        yield value
        for inner in value.values().values():
            yield from _forms(inner)
