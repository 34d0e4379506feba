"""The tree of a YAML text: nodes, each with its place in the file."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.dataclass import dataclass, field
from archspec.diagnostics import Span

Plain = bool | int | float | str | None


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
    _index: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {key.text: i for i, (key, _) in enumerate(self.pairs)})

    def get(self, name: str) -> Node | None:
        """The value under a key, or None where the key is absent."""
        return self.pairs[self._index[name]][1] if name in self._index else None

    def key(self, name: str) -> Scalar | None:
        """The key itself, for its place."""
        return self.pairs[self._index[name]][0] if name in self._index else None

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        return iter(self.pairs)


Node = Scalar | Listing | Mapping


def plain(node: Node) -> object:
    """The node as plain Python values."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.pairs}
