"""Lines of output, with the comment that waits for the end of the one being written."""

from __future__ import annotations

from archspec.compiler.format.comments import Comment

WIDTH = 140
"""Columns of a line, without the comment at its end."""


class Page:
    """Lines under construction; columns count from 0."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: str | None = None
        self._remark: Comment | None = None

    @property
    def column(self) -> int:
        """Where the next text will stand."""
        return len(self._line or "")

    @property
    def has_remark(self) -> bool:
        """Whether a comment waits for the end of this line."""
        return self._remark is not None

    @property
    def takes_remark(self) -> bool:
        """Whether a comment may be put at the end of this line."""
        return self._line is not None and self._remark is None

    def write(self, text: str) -> None:
        """Append to the line."""
        self._line = (self._line or "") + text

    def remark(self, comment: Comment) -> None:
        """Put a comment at the end of this line, in its old column if that is free."""
        self._remark = comment

    def newline(self, indent: int, blank: bool = False) -> None:
        """Begin a line, after an empty one if asked."""
        self._finish()
        if blank and self._lines and self._lines[-1]:
            self._lines.append("")
        self._line = " " * indent

    def verbatim(self, lines: list[str]) -> None:
        """Whole lines whose trailing spaces count."""
        self._finish()
        self._lines += lines

    def text(self) -> str:
        """Everything written."""
        self._finish()
        return "".join(line + "\n" for line in self._lines)

    def _finish(self) -> None:
        if self._line is None:
            return
        line = self._line.rstrip(" ")
        if self._remark is not None:
            line = (line + "  ").ljust(self._remark.column) + self._remark.text
        self._lines.append(line)
        self._line = self._remark = None
