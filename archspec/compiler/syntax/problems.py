"""What libyaml says of a text that it cannot parse, in the words of somebody who writes specs."""

from __future__ import annotations

import re

import yaml

from archspec.diagnostics import Findings, Span

QUOTE = 'quote the expression: "$(max(1, n))"'
"""What to do about a comma or bracket in one."""


def report_problem(problem: yaml.YAMLError, text: str, file: str, findings: Findings) -> None:
    """A parse error in the words of somebody who writes specs."""
    mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else _position(problem, text)
    place = Span(file, line, column, line, column + 1)
    reason = str(getattr(problem, "problem", None) or getattr(problem, "reason", None) or "it cannot be parsed")
    lines = text.splitlines()
    written = lines[line - 1] if line <= len(lines) else ""
    indentation = written[: len(written) - len(written.lstrip())]
    if "\t" in indentation or (column <= len(written) and written[column - 1] == "\t"):
        findings.add("AS003", "a tab where YAML wants spaces", place, help="indent with spaces")
    elif _broken_expression(written):
        findings.add("AS013", "a comma or bracket inside an unquoted expression in { } or [ ]", place, help=QUOTE)
    else:
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
