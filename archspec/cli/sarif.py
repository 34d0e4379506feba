"""Findings as SARIF 2.1.0, which code scanning services read (OASIS, sarif-v2.1.0)."""

from __future__ import annotations

from typing import Any

from archspec import __version__
from archspec.codes import meanings
from archspec.diagnostics import Diagnostic, Note, Span
from archspec.rendering import first_of_each_file, left_out, relative

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(diagnostics: list[Diagnostic]) -> dict[str, Any]:
    """The log of one run: a rule for each code that was found, a result for each finding that is shown."""
    known = meanings()
    diagnostics, more = first_of_each_file(diagnostics)
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    rules = [{"id": code, "shortDescription": {"text": known.get(code, code)}} for code in codes]
    driver = {"name": "archspec", "version": __version__, "rules": rules}
    results = [_result(diagnostic, codes.index(diagnostic.code)) for diagnostic in diagnostics]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    notices = [{"level": "warning", "message": {"text": left_out(*missing)}} for missing in more.items()]
    told = {"invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notices}]} if notices else {}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{**run, **told}]}


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    help = f"\nhelp: {diagnostic.help}" if diagnostic.help else ""
    bare = [f"\nnote: {note.message}" for note in diagnostic.notes if note.span is None]
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": {"text": "".join([diagnostic.message, *bare, help])},
        "locations": [_location(diagnostic.span)] if diagnostic.span else [],
    }
    related = [_related(number, note, note.span) for number, note in enumerate(diagnostic.notes, 1) if note.span]
    return {**result, "relatedLocations": related} if related else result


def _related(number: int, note: Note, span: Span) -> dict[str, Any]:
    return {"id": number, "message": {"text": note.message}, **_location(span)}


def _location(span: Span) -> dict[str, Any]:
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(span.file)}, "region": region}}


def _uri(file: str) -> str:
    from urllib.parse import quote

    return quote(relative(file))
