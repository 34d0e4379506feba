"""Trained weights into a network: from a run, one of its checkpoints, or a TF-Slim file; all of them or none."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from archspec.diagnostics import Diagnostic, Note, Stop, stop
from archspec.rendering import report
from archspec.runtime import checkpoint, distribute, foreign, tf_checkpoint
from archspec.runtime.lower import Network
from archspec.runtime.tf_checkpoint import GLOBAL_STEP, TensorFile

Shapes = dict[str, tuple[int, ...]]
"""The shapes of variables by name."""

_SHOWN = 20
"""How many variables an error names before it counts the rest."""


@dataclass(frozen=True)
class Weights:
    """An opened checkpoint: its tensors, and the training step where it is a run's or says one; `where` as written."""

    where: str
    file: TensorFile
    step: int | None


def restore(network: Network, where: str, *, averaged: bool = True, skip: Collection[str] = ()) -> int | None:
    """Set the network's variables from a checkpoint and return the step it was saved at, None if it does not say.

    `averaged` takes the moving average of a variable where there is one; the variables named in `skip` stay as they
    are. Raises Stop that names every missing and misshapen variable, before any is set.
    """
    weights = open_weights(where)
    wanted = {name: tuple(variable.shape) for name, variable in network.table.items() if name not in skip}
    sources = {name: weights.file.averaged(name) if averaged else name for name in wanted}
    _check(weights, network.graph.name, wanted, sources)
    values = {name: np.asarray(weights.file.read(source), np.float32) for name, source in sources.items()}
    for name, value in values.items():
        network.table[name].assign(value)
    return weights.step


def open_weights(where: str) -> Weights:
    """The checkpoint that a user means: a run's folder (its newest), a step's folder, or a TensorFlow checkpoint.

    Of a run whose newest checkpoint is damaged it is the newest whole one, with a warning. Raises Stop where there is
    none, or it is damaged.
    """
    path = Path(where).expanduser()
    try:
        tf_checkpoint.check_name(path)
        return _own(path, where) or _tensorflows(path, where)
    except OSError as problem:
        raise tf_checkpoint.unreadable(where, problem) from None


def _own(path: Path, where: str) -> Weights | None:
    """A checkpoint that archspec wrote; None where there is none."""
    is_one = (path / checkpoint.MANIFEST).is_file()
    found = (path, ()) if is_one else checkpoint.newest_whole(path)
    if found is None:
        return None
    own, passed_over = found
    manifest, prefix = checkpoint.verify(own)
    warn_of_damage(own, passed_over)
    return Weights(where, tf_checkpoint.open_prefix(prefix), manifest["step"])


def warn_of_damage(used: Path, passed_over: tuple[str, ...]) -> None:
    """Say which newer checkpoints are damaged, and which one is used instead."""
    help = f"{used} is used, the newest one that is whole"
    if distribute.rank() == 0:
        report([Diagnostic("AS722", problem, help=help, severity="warning") for problem in passed_over])


def _tensorflows(path: Path, where: str) -> Weights:
    found = tf_checkpoint.prefixes(path)
    if len(found) > 1:
        raise foreign.several(where, found)
    if not found or foreign.is_foreign(Path(found[0])):
        raise foreign.not_a_checkpoint(path, where)
    file = tf_checkpoint.open_prefix(found[0])
    if "_CHECKPOINTABLE_OBJECT_GRAPH" in file.shapes and all("/.ATTRIBUTES/" in n or n[0] == "_" for n in file.shapes):
        raise foreign.object_checkpoint(where)
    step = int(file.read(GLOBAL_STEP)) if file.shapes.get(GLOBAL_STEP) == () else None
    return Weights(where, file, step)


def _is_bookkeeping(name: str, file: TensorFile) -> bool:
    return file.is_slot(name) or name.startswith("archspec/") or name == GLOBAL_STEP


def _check(weights: Weights, network: str, wanted: Shapes, sources: dict[str, str]) -> None:
    """Raise Stop if a variable is missing or has another shape."""
    missing, misshapen = _misfits(weights, wanted, sources)
    if not missing and not misshapen:
        return
    does_not_fit = f"{weights.where} does not fit {network}"
    renamed = _renamed(weights, wanted) if len(missing) == len(wanted) else None
    if renamed is not None:
        raise _misnamed(weights, renamed, does_not_fit)
    message = f"{does_not_fit}: {_counted(wanted, missing, misshapen)}; none was loaded"
    notes = _notes(weights, wanted, sources, missing, misshapen)
    raise Stop(Diagnostic("AS721", message, None, notes, _remedy(weights, wanted, missing, misshapen)))


def _misfits(weights: Weights, wanted: Shapes, sources: dict[str, str]) -> tuple[list[str], list[str]]:
    """The variables that are missing in the checkpoint, and those that have another shape there."""
    shapes = weights.file.shapes
    missing = [name for name in wanted if sources[name] not in shapes]
    return missing, [name for name in wanted if sources[name] in shapes and shapes[sources[name]] != wanted[name]]


def _misnamed(weights: Weights, renamed: Shapes, does_not_fit: str) -> Stop:
    """The Stop for a checkpoint of a network with another name; what does not fit under that name is said too."""
    root = next(iter(renamed)).split("/")[0]
    sources = {name: name for name in renamed}
    missing, misshapen = _misfits(weights, renamed, sources)
    message, help = f"{does_not_fit}: its variables begin with {root}", f"write `name: {root}` in the spec"
    if not missing and not misshapen:
        return stop("AS721", f"{message}, and fit otherwise; none was loaded", help=help)
    message += f", and under that name {_counted(renamed, missing, misshapen)}; none was loaded"
    notes = _notes(weights, renamed, sources, missing, misshapen)
    return stop("AS721", message, *notes, help=f"{help}; {_remedy(weights, renamed, missing, misshapen)}")


def _counted(wanted: Shapes, missing: list[str], misshapen: list[str]) -> str:
    counts = {"missing there": len(missing), "of another shape": len(misshapen)}
    return f"of {len(wanted)} variables {' and '.join(f'{n} {what}' for what, n in counts.items() if n)}"


def _notes(
    weights: Weights, wanted: Shapes, sources: dict[str, str], missing: list[str], misshapen: list[str]
) -> tuple[Note, ...]:
    """The first of the variables that do not fit, and how many more there are."""
    shapes = weights.file.shapes
    lines = [f"{name} is {_show(wanted[name])} here and {_show(shapes[sources[name]])} there" for name in misshapen]
    lines += [f"{name} is missing{_near(name, shapes)}" for name in missing[: max(0, _SHOWN - len(lines))]]
    rest = len(missing) + len(misshapen) - _SHOWN
    return (*map(Note, lines[:_SHOWN]), *([Note(f"and {rest} more")] if rest > 0 else []))


def _remedy(weights: Weights, wanted: Shapes, missing: list[str], misshapen: list[str]) -> str:
    """What to do, from what the differences have in common."""
    last = {(_show(wanted[name][-1:]), _show(weights.file.shapes.get(name, ())[-1:])) for name in misshapen}
    if not missing and len(last) == 1 and not any(here == there for here, there in last):
        here, there = last.pop()
        return f"the last axis is {here} here and {there} there: if that is the number of classes, set it with --set"
    if len(missing) == len(wanted):
        roots = ", ".join(_roots(weights)[:5])
        return f"the checkpoint is of another network: its variables begin with {roots or 'no name'}"
    return "use the spec and the --set values that the checkpoint was trained with"


def _renamed(weights: Weights, wanted: Shapes) -> Shapes | None:
    """The variables under another name of the network, where most of them are in the checkpoint then."""
    shapes = weights.file.shapes
    own = os.path.commonpath(list(wanted)).split("/")[0] if all("/" in name for name in wanted) else ""
    for root in _roots(weights):
        above = root if own else f"{root}/"
        renamed = {above + name.removeprefix(own): shape for name, shape in wanted.items()}
        if sum(shapes.get(name) == shape for name, shape in renamed.items()) > len(wanted) / 2:
            return renamed
    return None


def _roots(weights: Weights) -> list[str]:
    """What the names of the checkpoint's variables begin with."""
    names = (name for name in weights.file.shapes if not _is_bookkeeping(name, weights.file))
    return sorted({name.split("/")[0] for name in names})


def _near(name: str, shapes: Shapes) -> str:
    leaf = name.rsplit("/", 1)[-1]
    near = get_close_matches(name, [other for other in shapes if other.endswith("/" + leaf)], n=1, cutoff=0.8)
    return f"; the nearest name there is {near[0]}" if near else ""


def _show(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a scalar"
