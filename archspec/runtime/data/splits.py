"""Names of splits, and which one is meant."""

from __future__ import annotations

import re
from collections.abc import Collection

from archspec.diagnostics import stop

_MEANT = {"train": ("train",), "eval": ("validation", "test")}
_ALIASES = {"val": "validation", "valid": "validation", "training": "train"}
_WORD = re.compile(r"(?<![a-z])(train|training|validation|valid|val|test)(?![a-z])")

_REMEDIES = {
    "train": "name the examples to train on `train`, or name other data",
    "eval": "keep a part of its examples apart as `validation`, or name data of its own under `eval.data`",
}
_OTHER_SPLIT = "choose one of its splits"


def split_name(text: str) -> str:
    """The one name of a split that has several: validation for val."""
    return _ALIASES.get(text, text)


def split_in(file_name: str) -> str | None:
    """The split that a file's or folder's name speaks of, if any."""
    found = _WORD.search(file_name.lower())
    return split_name(found[1]) if found else None


def choose_split(source: str, wanted: str, available: Collection[str]) -> str:
    """The split for "train" or "eval", or the one of that name; raises Stop where it is not available."""
    for name in _MEANT.get(wanted, (split_name(wanted),)):
        if name in available:
            return name
    meant = " or ".join(_MEANT.get(wanted, (wanted,)))
    there = ", ".join(sorted(available)) or "none"
    raise stop("AS701", f"{source} has no split {meant}; it has {there}", help=_REMEDIES.get(wanted, _OTHER_SPLIT))
