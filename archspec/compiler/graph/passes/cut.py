"""A network that ends early, as a feature extractor does."""

from __future__ import annotations

from archspec.compiler.graph.graph import Graph
from archspec.dataclass import replace


def cut(graph: Graph, name: str) -> Graph:
    """What an end point or head needs, as a network of its own that ends there; raises KeyError.

    Before: x -> a -> b -> c, a head on a. After a cut at b: x -> a -> b.
    """
    path = (graph.heads | graph.endpoints)[name]
    return replace(graph.ending_at([path]), output=path, heads={}, outputs={})
