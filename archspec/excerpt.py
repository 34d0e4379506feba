"""The line of a text that a finding is about, as much of it as fits, and what to underline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from archspec.diagnostics import Span
from archspec.terminal import cells, visible


def source_line(span: Span, sources: Mapping[str, str]) -> str | None:
    """The text of the line where the span begins; None where the text is not among the sources."""
    if span.file not in sources:
        return None
    lines = _split(sources[span.file])
    return lines[span.line - 1] if span.line <= len(lines) else None


@lru_cache(maxsize=4)
def _split(text: str) -> list[str]:
    """The lines of a text as libyaml counts them; kept, since a file with one mistake often has many."""
    return re.split("\r\n|[\r\n\x85\u2028\u2029]", text)


def excerpt(span: Span, width: int, sources: Mapping[str, str]) -> tuple[str, int, int] | None:
    """The line where the span begins in `width` columns, and from which column on how many are underlined."""
    line = source_line(span, sources)
    if line is None or not line.strip():
        return None
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    start = min(span.column - 1, len(line))
    left, middle, right = _around(line, start, max(min(end, len(line)), start + 1), width)
    return left + middle + right, cells(left), max(1, cells(middle))


def _around(line: str, start: int, end: int, width: int) -> tuple[str, str, str]:
    """What is before, in, and after a stretch of a line, in so many columns, `…` where something is left out."""
    # However long the line is, no more of it is looked at than can be shown.
    left = [_shown(letter) for letter in line[max(start - width, 0) : start]]
    middle = [_shown(letter) for letter in line[start : min(end, start + width)]]
    right = [_shown(letter) for letter in line[end : end + width]]
    whole = start <= width and end - start <= width and len(line) - end <= width
    if whole and sum(map(cells, (*left, *middle, *right))) <= width:
        return "".join(left), "".join(middle), "".join(right)
    room = max(width - 2, 1)
    kept = list(_fitting(middle, room))
    # A third of the room goes to what stands before the stretch, and all that is left over at the end as well.
    before = list(_fitting(left[::-1], min(room // 3, room - sum(map(cells, kept)))))
    after = list(_fitting(right, room - sum(map(cells, kept + before)))) if len(kept) == len(middle) else []
    before = list(_fitting(left[::-1], room - sum(map(cells, kept + after))))
    first = "…" if len(before) < start else ""
    last = "…" if start + len(kept) + len(after) < len(line) else ""
    return first + "".join(before[::-1]), "".join(kept), "".join(after) + last


def _shown(letter: str) -> str:
    return " " if letter == "\t" else visible(letter)


def _fitting(letters: list[str], room: int) -> Iterator[str]:
    """As many of the letters as fit."""
    for letter in letters:
        room -= cells(letter)
        if room < 0:
            return
        yield letter
