"""A table of text: a line an example, a column a feature; separated by tabs where the name ends in .tsv."""

from __future__ import annotations

import csv
import io
import os
from typing import Any

from archspec.compiler.language.forms.data import Csv
from archspec.diagnostics import stop
from archspec.files.regular import read_regular
from archspec.runtime.data.columned import columned
from archspec.runtime.data.columns import Table, gathered, made_of
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.naming import printable, several

_LARGEST_CELL = 2**24


def open_csv(form: Csv, split: str) -> Dataset:
    """All rows of the table, without splits; raises Stop."""
    name = printable(form.path)
    lines, rows = _rows(form.path)
    header = [column.strip() for column in rows[0]] if rows else []
    twice = sorted({column for column in header if header.count(column) > 1})
    if not header or twice:
        what = f"has two columns {several(twice)}" if twice else "is empty"
        raise stop("AS704", f"{name} {what}", help="its first line names the columns, each with a name of its own")
    for line, row in zip(lines[1:], rows[1:], strict=True):
        if len(row) != len(header):
            message = f"{name}:{line} has {len(row)} cells, and the first line {len(header)}"
            raise stop("AS718", message, help="a cell with the separator in it needs quotes (in a .csv file)")
    if len(rows) == 1:
        raise stop("AS703", f"{name} has no line below the names of its columns", help="write an example a line")
    numbers, folder = lines[1:], os.path.dirname(form.path)

    def place(row: int) -> str:
        return f"{name}:{numbers[row]}"

    columns = {column: [row[number] for row in rows[1:]] for number, column in enumerate(header)}
    table = Table(name, columns, place, lambda cell: os.path.join(folder, cell))
    made = gathered([made_of(table, feature, kind) for feature, kind in form.features.items()])
    return columned(name, len(numbers), made, place, lambda row: "\0".join(rows[row + 1]).encode("utf-8", "replace"))


def _rows(path: str) -> tuple[list[int], list[list[str]]]:
    """The rows that are not empty, and the lines of the file that they end in; raises Stop."""
    name = printable(path)
    try:
        text = read_regular(path).decode("utf-8-sig")
    except OSError as error:
        raise stop("AS703", f"{name} cannot be read: {error.strerror}", help="correct the path") from error
    except UnicodeDecodeError as error:
        raise stop("AS704", f"{name} is not UTF-8 text (byte {error.start})", help="save it as UTF-8") from error
    # Quotes within a text are frequent in .tsv files, and never closed.
    style: dict[str, Any] = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if path.lower().endswith(".tsv") else {}
    csv.field_size_limit(_LARGEST_CELL)
    reader, lines, rows = csv.reader(io.StringIO(text, newline=""), strict=True, **style), [], []
    try:
        for row in reader:
            if row:
                lines.append(reader.line_num)
                rows.append(row)
    except csv.Error as error:
        raise stop("AS704", f"{name}:{reader.line_num} is damaged: {error}", help="close the quotes") from error
    return lines, rows
