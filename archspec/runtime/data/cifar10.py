"""CIFAR-10's batches (Krizhevsky 2009), the binary version and the Python version.

The Python version is pickled. It is read by an unpickler that knows NumPy's arrays and nothing else, so that a file
can't run code.
"""

from __future__ import annotations

import codecs
import os
import pickle
from collections.abc import Callable
from typing import IO, Any

import numpy as np
from numpy._core.multiarray import _reconstruct

from archspec.compiler.language.forms.data import Cifar10
from archspec.diagnostics import Stop, stop
from archspec.runtime.data.arrays import array_dataset
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.splits import choose_split

NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_BATCHES = {"train": [f"data_batch_{number}" for number in range(1, 6)], "test": ["test_batch"]}
_FOLDERS = ("", "cifar-10-batches-bin", "cifar-10-batches-py")
_PIXELS = 3 * 32 * 32


def open_cifar10(form: Cifar10, split: str) -> Dataset:
    """One split of CIFAR-10; raises Stop."""
    folder, suffix = cifar_batches(form.path) or (form.path, "")
    available = [name for name, batches in _BATCHES.items() if os.path.isfile(_path(folder, batches[0], suffix))]
    if not available:
        raise stop("AS703", f"{form.path} holds no CIFAR-10 batches", help="data_batch_1 … or data_batch_1.bin …")
    split = choose_split(form.path, split, available)
    read = _read_binary if suffix else _read_pickle
    parts = [_checked(_path(folder, batch, suffix), read) for batch in _BATCHES[split]]
    images = np.concatenate([images for images, _ in parts]).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return array_dataset(form.path, split, images, np.concatenate([labels for _, labels in parts]), NAMES)


def cifar_batches(path: str) -> tuple[str, str] | None:
    """The folder with the batches, here or in the folder that the archive unpacks to, and their names' ending."""
    for folder in (os.path.join(path, name) if name else path for name in _FOLDERS):
        for suffix in (".bin", ""):
            if any(os.path.isfile(_path(folder, batches[0], suffix)) for batches in _BATCHES.values()):
                return folder, suffix
    return None


def _path(folder: str, batch: str, suffix: str) -> str:
    return os.path.join(folder, batch + suffix)


def _checked(path: str, read: Callable[[str], tuple[Any, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [n, 3072] and labels int64 [n] of one batch; raises Stop."""
    try:
        images, labels = read(path)
    except OSError as error:
        raise stop("AS703", f"{path} cannot be read: {error.strerror}", help="copy the data set again") from error
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape[1:] != (_PIXELS,):
        raise _damaged(path)
    labels = np.asarray(labels)
    if labels.shape != (len(images),) or labels.dtype.kind not in "iu" or not ((labels >= 0) & (labels < 10)).all():
        raise _damaged(path)
    return images, labels.astype(np.int64)


def _read_binary(path: str) -> tuple[Any, Any]:
    contents = np.fromfile(path, np.uint8)
    if not len(contents) or len(contents) % (1 + _PIXELS):
        raise _damaged(path)
    rows = contents.reshape(-1, 1 + _PIXELS)
    return rows[:, 1:], rows[:, 0]


def _read_pickle(path: str) -> tuple[Any, Any]:
    try:
        with open(path, "rb") as file:
            batch = _ArraysOnly(file, encoding="latin1").load()
        return batch["data"], batch["labels"]
    except OSError:
        raise
    except Exception as error:
        # A damaged pickle can raise anything at all.
        raise _damaged(path) from error


_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("_codecs", "encode"): codecs.encode,
}
"""What NumPy's arrays are pickled with, from Python 2 or 3."""


class _ArraysOnly(pickle.Unpickler):
    """An unpickler for plain values and NumPy arrays."""

    def __init__(self, file: IO[bytes], *, encoding: str) -> None:
        super().__init__(file, encoding=encoding)

    def find_class(self, module: str, name: str) -> Any:
        """The allowed thing of that name; raises UnpicklingError for any other."""
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a data set")
        return _ALLOWED[module, name]


def _damaged(path: str) -> Stop:
    return stop("AS704", f"{path} is no batch of CIFAR-10, or is damaged", help="copy the data set again")
