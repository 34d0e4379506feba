"""A table's rows: in place or by name, as rows under a header or as columns."""

from __future__ import annotations

from archspec.compiler.expand.context import Context
from archspec.compiler.expand.usage import Usage
from archspec.compiler.language.expression import UNKNOWN
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.language.values import shown
from archspec.compiler.resolve import Resolver
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.dataclass import dataclass
from archspec.diagnostics import Findings, Span

Row = dict[str, Node]


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a table, each with the place of its name, and its rows."""

    columns: dict[str, Span]
    rows: list[Row]


def table_of(node: Node, context: Context, resolver: Resolver, usage: Usage) -> Table | None:
    """The table that stands in place or is named; None after reporting what is wrong."""
    table = _named(node, context, resolver, usage) if isinstance(node, Scalar) else node
    if isinstance(table, Mapping):
        rows = _columns(table, context, resolver)
        return None if rows is None else Table({key.text: key.span for key, _ in table.pairs}, rows)
    return None if table is None else _listed(table, resolver.findings)


def _named(node: Scalar, context: Context, resolver: Resolver, usage: Usage) -> Node | None:
    name = resolver.text(node, context.environment)
    if name is None:
        return None
    table = context.document.tables.get(name)
    if table is None or isinstance(table, Scalar):
        names = list(context.document.tables)
        help = nearest(name, names) or f"under `tables` there are: {', '.join(names) or 'none'}"
        resolver.findings.add("AS208", f"there is no table `{name}`", node.span, help=help)
        return None
    usage.mark(context.document, "table", name)
    return table


def _listed(node: Node, findings: Findings) -> Table | None:
    rows = [row for row in node.items if isinstance(row, Listing)] if isinstance(node, Listing) else []
    if not rows or not isinstance(node, Listing) or len(rows) != len(node.items):
        _refuse(findings, "a table is a list of rows, the first one with the names of the columns", node.span)
        return None
    header = [cell.text if isinstance(cell, Scalar) else "" for cell in rows[0].items]
    columns = {name: cell.span for name, cell in zip(header, rows[0].items, strict=True)}
    if len(columns) < len(header):
        _refuse(findings, "two columns of this table have one name", rows[0].span)
        return None
    for row in rows[1:]:
        if len(row.items) != len(header):
            cells = "1 cell" if len(row.items) == 1 else f"{len(row.items)} cells"
            _refuse(findings, f"this row has {cells}, the table has {len(header)} columns", row.span)
            return None
    return Table(columns, [dict(zip(header, row.items, strict=True)) for row in rows[1:]])


def _columns(node: Mapping, context: Context, resolver: Resolver) -> list[Row] | None:
    found = {key.text: _cells(value, context, resolver) for key, value in node.pairs}
    columns = {name: cells for name, cells in found.items() if cells is not None}
    sizes = {len(cells) for cells in columns.values()}
    if not found:
        _refuse(resolver.findings, "this table has no columns", node.span)
        return None
    if len(columns) < len(found):
        return None
    if len(sizes) != 1:
        lengths = ", ".join(f"{name} {len(cells)}" for name, cells in columns.items())
        _refuse(resolver.findings, f"the columns of a table are equally long, here {lengths}", node.span)
        return None
    return [{name: cells[i] for name, cells in columns.items()} for i in range(sizes.pop())]


def _cells(node: Node, context: Context, resolver: Resolver) -> tuple[Node, ...] | None:
    if isinstance(node, Listing):
        return node.items
    value = resolver.value(node, context.environment)
    if value is UNKNOWN:
        return None
    if not isinstance(value, list):
        _refuse(resolver.findings, f"a column of a table is a list, got {shown(value)}", node.span)
        return None
    return tuple(Scalar(cell, str(cell), node.span) for cell in value)


def _refuse(findings: Findings, message: str, span: Span) -> None:
    help = "write `[[name, name], [cell, cell], …]`, or `{name: [cell, cell, …], …}`"
    findings.add("AS209", message, span, help=help)
