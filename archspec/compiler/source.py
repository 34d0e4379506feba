"""YAML text to a tree of nodes, each with its place in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Union

from archspec.diagnostics import Span

Plain = Union[None, bool, int, float, str]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A YAML scalar: its YAML 1.2 core value, its text as written, and whether it was quoted."""

    value: Plain
    text: str
    span: Span
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A YAML sequence."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    """A YAML mapping; keys are scalars and unique."""

    pairs: tuple[tuple[Scalar, Node], ...]
    span: Span

    def get(self, name: str) -> Node | None:
        """The value under a key, or None where the key is absent."""
        return next((value for key, value in self.pairs if key.text == name), None)

    def key(self, name: str) -> Scalar | None:
        """The key itself, for its place."""
        return next((key for key, _ in self.pairs if key.text == name), None)

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        return iter(self.pairs)


Node = Union[Scalar, Listing, Mapping]


def plain(node: Node) -> object:
    """The node as plain Python values."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.pairs}
