"""Values with their origins as a person reads them: all of one value, or a table of many, as wide as the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from archspec.cli.table import room, wrapped
from archspec.compiler.language.notation import written
from archspec.excerpt import excerpt
from archspec.rendering import named
from archspec.terminal import cells, visible

if TYPE_CHECKING:
    from archspec.compiler.graph.graph import Node
    from archspec.compiler.language.provenance import Origin, Resolved, Values
    from archspec.compiler.program import Program

_INDENT = "  "
_WIDEST_VALUE = 16
"""Columns of a table's values; a longer one takes a line of its own."""
_LEAST_ORIGIN = 26


def print_whole(values: Values, program: Program) -> None:
    """Prints every value with all that lost against it, and the line that won."""
    width = max(len(visible(name)) for name in values)
    for name, resolved in values.items():
        line = f"{visible(name).ljust(width)}  {visible(written(resolved.value))}"
        print(wrapped(line, hanging=width + 2 if room() - width > _LEAST_ORIGIN else 2 * len(_INDENT)))
        print(wrapped(f"from {_where(resolved.origin, '')}", _INDENT))
        quoted = _quoted(resolved.origin, program)
        if quoted:
            print(f"{_INDENT}{_INDENT}{quoted}")
        for step in resolved.steps:
            print(wrapped(f"then {visible(step)}", _INDENT))
        for lost in resolved.lost:
            print(wrapped(f"over {visible(written(lost.value))} from {_where(lost.origin, '')}", _INDENT))


def print_table(values: Values, program: Program) -> None:
    """Prints a table for each layer or section: field, value, who said it."""
    for number, (owner, names) in enumerate(groupby(values, lambda name: name.partition(".")[0])):
        rows = [(name.partition(".")[2], values[name]) for name in names]
        print(("\n" if number else "") + _heading(owner, program))
        for line in _rows([(field, visible(written(r.value)), _short(r, program)) for field, r in rows]):
            print(line)


def _heading(owner: str, program: Program) -> str:
    node = program.graph.nodes.get(owner)
    kind = f": {node.op.NAME}{_numbers(node, program)}" if node is not None else ""
    return wrapped(f"{visible(owner)}{kind}  ({named(program.file)})", "")


def _numbers(node: Node, program: Program) -> str:
    """The type in which a node computes, where the network does not do all in float32."""
    if all(other.dtype == "float32" for other in program.graph.nodes.values()):
        return ""
    inside, parts = node.op.computes_in(node.dtype), node.op.float32_parts()
    handed = f", handed on in {node.dtype}" if inside != node.dtype else ""
    return f" in {inside}{handed}{f', {parts} in float32' if parts else ''}"


def _rows(cellular: list[tuple[str, str, str]]) -> Iterator[str]:
    """The lines of a table; who said a value is broken between words, and stays in its column."""
    names = max(len(name) for name, _, _ in cellular) + 2
    middle = min(max(cells(value) for _, value, _ in cellular), _WIDEST_VALUE) + 2
    before = min(len(_INDENT) + names + middle, max(room() - _LEAST_ORIGIN, 0))
    for name, value, origin in cellular:
        start = f"{_INDENT}{visible(name).ljust(names)}{value}"
        if cells(start) + 2 > before:
            yield wrapped(start, "", len(_INDENT) + names)
            start = ""
        yield wrapped(start + " " * (before - cells(start)) + origin, "", before)


def _short(resolved: Resolved, program: Program) -> str:
    over = ", ".join(dict.fromkeys(visible(written(lost.value)) for lost in resolved.lost))
    return _where(resolved.origin, program.file) + (f"; over {over}" if over else "")


def _where(origin: Origin, file: str) -> str:
    """Who said a value, and where; without the name of a file that is named already."""
    place = ""
    if origin.span is not None and origin.kind != "set":
        span = origin.span
        before = "" if span.file == file else f"{named(span.file)}:"
        place = f" at {before}{span.line}:{span.column}"
    return visible(f"{origin.where}{place}" + (f", written {origin.written}" if origin.written else ""))


def _quoted(origin: Origin, program: Program) -> str:
    found = excerpt(origin.span, room() - 2 * len(_INDENT), program.sources) if origin.span is not None else None
    return found[0].strip() if found is not None else ""
