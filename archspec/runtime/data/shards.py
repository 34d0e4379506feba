"""Which TFRecord files a pattern or folder means, and whether all of them are there."""

from __future__ import annotations

import glob
import os
import re
from collections import defaultdict
from collections.abc import Sequence
from fnmatch import fnmatch
from itertools import islice

from archspec.diagnostics import stop
from archspec.files.regular import irregular
from archspec.runtime.data.naming import printable
from archspec.runtime.data.splits import choose_split, split_in

_SHARD = re.compile(r"(?P<start>.*?)(?P<number>\d+)-of-(?P<count>\d+)(?P<end>(\.(tfrecords?|record))?(\.gz)?)")
"""train-00003-of-01024, flowers_train_00000-of-00005.tfrecord, mnist.tfrecord-00000-of-00001."""

_SUFFIXES = (".tfrecord", ".tfrecords", ".record")
_LOOKED_AT = 100_000


def shards_in(folder: str) -> list[str]:
    """The files of a folder that look like TFRecord files by name, sorted."""
    names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    return [os.path.join(folder, name) for name in names if name.endswith(_SUFFIXES) or _SHARD.fullmatch(name)]


def files_of_split(pattern: str, split: str, *, held_out: bool = False) -> tuple[list[str], str]:
    """The files of a split among those that match a pattern or lie in a folder, and its name; raises Stop.

    The name is empty where no file's name speaks of a split, or only of training and a part of it is to be held out.
    """
    in_folder = os.path.isdir(pattern)
    files = shards_in(pattern) if in_folder else _matching(pattern)
    if not files:
        message = f"no TFRecord file matches {printable(pattern)} from {printable(os.getcwd())}"
        raise stop("AS703", message, help="correct the pattern")
    groups: dict[str, list[str]] = {}
    for path in files:
        groups.setdefault(split_in(os.path.basename(path)) or "", []).append(path)
    apart = held_out and set(groups) - {""} == {"train"}
    unnamed = set(groups) == {""} or apart
    chosen = "train" if apart else "" if unnamed else _chosen(pattern, split, groups)
    check_regular(groups[chosen])
    _check_complete(groups[chosen], None if in_folder else os.path.basename(pattern))
    return groups[chosen], "" if unnamed else chosen


def _chosen(pattern: str, split: str, groups: dict[str, list[str]]) -> str:
    return choose_split(printable(pattern), split, [name for name in groups if name])


def _matching(pattern: str) -> list[str]:
    return sorted(path for path in glob.glob(pattern) if not os.path.isdir(path))


def check_regular(files: Sequence[str]) -> None:
    for path in files:
        try:
            kind = irregular(os.stat(path).st_mode)
        except OSError as error:
            raise stop("AS703", f"{printable(path)} cannot be read: {error.strerror}", help="copy it again") from error
        if kind is not None:
            raise stop("AS709", f"{printable(path)} is {kind}, and no file", help="take it away")


def _check_complete(files: Sequence[str], pattern: str | None) -> None:
    """Raise Stop where a shard is missing that the pattern, or any without one, would match."""
    series: defaultdict[tuple[str, str, str], dict[int, int]] = defaultdict(dict)
    for path in files:
        found = _SHARD.fullmatch(os.path.basename(path))
        if found is not None:
            key = os.path.join(os.path.dirname(path), found["start"]), found["count"], found["end"]
            series[key][int(found["number"])] = len(found["number"])
    for (start, count, end), numbers in series.items():
        width = max(numbers.values())
        absent = (f"{start}{number:0{width}}-of-{count}{end}" for number in range(int(count)) if number not in numbers)
        missing = [
            path for path in islice(absent, _LOOKED_AT) if pattern is None or fnmatch(os.path.basename(path), pattern)
        ]
        if missing:
            raise _missing(missing, len(numbers), int(count))


def _missing(missing: list[str], there: int, count: int) -> Exception:
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    rest = "1 is there" if there == 1 else f"{there} are there"
    message = f"{len(missing)} of {count} shards are missing: {printable(missing[0])}{more}; {rest}"
    return stop("AS706", message, help="copy them, or name by a pattern those that are to be used")
