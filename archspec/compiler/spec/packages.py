"""The packages that a tree may name: the forms of acme are called `acme.twice`."""

from __future__ import annotations

import re

from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar

_DOTTED = re.compile(r"([^\W\d][\w-]*)(?:\.[^\W\d]\w*)+")


def packages_named(root: Node) -> frozenset[str]:
    """What stands before the dot of every key and text that may name a form of a package.

    A reference to an output (`parts.left`) or a file (`train.csv`) looks alike: a name more does no harm.
    """
    found: set[str] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            for key, value in node.pairs:
                waiting += (key, value)
        elif isinstance(node, Listing):
            waiting += node.items
        elif isinstance(node, Scalar) and "." in node.text and isinstance(node.value, str):
            match = _DOTTED.fullmatch(node.text)
            if match:
                found.add(match[1])
    return frozenset(found)
