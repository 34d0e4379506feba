"""A run's checkpoints: written whole or not at all, checked when read, in TensorFlow's format under TF-Slim's names.

RUN/checkpoints/step-00001000/ holds model.ckpt-1000.index and .data-00000-of-00001, which every TF-Slim tool reads,
and checkpoint.json with the step, what the trainer adds, and a SHA-256 of each file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from archspec.diagnostics import Stop, stop
from archspec.runtime import tf_checkpoint

MANIFEST = "checkpoint.json"
_FOLDER = "checkpoints"
_UNFINISHED = ".unfinished-"
_STEP = re.compile(r"step-(\d{8,})")


@dataclass(frozen=True)
class Checkpoint:
    """What was saved at a step: tensors by name, and the trainer's own facts, as JSON has them.

    Weights go by TF-Slim's names, their moving averages by name + tf_checkpoint.AVERAGE, all else by `archspec/…`.
    """

    path: Path
    step: int
    tensors: dict[str, np.ndarray]
    meta: dict[str, Any]


def save(run: str | Path, step: int, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any], keep: int = 5) -> Path:
    """Write the checkpoint of a step, remove all but the newest `keep`, return its folder.

    It gets its name only when all of it is on the disk: a process killed here, or a full disk, leaves the older ones
    as they were. Raises Stop where it can't be written.
    """
    folder = Path(run) / _FOLDER
    unfinished = folder / f"{_UNFINISHED}step-{step:08d}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)
        unfinished.mkdir()
        _fill(unfinished, step, tensors, meta)
        path = _give_name(unfinished)
        for old in checkpoints(run)[:-keep]:
            _remove(old)
    except (OSError, tf.errors.OpError) as problem:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise _unwritable(folder, step, problem) from problem
    return path


def checkpoints(where: str | Path) -> list[Path]:
    """The folders of a run's checkpoints, oldest first; `where` is the run's folder or its checkpoints/."""
    folder = Path(where) / _FOLDER
    folder = folder if folder.is_dir() else Path(where)
    found = [path for path in folder.iterdir() if _STEP.fullmatch(path.name)] if folder.is_dir() else []
    return sorted(found, key=step_of)


def step_of(path: Path) -> int:
    """The step in the name of a checkpoint's folder."""
    match = _STEP.fullmatch(path.name)
    assert match, path
    return int(match[1])


def latest(run: str | Path) -> Checkpoint | None:
    """The newest checkpoint of a run, None if it has none; raises Stop where the newest is damaged."""
    found = checkpoints(run)
    return load(found[-1]) if found else None


def load(path: str | Path) -> Checkpoint:
    """All of one checkpoint, checked against its checksums; raises Stop where a bit differs."""
    path = Path(path)
    manifest, prefix = verify(path)
    file = tf_checkpoint.open_prefix(prefix)
    return Checkpoint(path, manifest["step"], {name: file.read(name) for name in file.shapes}, manifest["meta"])


def verify(path: Path) -> tuple[dict[str, Any], str]:
    """(manifest, prefix of its tensors) of a checkpoint; raises Stop that names the damaged file and a whole one."""
    problem = _damage(path)
    if problem:
        raise stop("AS722", f"{problem}, so this checkpoint is not used", help=_instead_of(path))
    manifest = json.loads((path / MANIFEST).read_text("utf-8"))
    return manifest, str(path / manifest["prefix"])


def _instead_of(path: Path) -> str:
    """What to do about a damaged checkpoint."""
    others = [other for other in checkpoints(path.parent) if other.name != path.name and not _damage(other)]
    if not others:
        return "no other one of this run is whole"
    return f"the newest one that is whole is {others[-1]}: delete {path} to go on from there"


def _damage(path: Path) -> str | None:
    """What is wrong with a checkpoint's files, as the start of a sentence."""
    try:
        manifest = json.loads((path / MANIFEST).read_text("utf-8"))
        differing = [name for name, digest in manifest["files"].items() if _sha256(path / name) != digest]
        if not _well_formed(manifest):
            return f"{path / MANIFEST} is not what archspec wrote"
    except FileNotFoundError as problem:
        return f"{problem.filename} is missing"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        return f"{path / MANIFEST} can't be read ({type(problem).__name__}: {problem})"
    return f"{path / differing[0]} has changed since it was written" if differing else None


def _well_formed(manifest: dict[str, Any]) -> bool:
    return manifest.get("digest") == _digest({key: value for key, value in manifest.items() if key != "digest"})


def _fill(folder: Path, step: int, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> None:
    """Write the files of a checkpoint, through to the disk."""
    prefix = f"model.ckpt-{step}"
    files = tf_checkpoint.write(folder / prefix, tensors)
    digests = {file.name: _sha256(file) for file in files}
    manifest = json.loads(json.dumps({"step": step, "prefix": prefix, "meta": dict(meta), "files": digests}))
    manifest["digest"] = _digest(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")
    for file in [*files, folder / MANIFEST, folder]:
        _to_disk(file)


def _give_name(unfinished: Path) -> Path:
    """Rename the finished folder to its place; one that stands there for the same step gives way."""
    path = unfinished.with_name(unfinished.name.removeprefix(_UNFINISHED))
    if path.exists():
        _remove(path)
    unfinished.rename(path)
    _to_disk(path.parent)
    return path


def _remove(path: Path) -> None:
    """Delete a checkpoint; it loses its name first, so that half of one is never seen."""
    doomed = path.with_name(f"{_UNFINISHED}{path.name}-removed")
    path.rename(doomed)
    shutil.rmtree(doomed)


def _clear(folder: Path) -> None:
    """Delete what a process that was killed left behind."""
    for left in folder.glob(_UNFINISHED + "*"):
        shutil.rmtree(left)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _unwritable(folder: Path, step: int, problem: Exception) -> Stop:
    # TensorFlow says `PATH; No space left on device`.
    reason = problem.strerror if isinstance(problem, OSError) else tf_checkpoint.first_line(problem).split("; ")[-1]
    kept = checkpoints(folder)
    remains = f"the one of step {step_of(kept[-1])} is whole" if kept else "there is no older one"
    remedy = f"make room or give write access, then train again: {remains}"
    return stop("AS723", f"the checkpoint of step {step} can't be written to {folder}: {reason}", help=remedy)
