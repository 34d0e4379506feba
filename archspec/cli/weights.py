"""What `archspec checkpoint` prints."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from archspec.cli.files import counted
from archspec.cli.table import print_table, room, wrapped
from archspec.terminal import as_json, visible

if TYPE_CHECKING:
    from archspec.runtime.weights.write import Written
    from archspec.weights.compare import Comparison
    from archspec.weights.tensors import Tensors
    from archspec.weights.transfer import Transfer
    from archspec.weights.zoo import Likeness

_SHOWN = 5
"""Names that a line lists before it counts the rest."""

_LONGEST = 24
"""Letters of a file's name in a column of a table."""


def show_weights(weights: Tensors, likeness: Likeness | None, form: str) -> None:
    """The kind of a file and its variables."""
    others = [name for name in weights.entries if weights.is_bookkeeping(name)]
    if form == "json":
        facts: dict[str, Any] = {"file": weights.where, "kind": weights.kind, "step": weights.step}
        facts |= {"looks_like": None if likeness is None else likeness.record()}
        facts |= {"variables": [_record(weights, name) for name in weights.variables]}
        print(as_json({**facts, "of_training": [_record(weights, name) for name in others]}))
        return
    step = "" if weights.step is None else f", of step {weights.step}"
    print(wrapped(visible(f"{weights.where}: {weights.kind}{step}")))
    rows = [(name, *_cells(weights, name)) for name in weights.variables]
    print_table([("variable", "dtype", "shape", "bytes"), *rows], room())
    numbers = sum(math.prod(weights.shapes[name]) for name in weights.variables)
    size = sum(weights.entries[name].bytes for name in weights.variables)
    dtypes = Counter(weights.entries[name].dtype for name in weights.variables)
    print(wrapped(f"{counted(len(rows), 'variable')}, {numbers:,} numbers, {size:,} bytes, {', '.join(dtypes)}"))
    if others:
        print(wrapped(visible(f"and {len(others)} of the training: {_listed(others)}")))
    if likeness is not None:
        print(wrapped(f"looks like {likeness}"))


def show_fates(weights: Tensors, found: Transfer, form: str) -> None:
    """What would become of each variable, and how many come to what."""
    fates = found.fates(weights)
    if form == "json":
        print(as_json({"file": weights.where, "counts": found.counts, "variables": fates}))
        return
    rows = [(each["variable"], each["fate"], each.get("shapes", "")) for each in fates]
    print_table([("variable", "fate", "shapes"), *rows], room())
    print(", ".join(f"{count} {fate}" for fate, count in found.counts.items()))


def show_conversion(weights: Tensors, written: Written, left: list[str], to: str, form: str) -> None:
    """What was written, and what of the file was left out."""
    if form == "json":
        facts = {"from": weights.where, "kind": weights.kind, "to": to, "step": written.step}
        print(as_json({**facts, "variables": list(written.tensors), "left_out": left}))
        return
    count = counted(len(written.tensors), "variable")
    print(wrapped(visible(f"{count} of {weights.where} ({weights.kind}) written to {to}")))
    if left:
        print(wrapped(visible(f"left out: {_listed(left)}")))


def show_comparison(left: Tensors, right: Tensors, found: Comparison, form: str) -> None:
    """What differs between two files."""
    if form == "json":
        shapes = {name: [list(left.shapes[name]), list(right.shapes[name])] for name in found.shapes}
        facts: dict[str, Any] = {"first": left.where, "second": right.where, "same": found.same}
        facts |= {"only_in_first": found.left, "only_in_second": found.right}
        values = {name: value if math.isfinite(value) else None for name, value in found.values.items()}
        print(as_json({**facts, "other_shapes": shapes, "other_values": values, "equal": len(found.equal)}))
        return
    first, second = _sides(left.where, right.where)
    rows = [(name, f"only in {first}", "") for name in found.left]
    rows += [(name, f"only in {second}", "") for name in found.right]
    rows += [(name, f"{_shape(left.shapes[name])} and {_shape(right.shapes[name])}", "") for name in found.shapes]
    rows += [(name, "other values", f"{value:.3g}") for name, value in found.values.items()]
    if rows:
        print_table([("variable", "difference", "largest"), *rows], room())
    print(f"{counted(len(rows), 'difference')}, {counted(len(found.equal), 'variable')} equal")


def _sides(first: str, second: str) -> tuple[str, str]:
    """What two files are called in a table: as the user named them, by the ends of their paths, or by their order."""
    for pair in ((first, second), (PurePath(first).name, PurePath(second).name)):
        if pair[0] != pair[1] and max(map(len, pair)) <= _LONGEST:
            return pair
    return "the first", "the second"


def _record(weights: Tensors, name: str) -> dict[str, Any]:
    entry = weights.entries[name]
    return {"name": name, "shape": list(entry.shape), "dtype": entry.dtype, "bytes": entry.bytes}


def _cells(weights: Tensors, name: str) -> tuple[str, ...]:
    entry = weights.entries[name]
    return entry.dtype, _shape(entry.shape), f"{entry.bytes:,}"


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "scalar"


def _listed(names: list[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
