"""What archspec says about a mistake: a place, a sentence, a remedy.

A Diagnostic means a mistake in what the user gave (spec, file, argument); a
Python exception other than Stop means a bug in archspec.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from archspec.dataclass import dataclass, field, replace

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of text in a file; lines and columns count from 1, the end column is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def short(self) -> str:
        """`line 12`, for a note about the same file."""
        return f"line {self.line}"


@dataclass(frozen=True, slots=True)
class Note:
    """A second place, or a further fact, that explains a diagnostic."""

    message: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake: a stable code, a sentence, its place, what explains it and what to do."""

    code: str
    message: str
    span: Span | None = None
    notes: tuple[Note, ...] = ()
    help: str | None = None
    severity: Severity = "error"


@dataclass
class Findings:
    """The diagnostics that one stage collects, the same one once; and the texts that they are about, by file."""

    items: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict, compare=False)
    """The texts that they are about, by file: what was compiled is what is quoted."""
    _known: set[Diagnostic] = field(default_factory=set, init=False, repr=False, compare=False)

    def add(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        *notes: Note,
        help: str | None = None,
        severity: Severity = "error",
    ) -> None:
        """Record one diagnostic."""
        self.extend([Diagnostic(code, message, span, notes, help, severity)])

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Record several diagnostics, what is too long to be read cut."""
        for diagnostic in map(_readable, diagnostics):
            if diagnostic not in self._known:
                self._known.add(diagnostic)
                self.items.append(diagnostic)

    def take(self, other: Findings) -> None:
        """Record what another has collected, with the texts it is about."""
        self.sources.update(other.sources)
        self.extend(other.items)

    @property
    def errors(self) -> list[Diagnostic]:
        """The diagnostics that stop the compiler."""
        return [d for d in self.items if d.severity == "error"]

    def stop_on_errors(self) -> None:
        """End the work here if there is an error; raises Stop with everything found so far."""
        if self.errors:
            raise Stop(*self.items, sources=self.sources)


_LONGEST = 2_000
"""Letters of a message or of what to do."""
_MOST_NOTES = 10


def _readable(diagnostic: Diagnostic) -> Diagnostic:
    """The diagnostic, cut where a text of the user's made it too long to be read."""
    texts = diagnostic.message, diagnostic.help or "", *(note.message for note in diagnostic.notes)
    if len(diagnostic.notes) <= _MOST_NOTES + 1 and max(map(len, texts)) <= _LONGEST:
        return diagnostic
    notes = tuple(Note(_cut(note.message), note.span) for note in diagnostic.notes[:_MOST_NOTES])
    if len(diagnostic.notes) > _MOST_NOTES:
        notes = (*notes, Note(f"there are {len(diagnostic.notes) - _MOST_NOTES:,} more such notes"))
    help = _cut(diagnostic.help) if diagnostic.help is not None else None
    return replace(diagnostic, message=_cut(diagnostic.message), notes=notes, help=help)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


class Stop(Exception):
    """The work ends here because of the user's input; carries the diagnostics to show, and the texts they quote.

    `sources` are the texts that they are about, `exit_code` is 1 for findings and failures, 2 for wrong usage.
    """

    def __init__(self, *diagnostics: Diagnostic, exit_code: int = 1, sources: Mapping[str, str] | None = None) -> None:
        super().__init__("; ".join(d.message for d in diagnostics))
        self.diagnostics = diagnostics
        self.sources = sources or {}
        self.exit_code = exit_code


def stop(
    code: str, message: str, *notes: Note, span: Span | None = None, help: str | None = None, exit_code: int = 1
) -> Stop:
    """A Stop with one diagnostic: `raise stop("AS703", "…", help="…")`."""
    return Stop(Diagnostic(code, message, span, notes, help), exit_code=exit_code)
