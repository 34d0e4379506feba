"""Where the values of the sections stand in the spec."""

from __future__ import annotations

from functools import cached_property

from archspec.compiler.language.provenance import Values
from archspec.dataclass import dataclass
from archspec.diagnostics import Span


@dataclass(frozen=True)
class Places:
    """The place of every value by its dotted path, and of each section."""

    values: Values
    sections: dict[str, Span]

    @cached_property
    def _inside(self) -> dict[str, Span]:
        """By path, where the first of the values that are in it stands."""
        first: dict[str, Span] = {}
        for path, resolved in self.values.items():
            span, upper = resolved.origin.span, path.rpartition(".")[0]
            while upper and span is not None:
                first[upper] = min(span, first.get(upper, span))
                upper = upper.rpartition(".")[0]
        return first

    def of(self, path: str) -> Span | None:
        """The place of a value, or of the first that is in it; where none is written, that of what is around it."""
        while path:
            resolved = self.values.get(path)
            if resolved is not None and resolved.origin.span is not None:
                return resolved.origin.span
            if "." in path and path in self._inside:
                return self._inside[path]
            if path in self.sections:
                return self.sections[path]
            path = path.rpartition(".")[0]
        return None
