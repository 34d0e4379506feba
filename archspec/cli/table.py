"""Tables and sentences in the width that is there."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence

from archspec.terminal import cells, mark_of_omission, visible

_UNLIMITED = 10_000
_GAP = "  "
_LEAST = 12


def room() -> int:
    """Columns to print in: the terminal's, or what COLUMNS says; in a pipe every line is as long as it is."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit():
        return max(shutil.get_terminal_size().columns, 20)
    return _UNLIMITED


def wrapped(line: str, indent: str = "", hanging: int = 2) -> str:
    """The line with breaks between words where it is too long; what follows the first line is indented."""
    if cells(indent + line) <= room():
        return indent + line
    start = line[: len(line) - len(line.lstrip())]
    width = max(room(), hanging + 20)
    first, rest = indent + start, " " * hanging
    lines = textwrap.wrap(line.lstrip(), width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
    return "\n".join(lines)


def print_table(rows: list[tuple[str, ...]], width: int) -> None:
    """Prints rows under a header: two columns of words, then numbers; long names lose their beginning."""
    rows = [tuple(map(visible, row)) for row in rows]
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    rest = sum(widths[1:]) + len(_GAP) * (len(widths) - 1)
    widths[0] = max(_LEAST, min(widths[0], width - rest))
    line = "─" * min(widths[0] + rest, width)
    for number, row in enumerate(rows):
        print(_row(row, widths))
        if number == 0:
            print(line)
    print(line)


def _row(row: Sequence[str], widths: list[int]) -> str:
    name, op, *numbers = row
    first = _filled(_ending(name, widths[0]), widths[0])
    parts = [first, _filled(op, widths[1])]
    parts += [" " * (width - cells(text)) + text for text, width in zip(numbers, widths[2:], strict=True)]
    return _GAP.join(parts).rstrip()


def _filled(text: str, width: int) -> str:
    return text + " " * (width - cells(text))


def _ending(name: str, width: int) -> str:
    """As much of a name's end as fits: the end of a path tells layers apart."""
    if cells(name) <= width:
        return name
    kept = name
    while cells(kept) > width - 1:
        kept = kept[1:]
    return mark_of_omission(sys.stdout) + kept
