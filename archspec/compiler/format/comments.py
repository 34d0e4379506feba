"""The comments of a YAML text, which a parser throws away."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable

from archspec.compiler.format.styled import Word
from archspec.dataclass import dataclass

_COMMENT = re.compile("#[^\n\x85\u2028\u2029]*")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: its text, its place, the column where it begins (from 0), and whether its line holds nothing else."""

    text: str
    start: int
    end: int
    column: int
    own_line: bool


def comments_of(text: str, words: Iterable[Word]) -> list[Comment]:
    """Every comment: outside of scalars, a # begins one."""
    found, position = [], 0
    for word in words:
        found += [_comment(match, text) for match in _COMMENT.finditer(text, position, word.content)]
        if word.style in ("|", ">"):
            # What stands behind the | is not yet the text.
            header = (text.find("\n", word.content) + 1 or len(text) + 1) - 1
            found += [_comment(match, text) for match in _COMMENT.finditer(text, word.content, header)]
        position = max(position, word.end)
    return found + [_comment(match, text) for match in _COMMENT.finditer(text, position)]


def _comment(match: re.Match[str], text: str) -> Comment:
    start = text.rfind("\n", 0, match.start()) + 1
    own_line = not text[start : match.start()].strip()
    return Comment(match.group().rstrip(), match.start(), match.end(), match.start() - start, own_line)


class Queue:
    """Comments in the order of the text, each handed out once."""

    def __init__(self, comments: list[Comment]) -> None:
        self._comments = comments
        self._starts = [comment.start for comment in comments]
        self._next = 0

    def take(self, until: int) -> list[Comment]:
        """Those that begin before a place and were not taken yet."""
        first, self._next = self._next, max(self._next, bisect_left(self._starts, until))
        return self._comments[first : self._next]

    def waiting(self, until: int) -> bool:
        """Whether there are any to take before a place."""
        return self._next < len(self._starts) and self._starts[self._next] < until

    def within(self, start: int, end: int) -> bool:
        """Whether a stretch of the text holds a comment."""
        return bisect_left(self._starts, start) < bisect_left(self._starts, end)

    def covers(self, place: int) -> bool:
        """Whether a place lies in a comment."""
        before = bisect_left(self._starts, place + 1) - 1
        return before >= 0 and place < self._comments[before].end
