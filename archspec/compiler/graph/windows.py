"""Which ops a rule about windows can speak of: those that have what it asks for, of other packages too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archspec.compiler.graph.graph import Graph, Node
from archspec.compiler.language.op import Op


def with_window(graph: Graph, *fields: str) -> Iterator[tuple[Node, Any]]:
    """Every node whose op has these fields, with the op; sizes among them have one entry for each axis of its input."""
    fits: dict[tuple[int, int], bool] = {}
    for node in graph.nodes.values():
        if node.inputs:
            axes = len(graph.shape(node.inputs[0])) - 1
            key = id(node.op), axes
            if key not in fits:
                fits[key] = _fits(node.op, fields, axes)
            if fits[key]:
                yield node, node.op


def _fits(op: Op, fields: tuple[str, ...], axes: int) -> bool:
    values = [getattr(op, name, None) for name in fields]
    return None not in values and all(isinstance(value, str) or _sizes(value, axes) for value in values)


def _sizes(value: object, axes: int) -> bool:
    return isinstance(value, tuple) and len(value) == axes and all(isinstance(size, int) and size > 0 for size in value)
