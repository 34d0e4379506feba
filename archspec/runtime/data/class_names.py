"""labels.txt beside TFRecord files: a line `0:daisy` for every class, as TF-Slim writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from archspec.diagnostics import Stop, stop
from archspec.files.regular import read_regular
from archspec.runtime.data.naming import printable

FILE = "labels.txt"
_MOST = 1_000_000
"""Classes; a larger number in the file is a slip."""


def class_names(folder: Path) -> tuple[str, ...] | None:
    """The names of classes by label; None without such a file. Raises Stop."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        text = read_regular(path).decode("utf-8-sig")
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror}", "give read access, or take it away") from error
    except UnicodeDecodeError as error:
        raise _wrong(path, f"is not UTF-8 text (byte {error.start})", "save it as UTF-8") from error
    names: dict[int, str] = {}
    for number, label, name in _lines(path, text):
        if label in names:
            raise _wrong(path, f"line {number}: class {label} has a name already, {names[label]}", "one line a class")
        names[label] = name
    if not names:
        raise _wrong(path, "is empty", "one line for every class, such as 0:daisy")
    return tuple(names.get(number, "background" if number == 0 else str(number)) for number in range(max(names) + 1))


def _lines(path: Path, text: str) -> Iterator[tuple[int, int, str]]:
    """(the line's number, the label, the name)."""
    for number, line in enumerate(text.split("\n"), 1):
        label, colon, name = line.partition(":")
        if not line.strip():
            continue
        if not (colon and label.strip().isascii() and label.strip().isdigit()):
            raise _wrong(path, f"line {number}: not a label, a colon and a name", "such as 0:daisy")
        if len(label.strip()) > 7 or int(label) >= _MOST:
            raise _wrong(path, f"line {number}: {label.strip()[:30]} is too large for a label", f"less than {_MOST}")
        yield number, int(label), printable(name.strip())


def _wrong(path: Path, what: str, remedy: str) -> Stop:
    return stop("AS704", f"{printable(str(path))}{',' if what.startswith('line') else ''} {what}", help=remedy)
