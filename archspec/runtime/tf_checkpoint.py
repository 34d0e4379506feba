"""TensorFlow's checkpoint files, TF-Slim's among them: found by what a user writes, read and written by tensor name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from glob import escape
from pathlib import Path

import numpy as np
import tensorflow as tf

from archspec.weights.foreign import PARTS
from archspec.weights.tensors import Entry, Tensors, check_bytes, damaged

_UNREADABLE = (tf.errors.OpError, RuntimeError, ValueError, LookupError)
"""What TensorFlow's reader raises, by the kind of damage."""


def open_prefix(prefix: str) -> Tensors:
    """The checkpoint at PREFIX (PREFIX.index and PREFIX.data-…, or TensorFlow's older single file); raises Stop."""
    try:
        reader = tf.train.load_checkpoint(prefix)
        dtypes = reader.get_variable_to_dtype_map()
        shapes = {name: tuple(shape) for name, shape in reader.get_variable_to_shape_map().items()}
    except _UNREADABLE as problem:
        raise damaged(prefix, first_line(problem)) from problem
    room, kind = _bytes_of(prefix), "a TensorFlow checkpoint"
    found = {name: Entry(shapes[name], np.dtype(dtypes[name].as_numpy_dtype).name) for name in sorted(shapes)}
    entries = {name: check_bytes(prefix, name, entry, room) for name, entry in found.items()}

    def fetch(name: str) -> np.ndarray:
        try:
            return np.asarray(reader.get_tensor(name))
        except _UNREADABLE as problem:
            raise damaged(prefix, f"{name} can't be read ({first_line(problem)})") from problem

    kind += " (V2)" if room is not None else " in a single file (V1)"
    return Tensors(prefix, kind, entries, fetch)


def _bytes_of(prefix: str) -> int | None:
    """The bytes of a checkpoint's data files; None for the older single file, which is compressed."""
    path = Path(prefix)
    if not Path(f"{prefix}.index").is_file():
        return None
    return sum(part.stat().st_size for part in path.parent.glob(f"{escape(path.name)}.data-*"))


def prefixes(path: Path) -> list[str]:
    """The prefixes of the TensorFlow checkpoints that a path may mean; one where it is clear, none where there is none.

    The path may be the prefix, one of its files, or a folder with TensorFlow's `checkpoint` file or .index files. A
    `checkpoint` file that was moved with its folder names another machine's path: the file beside it is meant.
    """
    if not path.is_dir():
        prefix = PARTS.sub("", str(path))
        return [prefix] if _is_prefix(prefix) else []
    newest = _newest_in(path)
    if newest is not None:
        return [newest]
    return [PARTS.sub("", str(index)) for index in sorted(path.glob("*.index"))]


def _newest_in(folder: Path) -> str | None:
    """The prefix that the folder's `checkpoint` file names, there or beside the file."""
    try:
        state = tf.train.get_checkpoint_state(str(folder))
    except (tf.errors.OpError, ValueError, UnicodeDecodeError):
        # Somebody else's file of that name says nothing of what lies beside it.
        return None
    named = state.model_checkpoint_path if state is not None else ""
    # The other machine may have been one with backslashes.
    beside = str(folder / re.split(r"[/\\]", named)[-1])
    return next((prefix for prefix in (named, beside) if named and _is_prefix(prefix)), None)


def _is_prefix(prefix: str) -> bool:
    """Whether a checkpoint is there, of TensorFlow's format or of the older one in a single file."""
    return Path(prefix + ".index").is_file() or Path(prefix).is_file()


def write(prefix: Path, tensors: Mapping[str, np.ndarray]) -> list[Path]:
    """Write TensorFlow's V2 format and return its files; raises tf.errors.OpError."""
    names = list(tensors)
    values = [tf.convert_to_tensor(tensors[name]) for name in names]
    tf.raw_ops.SaveV2(prefix=str(prefix), tensor_names=names, shape_and_slices=[""] * len(names), tensors=values)
    return sorted(prefix.parent.glob(prefix.name + ".*"))


def first_line(problem: BaseException) -> str:
    """What TensorFlow says, without the operation it says it about."""
    text = str(problem).strip() or type(problem).__name__
    return re.sub(r" \[Op:\w+\].*$|: perhaps your file is in .*$|^\{\{.*?\}\} ", "", text.splitlines()[0])
