"""Whether two texts mean the same and hold the same comments: the formatter's safety net."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from archspec.compiler.format.scalars import KINDS
from archspec.compiler.syntax.nodes import Listing, Node, Scalar


def same(one: Node, other: Node) -> bool:
    """Whether two trees have the same shape, order, values and kinds of values."""
    return all(fact == fact_there for fact, fact_there in zip_longest(_facts(one), _facts(other)))


def _facts(node: Node) -> Iterator[object]:
    """All that a tree means, in order; NaN, which equals nothing, by its name."""
    if isinstance(node, Scalar):
        yield type(node.value), repr(node.value), node.text in KINDS and node.quoted
    elif isinstance(node, Listing):
        yield "list", len(node.items)
        for item in node.items:
            yield from _facts(item)
    else:
        yield "mapping", len(node.pairs)
        for key, value in node.pairs:
            yield from _facts(key)
            yield from _facts(value)
