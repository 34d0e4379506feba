"""Where a value came from: the line that won, and the candidates that lost."""

from __future__ import annotations

from typing import Any

from archspec.dataclass import dataclass
from archspec.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Origin:
    """Who said a value.

    `kind` is "explicit", "scope", "default" (the form's own), "parameter", "set" (the command line) or "derived"
    (width, output_stride); `where` says it in words (`scope "logits"`, `defaults of block mixed_35`), `written` is the
    text in the spec where it differs from the value (an expression).
    """

    kind: str
    where: str
    span: Span | None = None
    written: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that was said for a field."""

    value: Any
    origin: Origin


@dataclass(frozen=True, slots=True)
class Resolved:
    """A field's value, its origin, and the candidates that lost, nearest first."""

    value: Any
    origin: Origin
    lost: tuple[Candidate, ...] = ()
    steps: tuple[str, ...] = ()
    """How the written value became this one (`80 x 0.5 = 40`), where something changed it."""


Values = dict[str, Resolved]
