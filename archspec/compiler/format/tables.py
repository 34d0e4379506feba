"""Tables, [[header], [cells], …]: a row to a line, in columns."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.compiler.format.page import WIDTH
from archspec.compiler.format.scalars import written
from archspec.compiler.format.styled import Group, Styled, Word
from archspec.compiler.syntax.scalars import core_value


def is_table(node: Styled) -> bool:
    """Whether a node is a list of two or more lists of scalars, the first one of names."""
    if not isinstance(node, Group) or node.mapping or len(node.children) < 2:
        return False
    return all(_is_row(row) for row in node.children) and _is_header(node.children[0])


def _is_row(node: Styled) -> bool:
    if not isinstance(node, Group) or node.mapping or not node.flow or node.properties or not node.children:
        return False
    return all(isinstance(cell, Word) for cell in node.children)


def _is_header(row: Styled) -> bool:
    assert isinstance(row, Group)
    return all(isinstance(cell, Word) and isinstance(core_value(cell.value), str) for cell in row.children)


def align(node: Group, lines: Sequence[str | None], indent: int) -> dict[Group, str]:
    """The rows of a table in columns; nothing where it is none, or does not fit. `lines` are the rows as they are."""
    if not is_table(node) or None in lines:
        return {}
    rows = [row for row in node.children if isinstance(row, Group)]
    cells = [[written(cell, flow=True) for cell in row.children if isinstance(cell, Word)] for row in rows]
    widths = [max(len(row[i]) for row in cells if i < len(row)) + 2 for i in range(max(map(len, cells)))]
    aligned = [_row(row, widths) for row in cells]
    return dict(zip(rows, aligned, strict=False)) if indent + max(map(len, aligned)) < WIDTH else {}


def _row(cells: list[str], widths: list[int]) -> str:
    return (
        "["
        + "".join(f"{cell}, ".ljust(width) for cell, width in zip(cells[:-1], widths, strict=False))
        + cells[-1]
        + "]"
    )
