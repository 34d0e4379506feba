"""The canonical layout of specs: `laid_out`.

Spaces, line breaks, quotes and blank lines are the formatter's; the choice between flow and block style stays the
author's where both are legal and fit. Meaning and comments never change.
"""

from __future__ import annotations

from archspec.compiler.format.block import write_document
from archspec.compiler.format.comments import comments_of
from archspec.compiler.format.equality import same
from archspec.compiler.format.source import Sheet
from archspec.compiler.format.styled import styled
from archspec.compiler.syntax.nodes import Node
from archspec.compiler.syntax.reading import LARGEST, decoded, parse
from archspec.diagnostics import Findings, Span

__all__ = ["laid_out"]


def laid_out(text: str | bytes, file: str) -> str:
    """A spec's text in its canonical layout.

    Raises Stop where the text cannot be parsed or would be too large, and RuntimeError, a bug, should the layout
    change its meaning or lose a comment.
    """
    findings = Findings()
    readable = decoded(text, file, findings)
    tree = None if readable is None else parse(readable, file, findings)
    findings.stop_on_errors()
    assert readable is not None and tree is not None
    before = readable.replace("\r\n", "\n").replace("\r", "\n")
    after = _laid_out(before)
    if len(after) > LARGEST:
        message = f"laid out, {file} would have {len(after):,} characters; {LARGEST:,} is the limit for a spec"
        findings.add("AS005", message, Span(file, 1, 1, 1, 1), help="use `repeat`, a table or blocks")
        findings.stop_on_errors()
    _check(tree, before, after, file)
    return after


def _laid_out(text: str) -> str:
    root, words = styled(text)
    sheet = Sheet(text, comments_of(text, words))
    write_document(sheet, root)
    return sheet.page.text()


def _check(tree: Node, before: str, after: str, file: str) -> None:
    findings = Findings()
    again = parse(after, file, findings)
    if again is None or not same(tree, again):
        reason = f" ({findings.items[0].message})" if findings.items else ""
        raise RuntimeError(f"the layout of {file} would change its meaning{reason}; the file was left as it is")
    if _comments(before) != _comments(after):
        raise RuntimeError(f"the layout of {file} would lose a comment; the file was left as it is")


def _comments(text: str) -> list[str]:
    return sorted(comment.text for comment in comments_of(text, styled(text)[1]))
