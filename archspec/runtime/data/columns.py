"""Features made of columns of text, as a table has them: each value is read once, and a wrong one named by its line."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from archspec.compiler.language.features import FeatureType
from archspec.compiler.language.forms.kinds import (
    ClassKind,
    ClassMapKind,
    ImageKind,
    Kind,
    NumberKind,
    NumbersKind,
    WordsKind,
)
from archspec.compiler.language.suggestions import nearest
from archspec.diagnostics import Stop, stop
from archspec.runtime.data.by_kind import of_kind
from archspec.runtime.data.naming import printable, several
from archspec.runtime.data.vocabulary import read_vocabulary


@dataclass(frozen=True)
class Made:
    """What comes of one kind's columns: arrays and types by feature, the names of classes, files' paths."""

    arrays: dict[str, np.ndarray]
    types: dict[str, FeatureType]
    class_names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    paths: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """Columns of text by name, and where each row stands (`faces.csv:7`)."""

    name: str
    columns: dict[str, list[str]]
    place: Callable[[int], str]
    path_of: Callable[[str], str]
    """From a cell to the path of the file that it names."""

    def column(self, feature: str, source: str) -> list[str]:
        """The texts of a column; raises Stop where there is none."""
        if source not in self.columns:
            help = nearest(source, self.columns) or f"it has {several(list(self.columns), 12)}"
            raise stop("AS717", f"{self.name} has no column `{source}`, which `{feature}` is read from", help=help)
        return self.columns[source]

    def wrong(self, row: int, sentence: str, remedy: str) -> Stop:
        """The Stop for a cell."""
        return stop("AS718", f"{self.place(row)}: {sentence}", help=remedy)


def made_of(table: Table, feature: str, kind: Kind) -> Made:
    """The values of a feature for every row; raises Stop."""
    return of_kind(_MAKERS, feature, kind)(table, feature, kind)


def _source(feature: str, kind: Any) -> str:
    return kind.source if kind.source is not None else feature


def _files(table: Table, feature: str, kind: ImageKind | ClassMapKind) -> Made:
    cells = table.column(feature, _source(feature, kind))
    empty = next((row for row, cell in enumerate(cells) if not cell.strip()), None)
    if empty is not None:
        raise table.wrong(empty, f"`{feature}` names no file", "write its path, or take the line out")
    paths = tuple(table.path_of(cell.strip()) for cell in cells)
    return Made({}, kind.made(feature), paths={feature: paths})


def _classes(table: Table, feature: str, kind: ClassKind) -> Made:
    cells = [cell.strip() for cell in table.column(feature, _source(feature, kind))]
    if not kind.names and all(cell.isascii() and cell.isdigit() and len(cell) < 8 for cell in cells):
        numbers = np.array(list(map(int, cells)), np.int64)
        return Made({feature: numbers}, {feature: replace(kind.type(), classes=int(numbers.max()) + 1)})
    names = kind.names or tuple(sorted(set(cells)))
    known = {name: number for number, name in enumerate(names)}
    known |= {str(number): number for number in range(len(names)) if str(number) not in known}
    for row, cell in enumerate(cells):
        if not cell or cell not in known:
            raise table.wrong(
                row, f"`{feature}` is {_quoted(cell)}, which is no class", f"it is one of {', '.join(names)}"
            )
    classes = np.array([known[cell] for cell in cells], np.int64)
    names = tuple(map(printable, names))
    return Made({feature: classes}, {feature: replace(kind.type(), classes=len(names))}, {feature: names})


def _number(table: Table, feature: str, kind: NumberKind) -> Made:
    cells = table.column(feature, _source(feature, kind))
    values = np.array([_value(table, feature, row, cell, kind.missing) for row, cell in enumerate(cells)], np.float32)
    arrays = {feature: values}
    if kind.missing is not None:
        known = values != np.float32(kind.missing)
        # What is not known counts nowhere, and should be a number that spoils nothing.
        arrays = {feature: np.where(known, values, np.float32(0)), f"{feature}.known": known.astype(np.float32)}
    return Made(arrays, kind.made(feature))


def _value(table: Table, feature: str, row: int, cell: str, missing: float | None) -> float:
    if missing is not None and not cell.strip():
        return missing
    try:
        found = float(cell)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        remedy = "write a number, or say which value means that it is not known: `missing: -1`"
        raise table.wrong(row, f"`{feature}` is {_quoted(cell)}, which is no number", remedy)
    return found


def _numbers(table: Table, feature: str, kind: NumbersKind) -> Made:
    columns = [table.column(feature, name) for name in kind.columns]
    rows = [
        [_value(table, name, row, column[row], None) for name, column in zip(kind.columns, columns, strict=True)]
        for row in range(len(columns[0]))
    ]
    return Made({feature: np.array(rows, np.float32)}, kind.made(feature))


def _words(table: Table, feature: str, kind: WordsKind) -> Made:
    vocabulary = read_vocabulary(kind)
    cells = table.column(feature, _source(feature, kind))
    return Made({feature: np.stack([vocabulary.encoded(cell) for cell in cells])}, {feature: vocabulary.type})


def _quoted(cell: str) -> str:
    return f"`{printable(cell[:40])}`" if cell.strip() else "empty"


_MAKERS: dict[type[Kind], Callable[[Table, str, Any], Made]] = {
    ImageKind: _files,
    ClassMapKind: _files,
    ClassKind: _classes,
    NumberKind: _number,
    NumbersKind: _numbers,
    WordsKind: _words,
}


def gathered(found: Sequence[Made]) -> Made:
    """All features together."""
    together = Made({}, {})
    for made in found:
        for name in ("arrays", "types", "class_names", "paths"):
            getattr(together, name).update(getattr(made, name))
    return together
