"""What libyaml says of a text that it cannot parse, in the words of somebody who writes specs."""

from __future__ import annotations

import re
from typing import Any

import yaml

from archspec.compiler.syntax.lookalikes import described, lookalike
from archspec.diagnostics import Findings, Note, Span

QUOTE = 'quote the expression: "$(max(1, n))"'
"""What to do about a comma or bracket in one."""

TIGHT = r"(?:\s*- )*\s*([A-Za-z_][\w./()-]*):((?![\s/])\S.*)"
"""A key whose value follows the colon at once, as the beginning of a line or all of a key."""

_COMMENT = r"(?:^|\s)#.*"


def report_problem(problem: yaml.YAMLError, text: str, file: str, findings: Findings, last: Span | None) -> None:
    """A parse error in the words of somebody who writes specs; `last` is the text in quotes before it, if one is."""
    mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else _position(problem, text)
    lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", text)
    written = lines[line - 1] if line <= len(lines) else ""
    place = Span(file, line, column, line, column + 1)
    indentation = written[: len(written) - len(written.lstrip())]
    if "\t" in indentation or (column <= len(written) and written[column - 1] == "\t"):
        findings.add("AS003", "a tab where YAML wants spaces", place, help="indent with spaces")
    elif (
        _strange_character(lines, line, file, findings)
        or _unknown_escape(problem, written, place, findings)
        or _unclosed(problem, place, len(lines), last, findings)
    ):
        return
    elif _broken_expression(written):
        findings.add("AS013", "a comma or bracket inside an unquoted expression in { } or [ ]", place, help=QUOTE)
    elif not _tight_colon(lines, line, column, file, findings):
        _in_other_words(problem, place, findings)


def _strange_character(lines: list[str], line: int, file: str, findings: Findings) -> bool:
    """Report a character on the line, or on the one before, that looks like another."""
    for number in (line, line - 1):
        written = re.sub(_COMMENT, "", lines[number - 1]) if 0 < number <= len(lines) else ""
        at = lookalike(written)
        if at is not None:
            message = f"this is not YAML: here is {described(written[at])}"
            span = Span(file, number, at + 1, number, at + 2)
            findings.add("AS016", message, span, help="write the plain character")
            return True
    return False


def _unknown_escape(problem: Any, written: str, place: Span, findings: Findings) -> bool:
    """Report a backslash in double quotes with behind it what it cannot stand before."""
    context, reason = getattr(problem, "context", None) or "", getattr(problem, "problem", None) or ""
    at = written.rfind("\\", 0, place.column)
    if "quoted scalar" not in context or "unexpected" in reason or at < 0:
        return False
    escape = written[at : at + 2]
    span = Span(place.file, place.line, at + 1, place.line, at + 1 + len(escape))
    help = "write two backslashes for one, or put the text in single quotes, which keep it as it is"
    findings.add("AS001", f"`{escape}` here means no character that YAML knows", span, help=help)
    return True


def _unclosed(problem: Any, place: Span, lines: int, last: Span | None, findings: Findings) -> bool:
    """Report a quote or bracket that is never closed, where it begins."""
    opened, context = getattr(problem, "context_mark", None), getattr(problem, "context", None) or ""
    if opened is not None and "quoted scalar" in context:
        start = Span(place.file, opened.line + 1, opened.column + 1, opened.line + 1, opened.column + 2)
        findings.add("AS017", "this quote is never closed", start, help="end the text with the same quote")
        return True
    if last is not None and last.line < last.end_line == place.line:
        start = Span(last.file, last.line, last.column, last.line, last.column + 1)
        note = Note("here the text ends, in the middle of another", place)
        findings.add("AS017", "the text that begins with this quote ends too late", start, note, help=_SAME_LINE)
        return True
    if opened is None or "flow" not in context or opened.line + 1 == place.line:
        return False
    start = Span(place.file, opened.line + 1, opened.column + 1, opened.line + 1, opened.column + 2)
    ended = place.line >= lines
    message = "this bracket is never closed" + ("" if ended else ", or a comma is missing in it")
    notes = () if ended else (Note("it must have ended before this", place),)
    findings.add("AS017", message, start, *notes, help="write the bracket that closes it")
    return True


_SAME_LINE = "is the quote missing that ends it on its own line?"


def _tight_colon(lines: list[str], line: int, column: int, file: str, findings: Findings) -> bool:
    """Report a key without a space behind its colon, on the line or on the nearest one above that is not empty."""
    written = lines[line - 1] if line <= len(lines) else ""
    before = re.search(r"([\w./()-]+):$", written[:column])
    behind = re.match(r"\S[^,]*", written[column:])
    if before and behind:
        start = before.start() + 1
        _report_tight(before[1], behind[0], Span(file, line, start, line, column + 2), findings)
        return True
    above = [number for number in range(line, 0, -1) if number <= len(lines) and lines[number - 1].strip()]
    for number in above[:3]:
        match = re.fullmatch(TIGHT, re.sub(_COMMENT, "", lines[number - 1]))
        if match:
            report_tight(match, Span(file, number, match.start(1) + 1, number, match.end(1) + 2), findings)
            return True
    return False


def report_tight(match: re.Match[str], span: Span, findings: Findings) -> None:
    """Report a key without a space behind its colon."""
    _report_tight(match[1], match[2], span, findings)


def _report_tight(key: str, value: str, span: Span, findings: Findings) -> None:
    value = value.strip()
    help = f"write `{key}: {value if len(value) <= 40 else '…'}`"
    findings.add("AS015", "no space behind this colon", span, help=help)


def _in_other_words(problem: yaml.YAMLError, place: Span, findings: Findings) -> None:
    reason = str(getattr(problem, "problem", None) or getattr(problem, "reason", None) or "it cannot be parsed")
    context = getattr(problem, "context", None)
    message = f"this is not YAML: {reason}" + (f" {context}" if context else "")
    help = "look for a missing bracket, quote, colon or space before this place"
    if "control characters" in reason:
        help = "take it out; a spec is plain text in UTF-8"
    elif "'-' indicator" in reason:
        message = "this is not YAML: the items of this list begin with `- `, and this line does not"
        help = "write the dash, or look at the indentation"
    elif "mapping values are not allowed" in reason:
        message = "this is not YAML: a `: ` where no key can stand"
        help = "put a text with `: ` in it in quotes, or look at the indentation"
    elif missing := re.fullmatch(r"did not find expected ',' or '(.)'", reason):
        message = f"this is not YAML: a comma or `{missing[1]}` is missing before this"
        help = "separate what stands in brackets by commas, and close every bracket"
    findings.add("AS001", message, place, help=help)


def _position(problem: yaml.YAMLError, text: str) -> tuple[int, int]:
    """Where the reader stopped, which counts bytes."""
    before = text.encode()[: getattr(problem, "position", 0) or 0].decode("utf-8", "ignore")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _broken_expression(line: str) -> bool:
    """Whether the line has an unquoted `$(` with a comma or bracket in it, inside flow style."""
    start = line.find("$(")
    flow = max(line.find("{"), line.find("["))
    return (
        flow >= 0
        and start > min(i for i in (line.find("{"), line.find("[")) if i >= 0)
        and bool(re.search(r"[^\"']\$\([^)\"']*[,\[\]{}]", line))
    )
