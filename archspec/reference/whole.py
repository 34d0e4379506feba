"""A spec of the zoo as one text of its own: what it extends is written out, a variant's values are set.

Nodes that nothing was laid over are copied letter by letter from the text that they stand in; the others are written
anew around them, each with the comments that stand beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from archspec.compiler.format import laid_out
from archspec.compiler.format.comments import Comment
from archspec.compiler.format.scalars import may_be_plain
from archspec.compiler.program import check_file
from archspec.compiler.spec import zoo
from archspec.compiler.spec.document import kind_of
from archspec.compiler.spec.files import load, split_variant
from archspec.compiler.spec.laying import choose
from archspec.compiler.spec.sources import Sources
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.compiler.syntax.reading import parse
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Findings, Span
from archspec.reference.pieces import Piece, Pieces, nodes

_UNUSED = ("AS216", "AS217", "AS218", "AS219", "AS220")
"""The codes of what is said in vain."""

_MOST_ROUNDS = 8
"""How often what is said in vain is taken out: a hyperparameter may have been read by a block that nothing calls."""

_SHORT = 100
"""Letters of a mapping that is written in flow style."""

_VARIANT = re.compile(r"\$variant\b|\$\(\s*variant\s*\)")


def whole_text(reference: str, file: str, first: str, findings: Findings) -> str | None:
    """The text of `zoo:NAME` or `zoo:NAME#VARIANT` for a file elsewhere; None after reporting why there is none.

    Of a spec with variants and none chosen it is the first. What nothing was laid over is copied letter by letter;
    comments stay with what they stand beside. `first` is the first line, a comment.
    """
    name, variant = split_variant(reference)
    path, sources = zoo.file_of(name, findings), Sources()
    loaded = load(path, sources, findings) if path is not None else None
    if loaded is None:
        return None
    declared = loaded.root.get("variants")
    if isinstance(declared, Mapping):
        known = [key.text for key, _ in declared]
        variant = variant or known[0]
        if variant not in known:
            findings.add("AS213", f"{name} has no variant `{variant}`", help=f"there are {', '.join(known)}")
            return None
    elif variant:
        findings.add("AS213", f"{name} has no variants, so none is called `{variant}`", help=f"write {name}")
        return None
    root = choose(loaded.root, variant, loaded.registry, sources.history, findings)
    pieces = Pieces()
    for source, tree in reversed(sources.trees.items()):
        pieces.read(sources.texts[source], tree)
    writer = _Writer(pieces, _renamed(root, variant or loaded.variant))
    lines = writer.mapping(_without_kinds(root, pieces), 0, ())
    return _used(laid_out("\n".join([first, *lines]) + "\n", file), file)


def _used(text: str, file: str) -> str:
    """The text without the tables, blocks, scopes, defaults and hyperparameters that only others of its family use."""
    for _ in range(_MOST_ROUNDS):
        findings = Findings()
        check_file(file, findings=findings, text=text)
        unused = {_place(found.span) for found in findings.items if found.code in _UNUSED and found.span is not None}
        root = parse(text, file, Findings())
        if not unused or not isinstance(root, Mapping):
            return text
        pieces = Pieces()
        pieces.read(text, root)
        kept = _without(root, unused)
        assert isinstance(kept, Mapping)
        text = laid_out("\n".join(_Writer(pieces, {}).mapping(kept, 0, ())) + "\n", file)
    return text


def _without(node: Node, places: set[tuple[int, int]]) -> Node:
    """The node without what stands at these places, and without what would be empty then; itself where none does."""
    if isinstance(node, Listing):
        items = tuple(_without(item, places) for item in node.items)
        return Listing(items, node.span) if any(a is not b for a, b in zip(items, node.items, strict=True)) else node
    if not isinstance(node, Mapping):
        return node
    pairs = []
    for key, value in node:
        if _place(key.span) in places or _place(value.span) in places:
            continue
        kept = _without(value, places)
        if kept is value or not (isinstance(kept, Mapping) and not kept.pairs):
            pairs.append((key, kept))
    same = len(pairs) == len(node.pairs) and all(a[1] is b[1] for a, b in zip(pairs, node.pairs, strict=True))
    return node if same else Mapping(tuple(pairs), node.span)


def _place(span: Span) -> tuple[int, int]:
    return span.line, span.column


def _renamed(root: Mapping, variant: str) -> dict[int, str]:
    """The texts that mean something else in a file of its own, by the identity of their nodes."""
    found: dict[int, str] = {}
    for name, node in nodes(root):
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            continue
        file, variant_of_file = split_variant(node.text)
        if name == "network" and Path(file).suffix == ".yaml" and Path(file).stem in zoo.names():
            found[id(node)] = f"{zoo.PREFIX}{Path(file).stem}" + (f"#{variant_of_file}" if variant_of_file else "")
        elif variant and _VARIANT.search(node.text):
            found[id(node)] = _VARIANT.sub(variant, node.text)
    return found


def _without_kinds(root: Mapping, pieces: Pieces) -> Mapping:
    """The document with hyperparameters as a default alone, where the kind laid beside it goes without saying."""
    pairs = []
    for key, value in root:
        if key.text == "hyperparameters" and isinstance(value, Mapping):
            plain = tuple((name, _default(node, pieces)) for name, node in value)
            if any(new is not old for (_, new), (_, old) in zip(plain, value, strict=True)):
                value = Mapping(plain, value.span)
        pairs.append((key, value))
    return Mapping(tuple(pairs), root.span)


def _default(node: Node, pieces: Pieces) -> Node:
    if not isinstance(node, Mapping) or [key.text for key, _ in node] != ["type", "default"]:
        return node
    (key, kind), (_, default) = node.pairs
    laid = id(key) not in pieces.by_key and isinstance(kind, Scalar) and kind.text == kind_of(default)
    return default if laid else node


@dataclass
class _Writer:
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
    return text if may_be_plain(text, flow) and not node.quoted else json.dumps(text, ensure_ascii=False)
