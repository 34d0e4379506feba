"""What of a document its layers use: blocks, scopes, tables and their columns."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.expand.reads import names_read_by
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.spec.records import BlockCall, Body, Call, Document, Join, Layer
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Diagnostic, Span

COUNTERS = ("i", "_i", "first", "last")
"""Names that every copy has, and that no column can have."""


@dataclass
class Usage:
    """What has been used so far."""

    marks: set[tuple[str, str, str]] = field(default_factory=set)
    read: set[Span] = field(default_factory=set)
    """The columns that a layer reads, by the place of their names."""
    unread: dict[Span, Diagnostic] = field(default_factory=dict)
    """Columns that a layer did not read, with what to say if no other layer does."""
    seen: set[tuple[int, Span]] = field(default_factory=set)
    """The layers that have been asked, so that a layer in a block is asked once."""

    def mark(self, document: Document, kind: str, name: str) -> None:
        """Note that a document's block, scope, table or line of `names` is used."""
        self.marks.add((document.file, kind, name))

    def marked(self, document: Document, kind: str, name: str) -> bool:
        """Whether it is used."""
        return (document.file, kind, name) in self.marks

    def read_columns(self, columns: dict[str, Span], layer: Layer, document: Document) -> None:
        """Note which columns of a table a layer reads: as a field or parameter, or by name in an expression."""
        new = {name: span for name, span in columns.items() if (id(layer), span) not in self.seen}
        if not new:
            return
        self.seen.update((id(layer), span) for span in new.values())
        bodies = [layer.body, *([layer.otherwise.body] if isinstance(layer.otherwise, Layer) else [])]
        written = {name for body in bodies for name in _written(body)}
        fields = {name for body in bodies for name in _fields(body, document)}
        read = (names_read_by(layer, document) | (fields - written)) - set(COUNTERS)
        for name, span in new.items():
            if name in read:
                self.read.add(span)
            else:
                self.unread.setdefault(span, _unread(name, span, name in written and name in fields, fields))

    def unread_columns(self) -> Iterator[Diagnostic]:
        """What to say of the columns that no layer reads."""
        return (diagnostic for span, diagnostic in self.unread.items() if span not in self.read)


def _unread(name: str, span: Span, loses: bool, fields: set[str]) -> Diagnostic:
    message, help = f"nothing reads the column `{name}`", nearest(name, fields) or "take it out"
    if name in COUNTERS:
        message, help = f"the column `{name}` is hidden by the counter of copies", "give it another name"
    elif loses:
        message = f"the column `{name}` does nothing, for its layer says `{name}` itself"
        help = "take one of them out"
    return Diagnostic("AS323", message, span, help=help, severity="warning")


def _written(body: Body) -> set[str]:
    """The fields and parameters that a layer says itself."""
    if isinstance(body, BlockCall):
        return {key.text for key, _ in body.arguments}
    if not isinstance(body, (Call, Join)):
        return set()
    main = body.kind.MAIN if isinstance(body, Call) and body.main is not None else None
    return {*(key.text for key, _ in body.fields), *([main.name] if main is not None else [])}


def _fields(body: Body, document: Document) -> set[str]:
    """The fields and parameters that a column can set."""
    if isinstance(body, (Call, Join)):
        return set(body.kind.FIELDS)
    if not isinstance(body, BlockCall):
        return set()
    named = document.blocks.get(body.block.text)
    blocks = [named] if named is not None else document.blocks.values()
    return {parameter.name for block in blocks for parameter in block.parameters}
