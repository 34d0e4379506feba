"""Where the values of the sections stand in the spec."""

from __future__ import annotations

from archspec.compiler.language.provenance import Values
from archspec.dataclass import dataclass
from archspec.diagnostics import Span


@dataclass(frozen=True)
class Places:
    """The place of every value by its dotted path, and of each section."""

    values: Values
    sections: dict[str, Span]

    def of(self, path: str) -> Span | None:
        """The place of a value, or of the first that is in it; where none is written, that of what is around it."""
        while path:
            resolved = self.values.get(path)
            if resolved is not None and resolved.origin.span is not None:
                return resolved.origin.span
            below = [r.origin.span for key, r in self.values.items() if key.startswith(f"{path}.") and r.origin.span]
            if "." in path and below:
                return min(below)
            if path in self.sections:
                return self.sections[path]
            path = path.rpartition(".")[0]
        return None
