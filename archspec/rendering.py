"""Diagnostics as people and programs read them: text with the source line, JSON, GitHub annotations.

SARIF is in cli/sarif.py, because it also tells what every code means.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TextIO

from archspec.diagnostics import Diagnostic, Note, Span

_LARGEST = 4_000_000
"""Bytes of a file from which a line is still quoted."""

FORMATS = ("text", "json", "github")
_WIDEST = 120
"""Letters of a source line that are shown where no terminal says how many fit."""
_GUTTER = len("12345 | ")
_RED, _YELLOW, _BOLD, _DIM, _OFF = "\033[31m", "\033[33m", "\033[1m", "\033[2m", "\033[0m"


def wants_colour(stream: TextIO) -> bool:
    """Whether to write colours: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise."""
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By file, then line, then column; what has no place comes first."""
    return sorted(
        diagnostics, key=lambda d: ((d.span.file, d.span.line, d.span.column) if d.span else ("", 0, 0), d.code)
    )


def show(
    diagnostics: Iterable[Diagnostic], style: str, stream: TextIO, sources: Mapping[str, str] | None = None
) -> None:
    """Write diagnostics to a stream in one of FORMATS; `sources` holds the text of what is not in a file."""
    ordered = in_order(diagnostics)
    if style == "json":
        stream.write(json.dumps(as_json(ordered), indent=1, ensure_ascii=False) + "\n")
    elif style == "github":
        stream.writelines(_annotation(diagnostic) + "\n" for diagnostic in ordered)
    else:
        painted = wants_colour(stream)
        width = shutil.get_terminal_size().columns - _GUTTER if stream.isatty() else _WIDEST
        stream.writelines(text(diagnostic, painted, width, sources or {}) + "\n" for diagnostic in ordered)


def text(
    diagnostic: Diagnostic, colour: bool = False, width: int = _WIDEST, sources: Mapping[str, str] | None = None
) -> str:
    """One diagnostic as a sentence with its place, the source line (in `width` letters), notes and a remedy."""
    span = diagnostic.span
    place = f"{_place(span)}: " if span is not None else ""
    shade = _RED if diagnostic.severity == "error" else _YELLOW
    code = f"{shade}{diagnostic.code}{_OFF}" if colour else diagnostic.code
    head = f"{_BOLD}{place}{_OFF}" if colour else place
    lines = [f"{head}{code} {diagnostic.message}"]
    if span is not None:
        lines += _excerpt(span, shade if colour else "", max(width, 20), sources or {})
    lines += [_note(note, span) for note in diagnostic.notes]
    if diagnostic.help:
        lines.append(f"  help: {diagnostic.help}")
    return "\n".join(lines)


def _place(span: Span) -> str:
    return f"{relative(span.file)}:{span.line}:{span.column}"


def relative(file: str) -> str:
    """The path of a file from the folder that the command runs in, where it lies below."""
    path = Path(file)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        return str(path.relative_to(Path.cwd()))
    return file


def _note(note: Note, main: Span | None) -> str:
    if note.span is None:
        return f"  note: {note.message}"
    same = main is not None and note.span.file == main.file
    where = note.span.short if same else _place(note.span)
    return f"  note: {note.message} ({where})"


def _excerpt(span: Span, shade: str, width: int, sources: Mapping[str, str]) -> list[str]:
    """The source line with carets under the span; nothing where the file cannot be read."""
    line = source_line(span, sources)
    if line is None or not line.strip():
        return []
    # A terminal would obey control characters.
    line = "".join(letter if letter.isprintable() else " " if letter == "\t" else "\ufffd" for letter in line)
    end = span.end_column if span.end_line == span.line else len(line) + 1
    start, end = span.column - 1, max(end - 1, span.column)
    line, start, end = _cut(line, start, min(end, max(len(line), start + 1)), width)
    carets = " " * _cells(line[:start]) + "^" * max(1, _cells(line[start:end]))
    number = f"{span.line:>5}"
    return [f"{number} | {line}", f"      | {shade}{carets}{_OFF if shade else ''}"]


def source_line(span: Span, sources: Mapping[str, str] | None = None) -> str | None:
    """The text of the line where the span begins; None where there is neither such a source nor such a file."""
    if sources and span.file in sources:
        lines = _split(sources[span.file])
    elif os.path.isfile(span.file):
        status = os.stat(span.file)
        if status.st_size > _LARGEST:
            return None
        lines = _read(span.file, status.st_mtime_ns, status.st_size)
    else:
        return None
    return lines[span.line - 1] if span.line <= len(lines) else None


@lru_cache(maxsize=4)
def _split(text: str) -> list[str]:
    """The lines of a text; kept, since a file with one mistake often has many."""
    return text.splitlines()


@lru_cache(maxsize=4)
def _read(file: str, changed: int, size: int) -> list[str]:
    """The lines of a file as it was at that time."""
    with open(file, encoding="utf-8-sig", errors="replace") as opened:
        return [line.rstrip("\r\n") for line in opened]


def _cut(line: str, start: int, end: int, width: int) -> tuple[str, int, int]:
    """The part of a long line around the span, `…` where something is left out."""
    if _cells(line) <= width:
        return line, start, end
    width = max(width - 2, 1)
    # A third of the room goes to what stands before the span, and all that is left over at the end as well.
    first = last = start
    while first and _cells(line[first - 1 : start]) <= width // 3:
        first -= 1
    while last < len(line) and _cells(line[first : last + 1]) <= width:
        last += 1
    while first and _cells(line[first - 1 : last]) <= width:
        first -= 1
    left, right = "…" if first else "", "…" if last < len(line) else ""
    shift = len(left) - first
    return left + line[first:last] + right, start + shift, min(end, last) + shift


def _cells(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def as_json(diagnostics: list[Diagnostic]) -> dict[str, Any]:
    """{"diagnostics": […], "errors": n, "warnings": n}."""
    errors = sum(d.severity == "error" for d in diagnostics)
    return {"diagnostics": [_record(d) for d in diagnostics], "errors": errors, "warnings": len(diagnostics) - errors}


def _record(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **_position(diagnostic.span),
        "notes": [{"message": note.message, **_position(note.span)} for note in diagnostic.notes],
        "help": diagnostic.help,
    }


def _position(span: Span | None) -> dict[str, Any]:
    if span is None:
        return {"file": None, "line": None, "column": None, "end_line": None, "end_column": None}
    return {
        "file": relative(span.file),
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _annotation(diagnostic: Diagnostic) -> str:
    """A workflow command of GitHub Actions."""
    message = diagnostic.message + (f" (help: {diagnostic.help})" if diagnostic.help else "")
    message = message.replace("%", "%25").replace("\n", "%0A")
    span = diagnostic.span
    place = f"file={relative(span.file)},line={span.line},col={span.column}," if span is not None else ""
    return f"::{diagnostic.severity} {place}title={diagnostic.code}::{message}"


def report(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str] | None = None) -> None:
    """Write diagnostics to standard error, as text."""
    show(diagnostics, "text", sys.stderr, sources)
