"""Diagnostics as people and programs read them: text with the source line, JSON, GitHub annotations."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from archspec.diagnostics import Diagnostic, Note, Span

FORMATS = ("text", "json", "github")
_WIDEST = 120
_RED, _YELLOW, _BOLD, _DIM, _OFF = "\033[31m", "\033[33m", "\033[1m", "\033[2m", "\033[0m"


def wants_colour(stream: TextIO) -> bool:
    """Whether to write colours: on a terminal, unless NO_COLOR says otherwise."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By file, then line, then column; what has no place comes first."""
    return sorted(
        diagnostics, key=lambda d: ((d.span.file, d.span.line, d.span.column) if d.span else ("", 0, 0), d.code)
    )


def show(diagnostics: Iterable[Diagnostic], style: str, stream: TextIO, colour: bool | None = None) -> None:
    """Write diagnostics to a stream in one of FORMATS."""
    ordered = in_order(diagnostics)
    if style == "json":
        stream.write(json.dumps(as_json(ordered), indent=1, ensure_ascii=False) + "\n")
    elif style == "github":
        stream.writelines(_annotation(diagnostic) + "\n" for diagnostic in ordered)
    else:
        painted = wants_colour(stream) if colour is None else colour
        stream.writelines(text(diagnostic, painted) + "\n" for diagnostic in ordered)


def text(diagnostic: Diagnostic, colour: bool = False) -> str:
    """One diagnostic as a sentence with its place, the source line, notes and a remedy."""
    span = diagnostic.span
    place = f"{_place(span)}: " if span is not None else ""
    shade = _RED if diagnostic.severity == "error" else _YELLOW
    code = f"{shade}{diagnostic.code}{_OFF}" if colour else diagnostic.code
    head = f"{_BOLD}{place}{_OFF}" if colour else place
    lines = [f"{head}{code} {diagnostic.message}"]
    lines += _excerpt(span, shade if colour else "") if span is not None else []
    lines += [_note(note, span) for note in diagnostic.notes]
    if diagnostic.help:
        lines.append(f"  help: {diagnostic.help}")
    return "\n".join(lines)


def _place(span: Span) -> str:
    return f"{_relative(span.file)}:{span.line}:{span.column}"


def _relative(file: str) -> str:
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


def _excerpt(span: Span, shade: str) -> list[str]:
    """The source line with carets under the span; nothing where the file cannot be read."""
    line = source_line(span)
    if line is None or not line.strip():
        return []
    # A terminal would obey control characters.
    line = "".join(letter if letter.isprintable() else " " if letter == "\t" else "\ufffd" for letter in line)
    end = span.end_column if span.end_line == span.line else len(line) + 1
    start, end = span.column - 1, max(end - 1, span.column)
    line, start, end = _cut(line, start, min(end, max(len(line), start + 1)))
    carets = " " * _cells(line[:start]) + "^" * max(1, _cells(line[start:end]))
    number = f"{span.line:>5}"
    return [f"{number} | {line}", f"      | {shade}{carets}{_OFF if shade else ''}"]


def source_line(span: Span) -> str | None:
    """The text of the line where the span begins; None where there is no such file."""
    if not os.path.isfile(span.file):
        return None
    with open(span.file, encoding="utf-8-sig", errors="replace") as file:
        return next((line.rstrip("\r\n") for number, line in enumerate(file, 1) if number == span.line), None)


def _cut(line: str, start: int, end: int) -> tuple[str, int, int]:
    """The part of a long line around the span."""
    if len(line) <= _WIDEST:
        return line, start, end
    first = max(0, min(start - _WIDEST // 3, len(line) - _WIDEST))
    shown = line[first : first + _WIDEST]
    left, right = "…" if first else "", "…" if first + _WIDEST < len(line) else ""
    shift = len(left) - first
    return left + shown + right, start + shift, min(end + shift, len(left) + len(shown))


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
        "file": _relative(span.file),
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
    place = f"file={_relative(span.file)},line={span.line},col={span.column}," if span is not None else ""
    return f"::{diagnostic.severity} {place}title={diagnostic.code}::{message}"


def report(diagnostics: Iterable[Diagnostic]) -> None:
    """Write diagnostics to standard error, as text."""
    show(diagnostics, "text", sys.stderr)
