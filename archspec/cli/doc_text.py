"""The reference of a form, and lists of forms, as text for a terminal."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from archspec.cli.table import room
from archspec.terminal import cells, mark_of_omission, visible, wants_colour

if TYPE_CHECKING:
    from archspec.reference.entry import Entry
    from archspec.reference.fields import FieldEntry

_LONGEST = 24
"""Columns of a field's name or default, beyond which its meaning begins on the next line."""


def one(found: Entry) -> Iterator[str]:
    """The lines of one reference: what it is, fields, facts, example."""
    groups = f" (group{'s' if len(found.groups) > 1 else ''} {', '.join(found.groups)})" if found.groups else ""
    yield f"{_bold(found.name)}  {found.family.replace('_', ' ')}{groups}"
    yield from _filled(found.summary, 2)
    if found.text:
        yield ""
        yield from (f"  {line}".rstrip() for line in _paragraphs(found.text))
    if found.fields:
        yield from ["", _bold("fields"), *_fields(found.fields)]
    if found.facts:
        yield ""
    for name, text in found.facts.items():
        yield from _beside(f"{name}:", text, max(map(len, found.facts)) + 2, 0)
    if found.example is not None:
        yield from ["", _bold("example"), *(f"  {line}" for line in found.example.text.split("\n"))]
    if found.example is not None and found.example.makes:
        yield from ["", *_filled(found.example.makes, 2)]


def listed(families: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """A line for each form, under the name of its family."""
    longest = max(len(name) for forms in families.values() for name in forms)
    for number, (family, forms) in enumerate(families.items()):
        if number:
            yield ""
        yield _bold(family.replace("_", " "))
        for name, about in forms.items():
            yield _cut(f"  {visible(name).ljust(longest)}  {visible(about)}")


def _fields(fields: tuple[FieldEntry, ...]) -> Iterator[str]:
    """`name  default  meaning (type, unit, limits)`; the main field says so."""
    names = [field.name for field in fields]
    defaults = ["required" if field.required else field.default for field in fields]
    first = min(max(map(len, names)), _LONGEST) + 2
    second = min(max(map(len, defaults)), _LONGEST) + 2
    for field, default in zip(fields, defaults, strict=True):
        main = "main value" if field.main else ""
        takes = field.takes if field.takes != field.name else ""
        more = "; ".join(filter(None, [main, takes]))
        about = f"{field.doc} ({more})" if more else field.doc
        yield from _beside(f"{field.name.ljust(first)}{default}", about, first + second, 2)


def _beside(name: str, about: str, width: int, indent: int) -> Iterator[str]:
    """The name and, from one column on, what it means; below it where the name is longer."""
    lines = _filled(about, indent + width)
    name = " " * indent + name
    if cells(name) >= indent + width:
        return iter([name, *lines])
    first, *rest = lines
    return iter([name + first[cells(name) :], *rest])


def _paragraphs(text: str) -> Iterator[str]:
    """The paragraphs in the room that there is, an empty line between them."""
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield ""
        yield from _filled(" ".join(paragraph.split()), 0, 2)


def _filled(text: str, indent: int, less: int = 0) -> list[str]:
    start = " " * indent
    width = max(room() - less, indent + 20)
    return textwrap.wrap(
        visible(text), width, initial_indent=start, subsequent_indent=start, break_on_hyphens=False
    ) or [""]


def _cut(line: str) -> str:
    """As much of the line as fits."""
    if cells(line) <= room():
        return line
    while cells(line) > room() - 1:
        line = line[:-1]
    return line.rstrip() + mark_of_omission(sys.stdout)


def _bold(text: str) -> str:
    return f"\x1b[1m{visible(text)}\x1b[0m" if wants_colour(sys.stdout) else visible(text)
