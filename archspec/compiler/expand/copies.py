"""`repeat` and `table`: how many copies of a layer, and what each of them sets."""

from __future__ import annotations

from dataclasses import dataclass, field

from archspec.compiler.expand.place import Place
from archspec.compiler.language.expression import Value
from archspec.compiler.language.values import shown
from archspec.compiler.resolve import Broken, Said
from archspec.compiler.spec.records import Layer
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.diagnostics import Span

_MOST_COPIES = 100_000


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a layer: names for expressions, and table cells by column."""

    values: dict[str, Value] = field(default_factory=dict)
    cells: dict[str, Said] = field(default_factory=dict)


def copies(layer: Layer, place: Place) -> list[Copy]:
    """The copies to make; raises Broken after reporting what is wrong."""
    if layer.repeat is None and layer.table is None:
        return [Copy()]
    if layer.repeat is not None and layer.table is not None:
        help = "a table makes as many copies as it has rows"
        place.work.findings.add("AS206", "a layer has `repeat` or `table`, not both", layer.span, help=help)
        raise Broken
    if layer.table is not None:
        rows = _rows(layer.table, place)
    else:
        assert layer.repeat is not None
        rows = [{} for _ in range(_count(layer.repeat, place))]
    last = len(rows) - 1
    return [_copy(row, _counters(i, last), place) for i, row in enumerate(rows)]


def _counters(i: int, last: int) -> dict[str, Value]:
    """`_i` is TensorFlow's suffix: nothing, _1, _2, …"""
    return {"i": i, "first": i == 0, "last": i == last, "_i": f"_{i}" if i else ""}


def _count(node: Node, place: Place) -> int:
    count = place.work.resolver.value(node, place.environment)
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= _MOST_COPIES:
        message = f"`repeat` must be a number of copies, got {shown(count)}"
        place.work.findings.add("AS207", message, node.span, help=f"a whole number from 0 to {_MOST_COPIES:,}")
        raise Broken
    return count


def _copy(row: dict[str, Node], counters: dict[str, Value], place: Place) -> Copy:
    inner = place.with_values(counters)
    values = {name: inner.work.resolver.value(node, inner.environment) for name, node in row.items()}
    environment = inner.environment
    cells = {name: Said(node, environment, "explicit", "the table") for name, node in row.items()}
    return Copy({**values, **counters}, {name: said for name, said in cells.items() if values[name] is not None})


def _rows(node: Node, place: Place) -> list[dict[str, Node]]:
    if isinstance(node, Scalar):
        return _named(node, place)
    if isinstance(node, Mapping):
        return _columns(node, place)
    return _listed(node, place)


def _named(node: Scalar, place: Place) -> list[dict[str, Node]]:
    name = place.work.resolver.text(node, place.environment)
    table = place.document.tables.get(name)
    if table is None or isinstance(table, Scalar):
        known = ", ".join(place.document.tables) or "none"
        place.work.findings.add(
            "AS208", f"there is no table `{name}`", node.span, help=f"under `tables` there are: {known}"
        )
        raise Broken
    place.work.used_names.add(f"table {name}")
    return _rows(table, place)


def _listed(node: Listing, place: Place) -> list[dict[str, Node]]:
    rows = [row for row in node.items if isinstance(row, Listing)]
    if not rows or len(rows) != len(node.items):
        _refuse(place, "a table is a list of rows, the first one with the names of the columns", node.span)
    header = [cell.text if isinstance(cell, Scalar) else "" for cell in rows[0].items]
    for row in rows[1:]:
        if len(row.items) != len(header):
            cells = "1 cell" if len(row.items) == 1 else f"{len(row.items)} cells"
            _refuse(place, f"this row has {cells}, the table has {len(header)} columns", row.span)
    return [dict(zip(header, row.items, strict=False)) for row in rows[1:]]


def _columns(node: Mapping, place: Place) -> list[dict[str, Node]]:
    columns = {key.text: _cells(value, place) for key, value in node.pairs}
    sizes = {len(cells) for cells in columns.values()}
    if not columns:
        _refuse(place, "this table has no columns", node.span)
    if len(sizes) != 1:
        lengths = ", ".join(f"{name} {len(cells)}" for name, cells in columns.items())
        _refuse(place, f"the columns of a table are equally long, here {lengths}", node.span)
    return [{name: cells[i] for name, cells in columns.items()} for i in range(sizes.pop())]


def _cells(node: Node, place: Place) -> tuple[Node, ...]:
    if isinstance(node, Listing):
        return node.items
    value = place.work.resolver.value(node, place.environment)
    if not isinstance(value, list):
        _refuse(place, f"a column of a table is a list, got {shown(value)}", node.span)
    return tuple(Scalar(cell, str(cell), node.span) for cell in value)


def _refuse(place: Place, message: str, span: Span) -> None:
    help = "write `[[name, name], [cell, cell], …]`, or `{name: [cell, cell, …], …}`"
    place.work.findings.add("AS209", message, span, help=help)
    raise Broken
