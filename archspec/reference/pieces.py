"""Where the nodes of a tree stand in their text, with the comments that belong to them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archspec.compiler.format.comments import Comment, comments_of
from archspec.compiler.format.styled import Group, Styled, Word, styled
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.dataclass import dataclass, field

_MODELINE = "# yaml-language-server:"
_REST_OF_LINE = re.compile(r"[ \t,\]}:]*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A node as its text has it, from `start` to `end`; `node` is the value of a key, or the item of a list.

    `lead` are the comments above it, `tail` those at the end of its last line, and `remark` those that are about all
    of it: the tail, or what stands behind the key of a value in block style. `value` is where the value begins, and
    `flow` says that it is no list or mapping in block style.
    """

    text: str
    start: int
    value: int
    end: int
    node: Node
    lead: tuple[Comment, ...]
    remark: tuple[Comment, ...]
    tail: tuple[Comment, ...]
    flow: bool

    @property
    def column(self) -> int:
        """The column in which it begins, from 0."""
        return self.start - (self.text.rfind("\n", 0, self.start) + 1)

    @property
    def behind(self) -> int:
        """Where the next piece and its comments may begin."""
        return max([self.end, *(comment.end for comment in self.tail)])

    @property
    def letters(self) -> str:
        """Its value as it is written."""
        return self.text[self.value : self.end]

    @property
    def is_apart(self) -> bool:
        """Whether an empty line stands above it and its comments."""
        first = min([self.start, *(comment.start for comment in self.lead)])
        return re.search(r"\n[ \t]*\n[ \t]*(- *)?$", self.text[:first]) is not None


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of some texts, by the identity of a key, of an item, and of a value; and by keys from the root on."""

    by_key: dict[int, Piece] = field(default_factory=dict)
    by_value: dict[int, Piece] = field(default_factory=dict)
    by_path: dict[tuple[str, ...], list[Piece]] = field(default_factory=dict)

    def read(self, text: str, root: Node) -> None:
        """Take in a text and its tree."""
        written, words = styled(text)
        self._node(root, written, 0, _Text(text, comments_of(text, words)), ())

    def _node(self, node: Node, written: Styled, after: int, text: _Text, path: tuple[str, ...] | None) -> None:
        if isinstance(written, Word) or isinstance(node, Scalar):
            return
        if isinstance(node, Mapping):
            for (key, value), (word, own) in zip(node.pairs, written.pairs, strict=True):
                piece = text.piece(word.start, own, value, after, word.end)
                self.by_key[id(key)] = self.by_value[id(value)] = piece
                inner = None if path is None else (*path, key.text)
                if inner is not None:
                    self.by_path.setdefault(inner, []).append(piece)
                self._node(value, own, word.end, text, inner)
                after = piece.behind
            return
        for item, own in zip(node.items, written.children, strict=True):
            piece = text.piece(own.start, own, item, after, own.start)
            self.by_key[id(item)] = self.by_value[id(item)] = piece
            self._node(item, own, after, text, None)
            after = piece.behind


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    comments: list[Comment]

    def piece(self, start: int, written: Styled, node: Node, after: int, least: int) -> Piece:
        """The piece that begins at `start` and ends with its value, where the piece before it ended at `after`."""
        end = max(_end(written), least)
        flow = isinstance(written, Word) or written.flow
        lead = tuple(each for each in self._between(after, start) if not each.text.startswith(_MODELINE))
        tail = self._behind(end)
        remark = tail if flow else self._behind(least) if least > start else ()
        return Piece(self.text, start, max(written.start, least), end, node, lead, remark, tail, flow)

    def _behind(self, place: int) -> tuple[Comment, ...]:
        """The comment behind a place, where nothing but brackets, commas and colons stands before it on the line."""
        rest = _REST_OF_LINE.match(self.text, place)
        assert rest is not None
        return tuple(self._between(rest.end(), rest.end() + 1))

    def _between(self, start: int, end: int) -> Iterator[Comment]:
        return (comment for comment in self.comments if start <= comment.start < end)


def _end(written: Styled) -> int:
    """Where its last letter stands: the end that a parser gives of block style lies behind the comments after it."""
    if isinstance(written, Group) and not (written.flow and not written.bare) and written.children:
        return max(_end(written.children[-1]), _end(written.children[-2]) if written.mapping else 0)
    return written.end


def nodes(root: Node) -> Iterator[tuple[str, Node]]:
    """Every node below the root, with the key that it stands under."""
    below: list[tuple[str, Node]] = []
    if isinstance(root, Mapping):
        below = [(key.text, value) for key, value in root]
    elif isinstance(root, Listing):
        below = [("", item) for item in root.items]
    for name, node in below:
        yield name, node
        yield from nodes(node)
