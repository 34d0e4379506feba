"""The tensors of a file of weights: what there is, known at once, and each of them when it is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import ml_dtypes
import numpy as np

from archspec.diagnostics import Stop, stop
from archspec.files.limits import BYTES, limit

AVERAGE = "/ExponentialMovingAverage"
"""What TF-Slim appends to a variable's name for its moving average."""

GLOBAL_STEP = "global_step"
"""What TF-Slim calls the number of steps that were made."""

_SLOTS = ("Momentum", "RMSProp", "RMSProp_1", "RMSProp_2", "Adam", "Adam_1", "Adam_2", "Adagrad", "Ftrl", "Ftrl_1")
"""What TensorFlow 1's optimizers keep below a variable's name, also where the variable itself was left out."""


@dataclass(frozen=True)
class Entry:
    """The shape of a tensor, () for a scalar, and its dtype by NumPy's name."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def bytes(self) -> int:
        """What the tensor takes in memory; texts count one byte each."""
        return math.prod(self.shape) * (1 if self.dtype in ("object", "string") else dtype_of(self.dtype).itemsize)


@dataclass(frozen=True)
class Tensors:
    """A file's tensors by name; `where` is the file as the user named it, `kind` what it is (`a safetensors file`).

    `fetch` reads one of `entries` and raises Stop where its bytes are damaged; `step` is that of the training, where
    the file says one.
    """

    where: str
    kind: str
    entries: Mapping[str, Entry]
    fetch: Callable[[str], np.ndarray]
    step: int | None = None

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor by its name."""
        return {name: entry.shape for name, entry in self.entries.items()}

    @cached_property
    def variables(self) -> list[str]:
        """The names of the weights: neither slots of an optimizer nor averages, nor what a training counts."""
        return [name for name in self.entries if not self.is_bookkeeping(name)]

    def read(self, name: str) -> np.ndarray:
        """One tensor; raises Stop where its bytes are damaged."""
        return self.fetch(name)

    def averaged(self, name: str) -> str:
        """The name of the variable's moving average where there is one, else the variable's own."""
        return name + AVERAGE if name + AVERAGE in self.entries else name

    def is_slot(self, name: str) -> bool:
        """Whether a tensor belongs to another one, as an optimizer's or an average: VARIABLE/slot."""
        above, _, leaf = name.rpartition("/")
        return above in self.entries or leaf in _SLOTS

    def is_bookkeeping(self, name: str) -> bool:
        """Whether a tensor is of the training, not of the network."""
        return self.is_slot(name) or name.startswith("archspec/") or name == GLOBAL_STEP


def dtype_of(name: str) -> np.dtype:
    """The NumPy dtype of a name, bfloat16 and the 8-bit floats among them; raises TypeError."""
    try:
        return np.dtype(name)
    except TypeError:
        return np.dtype(getattr(ml_dtypes, name, name))


def check_bytes(where: str, name: str, entry: Entry, room: int | None = None) -> Entry:
    """The entry; raises Stop where what it declares is more than `room`, what the file can hold, or than is allowed."""
    if any(size < 0 for size in entry.shape):
        raise damaged(where, f"{name} declares the shape {'x'.join(map(str, entry.shape))}")
    allowed = limit(BYTES) if room is None else room
    if entry.bytes > allowed:
        what = f"{name} declares {'x'.join(map(str, entry.shape))} {entry.dtype}, {entry.bytes:,} bytes"
        if room is not None:
            raise damaged(where, f"{what}, and the file has {room:,}")
        help = f"is this the right file? {BYTES} in the environment raises the limit"
        raise stop("AS707", f"in {where} {what}; {allowed:,} is the limit", help=help)
    return entry


def damaged(where: object, reason: str) -> Stop:
    """The Stop for a file of weights that is there and can't be used."""
    return stop("AS722", f"the checkpoint {where} is damaged: {reason}", help="take another copy, or an older one")
