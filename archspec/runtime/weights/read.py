"""Opens trained weights of any kind: a run, one of its checkpoints, TensorFlow's files, Keras', safetensors, .npz."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from archspec.diagnostics import Diagnostic
from archspec.rendering import report
from archspec.runtime import checkpoint, distribute, tf_checkpoint
from archspec.runtime.weights import frozen
from archspec.weights import foreign, foreign_kinds
from archspec.weights.read import read_file
from archspec.weights.tensors import GLOBAL_STEP, Tensors

NATIVE = "a checkpoint of archspec"


def open_weights(where: str) -> Tensors:
    """The weights that a user means: a run's folder (its newest checkpoint), a step's folder, or a file of any kind.

    Of a run whose newest checkpoint is damaged it is the newest whole one, with a warning. Raises Stop where there is
    none, or it is damaged.
    """
    path = Path(where).expanduser()
    try:
        return read_file(where) or _own(path, where) or _graph(path, where) or _tensorflows(path, where)
    except OSError as problem:
        raise foreign.unreadable(where, problem) from None


def _own(path: Path, where: str) -> Tensors | None:
    """A checkpoint that archspec wrote; None where there is none."""
    is_one = (path / checkpoint.MANIFEST).is_file()
    found = (path, ()) if is_one else checkpoint.newest_whole(path)
    if found is None:
        return None
    own, passed_over = found
    manifest, prefix = checkpoint.verify(own)
    warn_of_damage(own, passed_over)
    return replace(tf_checkpoint.open_prefix(prefix), where=where, kind=NATIVE, step=manifest["step"])


def warn_of_damage(used: Path, passed_over: tuple[str, ...]) -> None:
    """Say which newer checkpoints are damaged, and which one is used instead."""
    help = f"{used} is used, the newest one that is whole"
    if distribute.rank() == 0:
        report([Diagnostic("AS722", problem, help=help, severity="warning") for problem in passed_over])


def _graph(path: Path, where: str) -> Tensors | None:
    """A frozen graph; None where there is none."""
    if not path.is_file() or Path(f"{path}.index").is_file():
        return None
    found = foreign_kinds.foreign_kind(path)
    return frozen.read(path, where) if found is not None and found.kind == foreign_kinds.GRAPH else None


def _tensorflows(path: Path, where: str) -> Tensors:
    found = tf_checkpoint.prefixes(path)
    if len(found) > 1:
        raise foreign.several(where, found)
    if not found or foreign.is_foreign(Path(found[0])):
        raise foreign.not_a_checkpoint(path, where)
    file = replace(tf_checkpoint.open_prefix(found[0]), where=where)
    names = file.entries
    if "_CHECKPOINTABLE_OBJECT_GRAPH" in names and all("/.ATTRIBUTES/" in n or n[0] == "_" for n in names):
        raise foreign.object_checkpoint(where)
    counted = file.shapes.get(GLOBAL_STEP) == ()
    return replace(file, step=int(file.read(GLOBAL_STEP)) if counted else None)
