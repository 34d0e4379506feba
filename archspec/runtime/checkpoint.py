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
from archspec.run_folder import files
from archspec.run_folder.record import CHECKPOINTS
from archspec.runtime import tf_checkpoint
from archspec.weights.foreign import unreadable

MANIFEST = "checkpoint.json"
STATE = "checkpoint"
"""What TensorFlow calls the file that names the newest checkpoint of a folder."""

_UNFINISHED = ".unfinished-"
_STEP = re.compile(r"step-(\d{8,18})")


@dataclass(frozen=True)
class Checkpoint:
    """What was saved at a step: tensors by name, and the trainer's own facts, as JSON has them.

    Weights go by TF-Slim's names, their moving averages by name + AVERAGE, the optimizer's slots by name
    + /SLOT, all else by `archspec/…`. `passed_over` are sentences about newer ones that are damaged.
    """

    path: Path
    step: int
    tensors: dict[str, np.ndarray]
    meta: dict[str, Any]
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True)
class Best:
    """The score by which a checkpoint is the best of its run."""

    metric: str
    lowest: bool = False


def save(
    run: str | Path,
    step: int,
    tensors: Mapping[str, np.ndarray],
    meta: Mapping[str, Any],
    keep: int = 5,
    best: Best | None = None,
) -> Path:
    """Write the checkpoint of a step, remove all but the newest `keep` and the best one, return its folder.

    It gets its name only when all of it is on the disk: a process killed here, or a full disk, leaves the older ones
    as they were. `meta["scores"]`, where it is there, is what an evaluation found, by name. Raises Stop where it can't
    be written.
    """
    root, name = Path(run), f"step-{step:08d}"
    unfinished = root / CHECKPOINTS / f"{_UNFINISHED}{name}"
    try:
        folder = files.make_folder(root, CHECKPOINTS)
        sweep(root)
        unfinished.mkdir()
        _fill(unfinished, step, tensors, meta)
        path = _give_name(unfinished)
        _keep_only(root, _kept(root, keep, best))
    except (OSError, tf.errors.OpError) as problem:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise _unwritable(root / CHECKPOINTS, step, problem) from problem
    return folder / path.name


def add_scores(
    run: str | Path, step: int, scores: Mapping[str, float], keep: int = 5, best: Best | None = None
) -> None:
    """Write down beside a step's checkpoint what an evaluation of it found; raises Stop where that can't be written.

    Of the checkpoints, the newest `keep` and the best one stay.
    """
    root = Path(run)
    path = root / CHECKPOINTS / f"step-{step:08d}"
    try:
        manifest = _manifest(path)
        manifest["meta"]["scores"] = {name: float(value) for name, value in scores.items()}
        manifest["digest"] = _digest({key: value for key, value in manifest.items() if key != "digest"})
        files.write(path, MANIFEST, json.dumps(manifest, indent=1))
        _keep_only(root, _kept(root, keep, best))
    except OSError as problem:
        raise _unwritable(root / CHECKPOINTS, step, problem) from problem


def checkpoints(where: str | Path) -> list[Path]:
    """The folders of a run's checkpoints, oldest first; `where` is the run's folder or its checkpoints/."""
    root = Path(where)
    try:
        inside = CHECKPOINTS if CHECKPOINTS in files.names(root) else ""
        folder = root / inside
        return sorted((folder / name for name in files.names(root, inside) if _STEP.fullmatch(name)), key=step_of)
    except NotADirectoryError:
        return []
    except OSError as problem:
        raise unreadable(root, problem) from None


def step_of(path: Path) -> int:
    """The step in the name of a checkpoint's folder."""
    match = _STEP.fullmatch(path.name)
    assert match, path
    return int(match[1])


def latest(run: str | Path) -> Checkpoint | None:
    """The newest whole checkpoint of a run, None if it has none at all; raises Stop where all are damaged."""
    found = newest_whole(run)
    return None if found is None else load(found[0], found[1])


def newest_whole(run: str | Path) -> tuple[Path, tuple[str, ...]] | None:
    """(the newest whole checkpoint, sentences about damaged newer ones), None without any; raises Stop."""
    passed: list[str] = []
    for path in reversed(checkpoints(run)):
        problem = _damage(path)
        if problem is None:
            return path, tuple(passed)
        passed.append(f"{problem}, so the checkpoint of step {step_of(path)} is not used")
    if passed:
        raise stop("AS722", passed[0], help="no other one of this run is whole")
    return None


def best_of(run: str | Path, best: Best) -> Path | None:
    """The checkpoint with the best score; None where none has one of that name."""
    scores = {path: _scores(path).get(best.metric) for path in checkpoints(run)}
    found = {path: score for path, score in scores.items() if isinstance(score, float)}
    chosen = min if best.lowest else max
    return chosen(found, key=lambda path: (found[path], 0)) if found else None


def set_aside(path: Path) -> Path:
    """Give a damaged checkpoint a name under which it is found by a person alone."""
    aside = path.with_name(f"damaged-{path.name}")
    if aside.exists():
        _remove(aside)
    path.rename(aside)
    return aside


def load(path: str | Path, passed_over: tuple[str, ...] = ()) -> Checkpoint:
    """All of one checkpoint, checked against its checksums; raises Stop where a bit differs."""
    path = Path(path)
    manifest, prefix = verify(path)
    file = tf_checkpoint.open_prefix(prefix)
    tensors = {name: file.read(name) for name in file.entries}
    return Checkpoint(path, manifest["step"], tensors, manifest["meta"], passed_over)


def verify(path: Path) -> tuple[dict[str, Any], str]:
    """(manifest, prefix of its tensors) of a checkpoint; raises Stop that names the damaged file and a whole one."""
    problem = _damage(path)
    if problem:
        raise stop("AS722", f"{problem}, so this checkpoint is not used", help=_instead_of(path))
    manifest = _manifest(path)
    return manifest, str(path / manifest["prefix"])


def sweep(run: Path) -> None:
    """Delete what a process that was ended while it saved has left behind; raises OSError."""
    for name in files.names(run, CHECKPOINTS):
        left = run / CHECKPOINTS / name
        if name.startswith(_UNFINISHED):
            left.unlink() if left.is_symlink() or not left.is_dir() else shutil.rmtree(left)


def _instead_of(path: Path) -> str:
    """What to do about a damaged checkpoint."""
    others = [other for other in checkpoints(path.parent) if other.name != path.name and not _damage(other)]
    return f"the newest one that is whole is {others[-1]}" if others else "no other one of this run is whole"


def _damage(path: Path) -> str | None:
    """What is wrong with a checkpoint's files, as the start of a sentence."""
    if path.is_symlink():
        return f"{path} cannot be read: {files.LINK}"
    try:
        manifest = _manifest(path)
        if not _well_formed(manifest, path):
            return f"{path / MANIFEST} is not what archspec wrote"
        files.check_folder(path, ".")
        differing = [name for name, digest in manifest["files"].items() if _sha256(path, name) != digest]
    except FileNotFoundError as problem:
        return f"{problem.filename} is missing"
    except OSError as problem:
        return f"{problem.filename or path} cannot be read: {problem.strerror}"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        return f"{path / MANIFEST} can't be read ({type(problem).__name__})"
    return f"{path / differing[0]} has changed since it was written" if differing else None


def _manifest(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files.read(path, MANIFEST))
    return found


def _scores(path: Path) -> dict[str, Any]:
    """What an evaluation of a checkpoint found; nothing where it cannot be read, nor be used then."""
    try:
        manifest = _manifest(path)
        found = manifest["meta"].get("scores", {}) if _well_formed(manifest, path) else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _well_formed(manifest: dict[str, Any], path: Path) -> bool:
    """Whether a manifest agrees with itself and with its folder's name, and names files of that folder alone."""
    step, prefix = manifest["step"], manifest["prefix"]
    digest = _digest({key: value for key, value in manifest.items() if key != "digest"})
    own = all(name.startswith(prefix + ".") and "/" not in name for name in manifest["files"])
    here = _STEP.fullmatch(path.name) is None or step_of(path) == step
    whole = manifest["digest"] == digest and type(step) is int and isinstance(manifest["meta"], dict)
    return whole and own and here and prefix == f"model.ckpt-{step}"


def _fill(folder: Path, step: int, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> None:
    """Write the files of a checkpoint, through to the disk."""
    prefix = f"model.ckpt-{step}"
    written = tf_checkpoint.write(folder / prefix, tensors)
    digests = {file.name: _sha256(folder, file.name) for file in written}
    manifest = json.loads(json.dumps({"step": step, "prefix": prefix, "meta": dict(meta), "files": digests}))
    manifest["digest"] = _digest(manifest)
    files.write(folder, MANIFEST, json.dumps(manifest, indent=1))
    for file in [*written, folder]:
        to_disk(file)


def _give_name(unfinished: Path) -> Path:
    """Rename the finished folder to its place; one that stands there for the same step gives way."""
    path = unfinished.with_name(unfinished.name.removeprefix(_UNFINISHED))
    if path.exists() or path.is_symlink():
        _remove(path)
    unfinished.rename(path)
    to_disk(path.parent)
    return path


def _kept(root: Path, keep: int, best: Best | None) -> list[Path]:
    """The newest checkpoints and the best one, oldest first."""
    found = checkpoints(root)
    chosen = best_of(root, best) if best is not None else None
    return [path for path in found if path in found[-keep:] or path == chosen]


def _keep_only(root: Path, kept: list[Path]) -> None:
    """Remove all other checkpoints; what TensorFlow's tools find is one of those that stay."""
    _write_state(root, kept)
    for old in checkpoints(root):
        if old not in kept:
            _remove(old)


def _write_state(root: Path, kept: list[Path]) -> None:
    """Tell TensorFlow's own tools which checkpoint is the newest, in the run's folder and in checkpoints/."""
    for folder, above in ((CHECKPOINTS, ""), ("", f"{CHECKPOINTS}/")):
        paths = [f"{above}{path.name}/model.ckpt-{step_of(path)}" for path in kept]
        lines = [f'model_checkpoint_path: "{paths[-1]}"']
        lines += [f'all_model_checkpoint_paths: "{path}"' for path in paths]
        files.write(root, f"{folder}/{STATE}" if folder else STATE, "\n".join(lines) + "\n")


def _remove(path: Path) -> None:
    """Delete a checkpoint; it loses its name first, so that half of one is never seen."""
    doomed = path.with_name(f"{_UNFINISHED}{path.name}-removed")
    path.rename(doomed)
    doomed.unlink() if doomed.is_symlink() or not doomed.is_dir() else shutil.rmtree(doomed)


def to_disk(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(folder: Path, name: str) -> str:
    with os.fdopen(files.opened(folder, name, os.O_RDONLY), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _unwritable(folder: Path, step: int, problem: Exception) -> Stop:
    # TensorFlow says `PATH; No space left on device`.
    reason = problem.strerror if isinstance(problem, OSError) else tf_checkpoint.first_line(problem).split("; ")[-1]
    kept = [path for path in checkpoints(folder) if not _damage(path)]
    remains = f"the one of step {step_of(kept[-1])} is whole" if kept else "there is no older one"
    remedy = f"make room or give write access, then train again: {remains}"
    return stop("AS723", f"the checkpoint of step {step} can't be written to {folder}: {reason}", help=remedy)
