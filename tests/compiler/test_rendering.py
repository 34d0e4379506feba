"""Diagnostics as text: the place, the line, carets of the right width, notes and the remedy."""

from __future__ import annotations

from pathlib import Path

from archspec.diagnostics import Diagnostic, Note, Span
from archspec.rendering import text


def shown(tmp_path: Path, line: str, start: int, end: int, **more: object) -> list[str]:
    file = tmp_path / "a.yaml"
    file.write_text(f"first\n{line}\n")
    span = Span(str(file), 2, start, 2, end)
    return text(Diagnostic("AS999", "says what", span, **more)).splitlines()  # type: ignore[arg-type]


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
