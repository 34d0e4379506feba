"""Trained weights into a network: from a run, one of its checkpoints, or a TF-Slim file; all of them or none."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from archspec.diagnostics import Diagnostic, Note, Stop
from archspec.rendering import report
from archspec.runtime import checkpoint, distribute, foreign, tf_checkpoint
from archspec.runtime.lower import Network
from archspec.runtime.tf_checkpoint import GLOBAL_STEP, TensorFile

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


def _check(weights: Weights, network: str, wanted: dict[str, tuple[int, ...]], sources: dict[str, str]) -> None:
    """Raise Stop if a variable is missing or has another shape."""
    shapes = weights.file.shapes
    missing = [name for name in wanted if sources[name] not in shapes]
    misshapen = [name for name in wanted if sources[name] in shapes and shapes[sources[name]] != wanted[name]]
    if not missing and not misshapen:
        return
    lines = [f"{name} is {_show(wanted[name])} here and {_show(shapes[sources[name]])} there" for name in misshapen]
    lines += [f"{name} is missing{_near(name, shapes)}" for name in missing[: _SHOWN - len(lines)]]
    rest = len(missing) + len(misshapen) - _SHOWN
    notes = [Note(line) for line in lines[:_SHOWN]] + ([Note(f"and {rest} more")] if rest > 0 else [])
    counts = {"missing there": len(missing), "of another shape": len(misshapen)}
    counted = " and ".join(f"{count} {what}" for what, count in counts.items() if count)
    message = f"{weights.where} does not fit {network}: of {len(wanted)} variables {counted}; none was loaded"
    raise Stop(Diagnostic("AS721", message, None, tuple(notes), _remedy(weights, wanted, missing, misshapen)))


def _remedy(weights: Weights, wanted: dict[str, tuple[int, ...]], missing: list[str], misshapen: list[str]) -> str:
    """What to do, from what the differences have in common."""
    last = {(_show(wanted[name][-1:]), _show(weights.file.shapes.get(name, ())[-1:])) for name in misshapen}
    if not missing and len(last) == 1 and not any(here == there for here, there in last):
        here, there = last.pop()
        return f"the last axis is {here} here and {there} there: if that is the number of classes, set it with --set"
    if len(missing) == len(wanted):
        return _other_network(weights, wanted)
    return "use the spec and the --set values that the checkpoint was trained with"


def _other_network(weights: Weights, wanted: dict[str, tuple[int, ...]]) -> str:
    """What to do where no name is in the checkpoint: another `name` for the network, or another network."""
    shapes = weights.file.shapes
    roots = sorted({name.split("/")[0] for name in shapes if not _is_bookkeeping(name, weights.file)})
    own = os.path.commonpath(list(wanted)).split("/")[0] if all("/" in name for name in wanted) else ""
    for root in roots:
        above = root if own else f"{root}/"
        fitting = sum(shapes.get(above + name.removeprefix(own)) == shape for name, shape in wanted.items())
        if fitting > len(wanted) / 2:
            return f"write `name: {root}` in the spec: the checkpoint's variables begin with that, and fit otherwise"
    return f"the checkpoint is of another network: its variables begin with {', '.join(roots[:5]) or 'no name'}"


def _near(name: str, shapes: dict[str, tuple[int, ...]]) -> str:
    leaf = name.rsplit("/", 1)[-1]
    near = get_close_matches(name, [other for other in shapes if other.endswith("/" + leaf)], n=1, cutoff=0.8)
    return f"; the nearest name there is {near[0]}" if near else ""


def _show(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a scalar"
