"""CIFAR-10's batches (Krizhevsky 2009), the binary version and the Python version.

The Python version is pickled; `pickled` reads its values without a pickle machine, so that a file can't run code.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from archspec.compiler.language.forms.data import Cifar10
from archspec.diagnostics import Stop, stop
from archspec.files.regular import read_regular
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.labelled import array_dataset
from archspec.runtime.data.naming import printable
from archspec.runtime.data.pickled import Call, plain_values
from archspec.runtime.data.splits import choose_split

NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_BATCHES = {"train": [f"data_batch_{number}" for number in range(1, 6)], "test": ["test_batch"]}
_FOLDERS = ("", "cifar-10-batches-bin", "cifar-10-batches-py")
_PIXELS = 3 * 32 * 32


def open_cifar10(form: Cifar10, split: str) -> Dataset:
    """One split of CIFAR-10; raises Stop."""
    name = printable(form.path)
    folder, suffix = cifar_batches(form.path) or (form.path, "")
    available = [name for name, batches in _BATCHES.items() if os.path.isfile(_path(folder, batches[0], suffix))]
    if not available:
        raise stop("AS703", f"{name} holds no CIFAR-10 batches", help="data_batch_1 … or data_batch_1.bin …")
    apart = form.held_out is not None and available == ["train"]
    split = "train" if apart else choose_split(name, split, available)
    read = _read_binary if suffix else _read_pickle
    parts = [_checked(_path(folder, batch, suffix), read) for batch in _BATCHES[split]]
    images = np.concatenate([images for images, _ in parts]).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return array_dataset(name, "" if apart else split, images, np.concatenate([labels for _, labels in parts]), NAMES)


def cifar_batches(path: str) -> tuple[str, str] | None:
    """The folder with the batches, here or in the folder that the archive unpacks to, and their names' ending."""
    for folder in (os.path.join(path, name) if name else path for name in _FOLDERS):
        for suffix in (".bin", ""):
            if any(os.path.isfile(_path(folder, batches[0], suffix)) for batches in _BATCHES.values()):
                return folder, suffix
    return None


def _path(folder: str, batch: str, suffix: str) -> str:
    return os.path.join(folder, batch + suffix)


def _checked(path: str, read: Callable[[bytes], tuple[Any, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [n, 3072] and labels int64 [n] of one batch; raises Stop."""
    try:
        images, labels = read(read_regular(path))
    except OSError as error:
        message = f"{printable(path)} cannot be read: {error.strerror}"
        raise stop("AS703", message, help="copy the data set again") from error
    except (ValueError, TypeError, IndexError) as error:
        raise _damaged(path) from error
    if (
        not len(images)
        or images.shape[1:] != (_PIXELS,)
        or labels.shape != (len(images),)
        or labels.max() >= len(NAMES)
    ):
        raise _damaged(path)
    return images, labels.astype(np.int64)


def _read_binary(contents: bytes) -> tuple[Any, Any]:
    if not contents or len(contents) % (1 + _PIXELS):
        raise ValueError("not whole rows")
    rows = np.frombuffer(contents, np.uint8).reshape(-1, 1 + _PIXELS)
    return rows[:, 1:], rows[:, 0]


def _read_pickle(contents: bytes) -> tuple[Any, Any]:
    batch = plain_values(contents)
    if not isinstance(batch, dict) or not isinstance(batch.get("labels"), list):
        raise ValueError("no batch")
    labels = batch["labels"]
    if not all(type(label) is int and 0 <= label < len(NAMES) for label in labels):
        raise ValueError("labels of another kind")
    return _array(batch.get("data")), np.array(labels, np.int64)


def _array(value: Any) -> np.ndarray:
    """The uint8 array that NumPy would make: its state is a version, the shape, the type, the order and the bytes."""
    if not isinstance(value, Call) or value.name.replace("._core.", ".core.") != "numpy.core.multiarray._reconstruct":
        raise ValueError("no array")
    _, (rows, columns), kind, by_columns, data = value.state
    if not isinstance(kind, Call) or kind.name != "numpy.dtype" or kind.arguments[0] not in ("u1", "uint8"):
        raise ValueError("an array of another type")
    if isinstance(data, Call) and data.name == "_codecs.encode":
        data = data.arguments[0]
    data = data.encode("latin1") if isinstance(data, str) else data
    pixels = np.frombuffer(data, np.uint8)
    if rows * columns != len(pixels):
        raise ValueError("a shape of another size")
    return pixels.reshape(columns, rows).T if by_columns else pixels.reshape(rows, columns)


def _damaged(path: str) -> Stop:
    return stop("AS704", f"{printable(path)} is no batch of CIFAR-10, or is damaged", help="copy the data set again")
