"""TensorFlow's checkpoint files, TF-Slim's among them: found by what a user writes, read and written by tensor name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from archspec.diagnostics import Stop, stop

AVERAGE = "/ExponentialMovingAverage"
"""What TF-Slim appends to a variable's name for its moving average."""

_UNREADABLE = (tf.errors.OpError, RuntimeError, ValueError, LookupError)
"""What TensorFlow's reader raises, by the kind of damage."""

_PARTS = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")


@dataclass(frozen=True)
class TensorFile:
    """A checkpoint's tensors by name, read when asked for; `shapes` has all of them."""

    prefix: str
    shapes: dict[str, tuple[int, ...]]
    reader: Any

    def read(self, name: str) -> np.ndarray:
        """One tensor; raises Stop where its bytes are damaged."""
        try:
            return np.asarray(self.reader.get_tensor(name))
        except _UNREADABLE as problem:
            raise damaged(self.prefix, f"{name} can't be read ({first_line(problem)})") from problem

    def averaged(self, name: str) -> str:
        """The name of the variable's moving average where there is one, else the variable's own."""
        return name + AVERAGE if name + AVERAGE in self.shapes else name


def open_prefix(prefix: str) -> TensorFile:
    """The checkpoint at PREFIX (PREFIX.index and PREFIX.data-…, or TensorFlow's older single file); raises Stop."""
    try:
        reader = tf.train.load_checkpoint(prefix)
        shapes = {name: tuple(shape) for name, shape in reader.get_variable_to_shape_map().items()}
    except _UNREADABLE as problem:
        raise damaged(prefix, first_line(problem)) from problem
    return TensorFile(prefix, shapes, reader)


def find_prefix(path: Path) -> str | None:
    """The prefix of the TensorFlow checkpoint that a path means, None if there is none.

    The path may be the prefix, one of its files, or a folder with TensorFlow's `checkpoint` file or one .index file.
    """
    if path.is_dir():
        indexes = sorted(path.glob("*.index"))
        only = _PARTS.sub("", str(indexes[0])) if len(indexes) == 1 else None
        return tf.train.latest_checkpoint(str(path)) or only
    prefix = _PARTS.sub("", str(path))
    return prefix if Path(prefix + ".index").is_file() or Path(prefix).is_file() else None


def write(prefix: Path, tensors: Mapping[str, np.ndarray]) -> list[Path]:
    """Write TensorFlow's V2 format and return its files; raises tf.errors.OpError."""
    names = list(tensors)
    values = [tf.convert_to_tensor(tensors[name]) for name in names]
    tf.raw_ops.SaveV2(prefix=str(prefix), tensor_names=names, shape_and_slices=[""] * len(names), tensors=values)
    return sorted(prefix.parent.glob(prefix.name + ".*"))


def damaged(where: object, reason: str) -> Stop:
    """The Stop for a checkpoint that is there and can't be used."""
    return stop("AS722", f"the checkpoint {where} is damaged: {reason}", help="take another copy, or an older one")


def first_line(problem: BaseException) -> str:
    """What TensorFlow says, without the operation it says it about."""
    text = str(problem).strip() or type(problem).__name__
    return re.sub(r" \[Op:\w+\].*$|: perhaps your file is in .*$|^\{\{.*?\}\} ", "", text.splitlines()[0])
