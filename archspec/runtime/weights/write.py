"""Writes trained weights as files of many kinds: whole or not at all, over what is there only where that is said."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from glob import escape
from pathlib import Path

import numpy as np
import tensorflow as tf

from archspec.diagnostics import Stop, stop
from archspec.runtime import checkpoint, tf_checkpoint
from archspec.runtime.lower import Network
from archspec.weights import safetensors
from archspec.weights.tensors import GLOBAL_STEP

NATIVE, TENSORFLOW, KERAS, HDF5, SAFETENSORS = "native", "tf", "keras", "h5", "safetensors"
KINDS = (NATIVE, TENSORFLOW, KERAS, HDF5, SAFETENSORS)
OF_NETWORK = (KERAS, HDF5)
"""Kinds that Keras writes, of a network and not of tensors alone."""

_ENDINGS = {".keras": KERAS, ".weights.h5": HDF5, ".safetensors": SAFETENSORS}
_CKPT = re.compile(r"\.ckpt(-\d+)?$")
_READ_ONLY = {".pb": "a frozen graph", ".npz": "an .npz file", ".h5": "an .h5 file of older Keras"}


@dataclass(frozen=True)
class Written:
    """Weights to be written: tensors by name, the step of their training, and the network where a kind needs one."""

    tensors: Mapping[str, np.ndarray]
    step: int | None
    network: Network | None = None


def kind_of(to: str, wanted: str | None) -> str:
    """The kind of file that a path asks for by its ending, or `wanted`; raises Stop."""
    ending = next((ending for ending in _ENDINGS if to.endswith(ending)), None)
    own = _ENDINGS[ending] if ending else TENSORFLOW if _CKPT.search(to) else None
    if wanted is not None:
        needed = next((ending for ending, kind in _ENDINGS.items() if kind == wanted), "")
        if needed and not to.endswith(needed):
            raise stop("AS774", f"{to} does not end in {needed}", help=f"name it {to}{needed}", exit_code=2)
        return wanted
    if own is not None:
        return own
    suffix = Path(to).suffix
    if suffix in _READ_ONLY:
        message = f"{to} would be {_READ_ONLY[suffix]}, which archspec reads and does not write"
        raise stop("AS774", message, help=f"write one of {', '.join(_ENDINGS)}, or a .ckpt", exit_code=2)
    if suffix:
        help = f"write one of {', '.join(_ENDINGS)}, a .ckpt or a run's folder, or say --to"
        raise stop("AS774", f"no kind of weights ends in {suffix}", help=help, exit_code=2)
    return NATIVE


def write(to: str, kind: str, found: Written, force: bool = False) -> None:
    """Write weights to a path; raises Stop where something is there, or it cannot be written."""
    path = Path(to).expanduser()
    there = _there(path, kind)
    if there and not force:
        help = "name another file, or write over it with --force"
        raise stop("AS773", f"{there[0]} is there already", help=help)
    if kind == NATIVE:
        checkpoint.save(path, found.step or 0, _counted(found), {})
        return
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
            made = _WRITERS[kind](Path(folder) / path.name, found)
            for file in made:
                checkpoint.to_disk(file)
            _put_in_place(made, path.parent, there)
    except (OSError, tf.errors.OpError) as problem:
        raise _unwritable(path, problem) from None


def _there(path: Path, kind: str) -> list[Path]:
    """What would be written over."""
    if kind == NATIVE:
        return [path] if path.is_file() or (path.is_dir() and any(path.iterdir())) else []
    if kind == TENSORFLOW:
        return sorted(path.parent.glob(f"{escape(path.name)}.index")) + sorted(
            path.parent.glob(f"{escape(path.name)}.data-*")
        )
    return [path] if path.exists() or path.is_symlink() else []


def _put_in_place(made: list[Path], folder: Path, there: list[Path]) -> None:
    """Give the finished files their names, an index last: without it nobody takes the others for a checkpoint."""
    made = sorted(made, key=lambda file: file.suffix == ".index")
    if len(made) > 1:
        for old in there:
            old.unlink()
    for file in made:
        os.chmod(file, 0o666 & ~_umask())
        os.replace(file, folder / file.name)
    checkpoint.to_disk(folder)


def _tensorflow(path: Path, found: Written) -> list[Path]:
    return tf_checkpoint.write(path, _counted(found))


def _keras(path: Path, found: Written) -> list[Path]:
    assert found.network is not None
    found.network.save(path)
    return [path]


def _hdf5(path: Path, found: Written) -> list[Path]:
    assert found.network is not None
    found.network.save_weights(path)
    return [path]


def _safetensors(path: Path, found: Written) -> list[Path]:
    about = {} if found.step is None else {"step": str(found.step)}
    strange = next((name for name, value in found.tensors.items() if not safetensors.can_hold(value.dtype)), None)
    if strange is not None:
        message = f"{strange} is {found.tensors[strange].dtype}, which a safetensors file cannot hold"
        raise stop("AS774", message, help="write a TensorFlow checkpoint: TO.ckpt")
    with path.open("wb") as file:
        safetensors.write(file, found.tensors, about)
    return [path]


_WRITERS: Mapping[str, Callable[[Path, Written], list[Path]]] = {
    TENSORFLOW: _tensorflow,
    KERAS: _keras,
    HDF5: _hdf5,
    SAFETENSORS: _safetensors,
}


def _counted(found: Written) -> dict[str, np.ndarray]:
    """The tensors, and the step by TensorFlow's name for it."""
    step = {} if found.step is None else {GLOBAL_STEP: np.asarray(found.step, np.int64)}
    return {**found.tensors, **step}


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _unwritable(path: Path, problem: Exception) -> Stop:
    reason = problem.strerror if isinstance(problem, OSError) else tf_checkpoint.first_line(problem).split("; ")[-1]
    remedy = "name a file in a folder that is there and can be written to"
    return stop("AS727", f"{path} can't be written: {reason}", help=remedy)
