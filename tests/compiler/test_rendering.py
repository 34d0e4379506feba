"""Diagnostics as text: the place, the line, carets of the right width, notes and the remedy."""

from __future__ import annotations

import io
import json
from pathlib import Path

from archspec.diagnostics import Diagnostic, Note, Span
from archspec.rendering import show, text


def shown(tmp_path: Path, line: str, start: int, end: int, **more: object) -> list[str]:
    file = str(tmp_path / "a.yaml")
    finding = Diagnostic("AS999", "says what", Span(file, 2, start, 2, end), **more)  # type: ignore[arg-type]
    return text(finding, sources={file: f"first\n{line}\n"}).splitlines()


def test_carets_stand_under_the_span(tmp_path: Path) -> None:
    lines = shown(tmp_path, "- add: [shortcut, conv3]", 8, 25)
    assert lines[0].endswith("a.yaml:2:8: AS999 says what")
    assert lines[1:] == ["    2 | - add: [shortcut, conv3]", "      |        ^^^^^^^^^^^^^^^^^"]


def test_wide_letters_take_two_columns(tmp_path: Path) -> None:
    assert shown(tmp_path, "名前: x", 5, 6)[2] == "      |       ^"


def test_long_line_is_cut_around_the_span(tmp_path: Path) -> None:
    lines = shown(tmp_path, "a" * 300 + "HERE" + "b" * 300, 301, 305)
    assert len(lines[1]) < 140
    caret = lines[2].index("^")
    assert lines[1][caret : caret + 4] == "HERE" and lines[2].count("^") == 4


def test_notes_name_their_line_and_help_comes_last(tmp_path: Path) -> None:
    file = str(tmp_path / "a.yaml")
    notes = (Note("here", Span(file, 7, 1, 7, 2)), Note("there", Span("b.yaml", 3, 4, 3, 5)), Note("so"))
    lines = shown(tmp_path, "x", 1, 2, notes=notes, help="do this")
    assert lines[3:] == ["  note: here (line 7)", "  note: there (b.yaml:3:4)", "  note: so", "  help: do this"]


def test_place_that_is_no_file_has_no_excerpt() -> None:
    assert text(Diagnostic("AS999", "m", Span("stdin", 1, 2, 1, 3))) == "stdin:1:2: AS999 m"


def test_colours_only_when_asked(tmp_path: Path) -> None:
    diagnostic = Diagnostic("AS999", "m", Span("stdin", 1, 2, 1, 3))
    assert "\x1b" in text(diagnostic, colour=True) and "\x1b" not in text(diagnostic)


def test_line_is_cut_to_the_width_that_is_there() -> None:
    diagnostic = Diagnostic("AS999", "m", Span("a.yaml", 1, 51, 1, 55))
    sources = {"a.yaml": "a" * 50 + "HERE" + "b" * 50}
    _, line, carets = text(diagnostic, width=30, sources=sources).splitlines()
    assert len(line) == len("    1 | ") + 30
    assert line[carets.index("^") :].startswith("HERE") and line.count("…") == 2


def test_wide_letters_are_cut_by_the_columns_they_take(tmp_path: Path) -> None:
    line, carets = shown(tmp_path, "名" * 100 + "X", 101, 102)[1:]
    assert len(line) - len("    2 | ") <= 62 and line.endswith("名X")
    assert carets.count("^") == 1


def test_span_over_several_lines_is_underlined_to_the_end_of_the_first() -> None:
    diagnostic = Diagnostic("AS999", "m", Span("a.yaml", 1, 6, 2, 5))
    lines = text(diagnostic, sources={"a.yaml": "- a: [x,\n  y]\n"}).splitlines()
    assert lines[1:] == ["    1 | - a: [x,", "      |      ^^^"]


def test_what_is_not_printable_is_shown_and_the_carets_move_with_it(tmp_path: Path) -> None:
    assert shown(tmp_path, "a\t\x1bb", 4, 5)[1:] == ["    2 | a \\x1bb", "      |       ^"]


def test_text_that_is_in_no_file_is_quoted_from_the_sources() -> None:
    lines = text(Diagnostic("AS999", "m", Span("stdin", 2, 1, 2, 4)), sources={"stdin": "one\ntwo\n"}).splitlines()
    assert lines[1:] == ["    2 | two", "      | ^^^"]


def test_annotation_keeps_to_one_line() -> None:
    stream = io.StringIO()
    show([Diagnostic("AS999", "100 %\nof it", Span("a.yaml", 1, 2, 1, 3), help="less")], "github", stream)
    assert stream.getvalue() == "::error file=a.yaml,line=1,col=2,title=AS999::100 %25%0Aof it (help: less)\n"


def test_findings_come_in_the_order_of_the_files(tmp_path: Path) -> None:
    stream = io.StringIO()
    places = [Span("b.yaml", 1, 1, 1, 2), Span("a.yaml", 9, 1, 9, 2), Span("a.yaml", 2, 5, 2, 6), None]
    show([Diagnostic("AS999", "m", place) for place in places], "json", stream)
    found = json.loads(stream.getvalue())["diagnostics"]
    assert [(each["file"], each["line"]) for each in found] == [
        (None, None),
        ("a.yaml", 2),
        ("a.yaml", 9),
        ("b.yaml", 1),
    ]
