"""Diagnostics as people and programs read them: text with the source line, JSON, GitHub annotations.

SARIF is in cli/sarif.py, because it also tells what every code means.
"""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from archspec.diagnostics import Diagnostic, Note, Span
from archspec.excerpt import excerpt
from archspec.terminal import as_json, visible, wants_colour

FORMATS = ("text", "json", "github")
MOST = 100
"""Findings of one file that are shown; nobody reads more, and a few lines of a spec can make a million."""

ENDS = ("AS310", "AS321")
"""What says that the rest of a spec was not looked at."""

_WIDEST = 120
"""Letters of a source line that are shown where no terminal says how many fit."""
_GUTTER = len("12345 | ")
_RED, _YELLOW, _BOLD, _OFF = "\033[31m", "\033[33m", "\033[1m", "\033[0m"


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By file, then line, then column; what has no place comes first."""
    return sorted(
        diagnostics, key=lambda d: ((d.span.file, d.span.line, d.span.column) if d.span else ("", 0, 0), d.code)
    )


def first_of_each_file(diagnostics: Iterable[Diagnostic]) -> tuple[list[Diagnostic], dict[str, int]]:
    """In order, at most MOST of a file; and how many of which file are left out.

    Errors come before warnings, and before all the one that says that the work has ended early.
    """
    kept: list[Diagnostic] = []
    count: Counter[str] = Counter()
    for diagnostic in sorted(in_order(diagnostics), key=lambda d: (d.code not in ENDS, d.severity != "error")):
        file = diagnostic.span.file if diagnostic.span is not None else ""
        count[file] += 1
        if count[file] <= MOST:
            kept.append(diagnostic)
    return in_order(kept), {file: number - MOST for file, number in sorted(count.items()) if number > MOST}


def left_out(file: str, number: int) -> str:
    """The sentence about findings that are not shown."""
    return f"{named(file)}: {number:,} more finding{'' if number == 1 else 's'} not shown".removeprefix(": ")


def show(
    diagnostics: Iterable[Diagnostic], style: str, stream: TextIO, sources: Mapping[str, str] | None = None
) -> None:
    """Write diagnostics to a stream in one of FORMATS; `sources` holds the text of each file that they are about."""
    every = list(dict.fromkeys(diagnostics))
    if style == "json":
        stream.write(as_json(as_record(every)) + "\n")
        return
    ordered, more = first_of_each_file(every)
    if style == "github":
        stream.writelines(_annotation(diagnostic) + "\n" for diagnostic in ordered)
        stream.writelines(f"::warning ::{_data(left_out(*missing))}\n" for missing in more.items())
        return
    painted = wants_colour(stream)
    width = shutil.get_terminal_size().columns - _GUTTER if stream.isatty() else _WIDEST
    stream.writelines(text(diagnostic, painted, width, sources) + "\n" for diagnostic in ordered)
    stream.writelines(f"{left_out(*missing)}\n" for missing in more.items())


def text(
    diagnostic: Diagnostic, colour: bool = False, width: int = _WIDEST, sources: Mapping[str, str] | None = None
) -> str:
    """One diagnostic as a sentence with its place, the source line (in `width` letters), notes and a remedy."""
    span = diagnostic.span
    place = f"{_place(span)}: " if span is not None else ""
    shade = _RED if diagnostic.severity == "error" else _YELLOW
    code = f"{shade}{diagnostic.code}{_OFF}" if colour else diagnostic.code
    head = f"{_BOLD}{place}{_OFF}" if colour else place
    lines = [f"{head}{code} {visible(diagnostic.message)}"]
    if span is not None:
        lines += _quoted(span, shade if colour else "", max(width, 20), sources or {})
    lines += [_note(note, span) for note in diagnostic.notes]
    if diagnostic.help:
        lines.append(f"  help: {visible(diagnostic.help)}")
    return "\n".join(lines)


def _quoted(span: Span, shade: str, width: int, sources: Mapping[str, str]) -> list[str]:
    """The source line with carets under the span; nothing where its text is not at hand."""
    found = excerpt(span, width, sources)
    if found is None:
        return []
    line, before, marked = found
    carets = f"{shade}{'^' * marked}{_OFF if shade else ''}"
    return [f"{span.line:>5} | {line}", f"      | {' ' * before}{carets}"]


def _place(span: Span) -> str:
    return f"{named(span.file)}:{span.line}:{span.column}"


def named(file: str) -> str:
    """The name of a file as a message shows it."""
    return visible(relative(file))


def relative(file: str) -> str:
    """The path of a file from the folder that the command runs in, where it lies below."""
    path = Path(file)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        return str(path.relative_to(Path.cwd()))
    return file


def _note(note: Note, main: Span | None) -> str:
    message = visible(note.message)
    if note.span is None:
        return f"  note: {message}"
    same = main is not None and note.span.file == main.file
    where = note.span.short if same else _place(note.span)
    return f"  note: {message} ({where})"


def as_record(diagnostics: list[Diagnostic]) -> dict[str, Any]:
    """{"diagnostics": […], "errors": n, "warnings": n, "left_out": n}; the numbers count all of them."""
    shown, more = first_of_each_file(diagnostics)
    errors = sum(d.severity == "error" for d in diagnostics)
    numbers = {"errors": errors, "warnings": len(diagnostics) - errors, "left_out": sum(more.values())}
    return {"diagnostics": [_record(d) for d in shown], **numbers}


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
    span = diagnostic.span
    place = f"file={_property(relative(span.file))},line={span.line},col={span.column}," if span is not None else ""
    return f"::{diagnostic.severity} {place}title={diagnostic.code}::{_data(message)}"


def _data(message: str) -> str:
    return visible(message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def report(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str] | None = None) -> None:
    """Write diagnostics to standard error, as text."""
    show(diagnostics, "text", sys.stderr, sources)
