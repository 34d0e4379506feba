"""`repeat` and `table`: how many copies of a layer, and what each of them sets."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.expand.context import Context
from archspec.compiler.expand.ops import refuse_shared
from archspec.compiler.expand.tables import Row, table_of
from archspec.compiler.expand.usage import Usage
from archspec.compiler.language.expression import UNKNOWN, Value
from archspec.compiler.language.values import shown
from archspec.compiler.resolve import Resolver, Written, tensors_read
from archspec.compiler.spec.records import Call, Join, Layer
from archspec.compiler.syntax.nodes import Node
from archspec.dataclass import dataclass, field

MOST_COPIES = 100_000


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a layer: names for expressions, and table cells by column."""

    values: dict[str, Value] = field(default_factory=dict)
    cells: dict[str, Written] = field(default_factory=dict)


_ONE = (Copy(),)


def copies(layer: Layer, context: Context, resolver: Resolver, usage: Usage) -> Iterator[Copy] | None:
    """The copies to make, each made when it is asked for; None after reporting what is wrong."""
    if layer.repeat is None and layer.table is None:
        return iter(_ONE)
    if layer.repeat is not None and layer.table is not None:
        help = "a table makes as many copies as it has rows"
        resolver.findings.add("AS206", "a layer has `repeat` or `table`, not both", layer.span, help=help)
        return None
    if layer.table is not None:
        table = table_of(layer.table, context, resolver, usage)
        if table is None:
            return None
        usage.read_columns(table.columns, layer, context.document)
        if layer.share is not None and isinstance(layer.body, (Call, Join)):
            refuse_shared(layer.share, layer.body.kind, table.columns, resolver.findings)
        last = len(table.rows) - 1
        return (_copy(row, _counters(i, last), context, resolver) for i, row in enumerate(table.rows))
    assert layer.repeat is not None
    count = _count(layer.repeat, context, resolver)
    return None if count is None else (Copy(_counters(i, count - 1)) for i in range(count))


def _counters(i: int, last: int) -> dict[str, Value]:
    """`_i` is TensorFlow's suffix: nothing, _1, _2, …"""
    return {"i": i, "first": i == 0, "last": i == last, "_i": f"_{i}" if i else ""}


def _count(node: Node, context: Context, resolver: Resolver) -> int | None:
    count = resolver.value(node, context.environment)
    if count is UNKNOWN:
        return None
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_COPIES:
        message = f"`repeat` must be a number of copies, got {shown(count)}"
        notes = tensors_read(node, context.environment)
        resolver.findings.add("AS207", message, node.span, *notes, help=f"a whole number from 0 to {MOST_COPIES:,}")
        return None
    return count


def _copy(row: Row, counters: dict[str, Value], context: Context, resolver: Resolver) -> Copy:
    environment = context.environment.with_values(counters)
    values = {name: resolver.value(node, environment) for name, node in row.items()}
    cells = {name: Written(node, environment, "explicit", "the table") for name, node in row.items()}
    # A cell that is null sets nothing.
    return Copy({**values, **counters}, {name: cell for name, cell in cells.items() if values[name] is not None})
