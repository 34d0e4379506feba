"""What follows from a node's path, and so need not be written."""

from __future__ import annotations

from archspec.compiler.graph.graph import Node
from archspec.compiler.language.op import Op


def regular_layer(path: str, nodes: dict[str, Node]) -> str:
    """The layer that made the node: its own path, or that of the node that it follows (`conv1` for `conv1/relu`)."""
    parent = nodes.get(path.rpartition("/")[0])
    return parent.layer if parent is not None else path


def regular_variables(path: str, layer: str, op: Op, root: str) -> str:
    """The prefix of the node's variables: root and path, silent parts left out; a follower goes by its class's name."""
    parts = [part for part in path.split("/") if not (part.startswith("(") and part.endswith(")"))]
    if layer != path:
        parts[-1:] = [type(op).__name__]
    return "/".join(part for part in (root, *parts) if part)
