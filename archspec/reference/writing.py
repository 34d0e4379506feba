"""Nodes written as text again: what a source says as it is said there, the rest in block style, comments beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from archspec.compiler.format.comments import Comment
from archspec.compiler.format.scalars import KINDS, may_be_plain
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.dataclass import dataclass, field
from archspec.reference.pieces import Piece, Pieces, nodes

_SHORT = 100
"""Letters of a mapping that is written in flow style."""


@dataclass
class Writer:
    """Writes nodes in block style, and copies what stands in a source as it is."""

    pieces: Pieces
    renamed: dict[int, str]
    used: set[tuple[int, int]] = field(default_factory=set)
    """Comments that are written: the identity of their text, and their place in it."""

    def mapping(self, node: Mapping, indent: int, path: tuple[str, ...] | None = None) -> list[str]:
        """The lines of the pairs; `path` are the keys that lead to them, where there are only keys."""
        return [line for key, value in node for line in self.pair(key, value, indent, path)]

    def pair(self, key: Scalar, value: Node, indent: int, path: tuple[str, ...] | None) -> list[str]:
        """A key and its value, with their comments, and with those of a text that says the same below."""
        piece = self.pieces.by_key.get(id(key))
        inner = None if path is None else (*path, key.text)
        verbatim = piece is not None and piece.node is value and not self.is_renamed(value)
        alike = [each for each in self.pieces.by_path.get(inner or (), []) if each is not piece]
        if verbatim and piece is not None:
            alike = [each for each in alike if each.letters == piece.letters]
        beside = [*alike, piece] if piece is not None else alike
        above = [line for each in beside for line in self.above(each, indent)]
        remarks = [each for other in alike for each in self.new(other, other.remark)]
        if piece is not None:
            remarks += self.new(piece, piece.tail if verbatim else piece.remark)
        first, below = self.parts(key, value, indent, inner, piece if verbatim else None)
        return [*above, *_remarked(first, remarks), *below]

    def parts(
        self, key: Scalar, value: Node, indent: int, path: tuple[str, ...] | None, piece: Piece | None
    ) -> tuple[list[str], list[str]]:
        """The lines of a pair with its value as far as it is copied, of `piece` where all of it is; and those below."""
        if piece is not None:
            copied = _copied(piece, piece.start, indent)
            if piece.value == piece.end:
                copied[-1] = copied[-1].removesuffix(":") + ":"
            return copied, []
        name = f"{' ' * indent}{_scalar(key, key.text)}:"
        own = self.pieces.by_value.get(id(value))
        if isinstance(value, Scalar):
            return [f"{name} {_scalar(value, self.renamed.get(id(value), value.text))}".rstrip()], []
        if own is not None and own.flow and not self.is_renamed(value):
            lines = _copied(own, own.value, indent + 2)
            return [f"{name} {lines[0].lstrip()}", *lines[1:]], []
        if isinstance(value, Listing):
            return [name if value.items else f"{name} []"], self.listing(value, indent)
        if (short := self.in_line(value)) is not None:
            return [f"{name} {short}"], []
        return [name], self.mapping(value, indent + 2, path)

    def in_line(self, node: Mapping) -> str | None:
        """The mapping in flow style, where it is short and nothing in it wants a line of its own."""
        parts = []
        for key, value in node:
            piece, own = self.pieces.by_key.get(id(key)), self.pieces.by_value.get(id(value))
            commented = piece is not None and (piece.lead or piece.tail)
            if commented or self.is_renamed(value) or (not isinstance(value, Scalar) and (own is None or not own.flow)):
                return None
            text = _scalar(value, value.text, flow=True) if isinstance(value, Scalar) else own.letters if own else ""
            name = _scalar(key, key.text, flow=True)
            parts.append(f"{name}: {text}" if text else name)
        short = f"{{{', '.join(parts)}}}"
        return short if len(short) <= _SHORT and "\n" not in short else None

    def listing(self, node: Listing, indent: int) -> list[str]:
        """The lines of the items."""
        return [line for item in node.items for line in self.item(item, indent)]

    def item(self, item: Node, indent: int) -> list[str]:
        """An item of a list, with its comments."""
        piece, margin = self.pieces.by_key.get(id(item)), " " * indent
        first = self.pieces.by_key.get(id(item.pairs[0][0])) if isinstance(item, Mapping) and item.pairs else None
        beside = piece or first
        above = self.above(beside, indent) if beside is not None else []
        if piece is not None and not self.is_renamed(item):
            lines = _copied(piece, piece.start, indent + 2)
        elif isinstance(item, Mapping):
            lines = self.mapping(item, indent + 2)
        elif isinstance(item, Listing):
            lines = self.listing(item, indent + 2)
        else:
            lines = [_scalar(item, self.renamed.get(id(item), item.text))]
        lines = [f"{margin}- {lines[0].lstrip()}", *lines[1:]]
        return above + (_remarked(lines, self.new(piece, piece.tail)) if piece is not None else lines)

    def is_renamed(self, node: Node) -> bool:
        """Whether something in it is not to be copied."""
        return id(node) in self.renamed or any(id(inner) in self.renamed for _, inner in nodes(node))

    def above(self, piece: Piece, indent: int) -> list[str]:
        """The comments above a piece, after an empty line where it has one."""
        comments = [" " * indent + comment.text for comment in self.new(piece, piece.lead)]
        return ["", *comments] if piece.is_apart else comments

    def new(self, piece: Piece, comments: Iterable[Comment]) -> list[Comment]:
        """Those of a piece's comments that were not written yet; from now on they are."""
        marks = {(id(piece.text), comment.start): comment for comment in comments}
        found = [comment for mark, comment in marks.items() if mark not in self.used]
        self.used |= marks.keys()
        return found


def _copied(piece: Piece, start: int, indent: int) -> list[str]:
    """The letters of a piece from a place on, its lines moved to another column."""
    first, *rest = piece.text[start : piece.end].split("\n")
    moved = indent - piece.column
    lines = [" " * max(len(line) - len(line.lstrip()) + moved, indent) + line.lstrip() for line in rest]
    return [" " * indent + first, *(line if line.strip() else "" for line in lines)]


def _remarked(lines: list[str], remarks: list[Comment]) -> list[str]:
    """The lines with comments at the end of the last, in their old column if that is free."""
    if not remarks:
        return lines
    start = f"{lines[-1]}  ".ljust(remarks[0].column)
    return [*lines[:-1], start + "  ".join(comment.text for comment in remarks)]


def _scalar(node: Scalar, text: str, flow: bool = False) -> str:
    """A scalar within a line; a text that would be read as another value stands in quotes."""
    if not isinstance(node.value, str):
        return node.text
    plain = may_be_plain(text, flow) or text in KINDS
    return text if plain and not node.quoted else json.dumps(text, ensure_ascii=False)
