"""Which ops a rule about windows can speak of: those that have what it asks for, of other packages too."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from archspec.compiler.graph.graph import Graph, Kind, Node
from archspec.compiler.language.op import Op


def with_window(graph: Graph, *fields: str) -> Iterator[tuple[Node, Any]]:
    """Every node whose op has these fields, with the op; sizes among them have one entry for each axis of its input."""
    fits: dict[Kind, bool] = {}
    for node in graph.nodes.values():
        op: Any = type(node.op)
        if not _can_have(op, fields):
            continue
        kind = graph.kind(node)
        if kind not in fits:
            fits[kind] = bool(node.inputs) and _fits(node.op, fields, len(kind[1][0]) - 1)
        if fits[kind]:
            yield node, node.op


@lru_cache(maxsize=1_000)
def _can_have(op: Any, fields: tuple[str, ...]) -> bool:
    """Whether ops of a class, which `op` is, can have these fields, whatever their values."""
    return all(name in op.FIELDS or hasattr(op, name) for name in fields)


def _fits(op: Op, fields: tuple[str, ...], axes: int) -> bool:
    for name in fields:
        value = getattr(op, name, None)
        if not isinstance(value, str) and not _sizes(value, axes) and not _sides(value, axes):
            return False
    return True


def _sizes(value: object, axes: int) -> bool:
    return isinstance(value, tuple) and len(value) == axes and set(map(type, value)) <= {int} and min(value) > 0


def _sides(value: object, axes: int) -> bool:
    return isinstance(value, tuple) and len(value) == axes and all(isinstance(v, tuple) and len(v) == 2 for v in value)
