"""What leaves archspec for a terminal, a pipe or another program: nothing in it commands the reader.

Names and values come from files of others. What is not a printable character is shown as YAML's double quotes write
it (`\\x1b`, `\\u202e`, `\\n`), and a byte that is no UTF-8 likewise (`\\xe9`); characters that the stream's encoding
lacks are replaced by ones that it has; JSON is strict.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
import unicodedata
from typing import Any, TextIO

_ERRORS = "archspec.nearest"
_NEAREST = {"\N{BOX DRAWINGS LIGHT HORIZONTAL}": "-", "\N{HORIZONTAL ELLIPSIS}": "...", "\N{MULTIPLICATION SIGN}": "x"}
"""What stands for our own characters where an encoding lacks them."""

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    """The text with every character that is not printable as an escape: it is shown, and does nothing."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(letter: str) -> str:
    return letter if letter.isprintable() else _SHORT.get(letter) or _escape(letter)


def _escape(letter: str) -> str:
    # Python hands on a byte of a name that is no UTF-8 as a letter above 0xdc00: the byte is what its owner knows.
    number = ord(letter) - 0xDC00 if "\udc80" <= letter <= "\udcff" else ord(letter)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def cells(text: str) -> int:
    """Columns of a terminal that a text of printable characters takes; marks stand over the letter before."""
    return sum(map(_cells, text))


def _cells(letter: str) -> int:
    if letter.isascii():
        return 1
    return 0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def wants_colour(stream: TextIO) -> bool:
    """Whether to write colours: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise."""
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def mark_of_omission(stream: TextIO) -> str:
    """One character that says that something is left out, which the stream has."""
    try:
        "…".encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return "~"
    return "…"


def write_what_streams_have() -> None:
    """Standard output and error replace characters that their encoding lacks, where they would raise an error."""
    codecs.register_error(_ERRORS, _replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)


def _replaced(problem: UnicodeError) -> tuple[str, int]:
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    letters = problem.object[problem.start : problem.end]
    return "".join(_NEAREST.get(letter) or _escape(letter) for letter in letters), problem.end


def as_json(value: Any) -> str:
    """A value as strict JSON in ASCII, which every encoding and every terminal takes."""
    return json.dumps(value, indent=1, allow_nan=False)
