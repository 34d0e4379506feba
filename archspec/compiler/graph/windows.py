"""Which ops a rule about windows can speak of: those that have what it asks for, of other packages too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archspec.compiler.graph.graph import Graph, Node


def with_window(graph: Graph, *fields: str) -> Iterator[tuple[Node, Any]]:
    """Every node whose op has these fields, with the op; sizes among them have one entry for each axis of its input."""
    for node in graph.nodes.values():
        op: Any = node.op
        values = [getattr(op, name, None) for name in fields]
        if None in values or not node.inputs:
            continue
        axes = len(graph.shape(node.inputs[0])) - 1
        if all(isinstance(value, str) or _sizes(value, axes) for value in values):
            yield node, op


def _sizes(value: object, axes: int) -> bool:
    return isinstance(value, tuple) and len(value) == axes and all(isinstance(size, int) and size > 0 for size in value)
