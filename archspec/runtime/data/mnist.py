"""MNIST's idx files (LeCun et al. 1998): a magic number, the sizes, and the bytes."""

from __future__ import annotations

import gzip
import os
import struct
import zlib

import numpy as np

from archspec.compiler.language.forms.data import Mnist
from archspec.diagnostics import Stop, stop
from archspec.runtime.data.arrays import array_dataset
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.splits import choose_split

_PREFIXES = {"train": "train", "test": "t10k"}
_UNSIGNED_BYTE = 8


def open_mnist(form: Mnist, split: str) -> Dataset:
    """One split of MNIST or of a data set in its form, such as Fashion-MNIST; raises Stop."""
    available = mnist_splits(form.path)
    if not available:
        raise stop("AS703", f"{form.path} holds no idx files", help="train-images-idx3-ubyte.gz and so on")
    split = choose_split(form.path, split, available)
    images = _read(form.path, split, "images", 3)
    labels = _read(form.path, split, "labels", 1)
    if len(images) != len(labels):
        raise stop("AS704", f"{form.path} has {len(images)} images and {len(labels)} labels for {split}")
    names = tuple(map(str, range(max(10, int(labels.max()) + 1))))
    return array_dataset(form.path, split, images[..., np.newaxis], labels, names)


def mnist_splits(folder: str) -> list[str]:
    """The splits whose images are there."""
    return [split for split in _PREFIXES if _find(folder, split, "images", 3)]


def _find(folder: str, split: str, part: str, axes: int) -> str | None:
    """The path of one of the four files, in any of the ways it is named."""
    names = [f"{_PREFIXES[split]}-{part}{dot}idx{axes}-ubyte{suffix}" for dot in "-." for suffix in ("", ".gz")]
    return next((path for name in names if os.path.isfile(path := os.path.join(folder, name))), None)


def _read(folder: str, split: str, part: str, axes: int) -> np.ndarray:
    """One file's array, uint8; raises Stop."""
    path = _find(folder, split, part, axes)
    if path is None:
        raise stop("AS703", f"{folder} has no {_PREFIXES[split]}-{part}-idx{axes}-ubyte, gzipped or not")
    contents = _contents(path)
    start = 4 + 4 * axes
    if len(contents) < start or contents[:4] != bytes([0, 0, _UNSIGNED_BYTE, axes]):
        raise stop("AS704", f"{path} does not begin as an idx file of bytes with {axes} axes does")
    sizes = struct.unpack(f">{axes}I", contents[4:start])
    expected = start + int(np.prod(sizes, dtype=object))
    if len(contents) != expected or not sizes[0]:
        raise _wrong_size(path, len(contents), expected)
    return np.frombuffer(contents, np.uint8, offset=start).reshape(sizes)


def _contents(path: str) -> bytes:
    try:
        with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
            return file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise stop("AS704", f"{path} cannot be read: {error}", help="copy it again") from error


def _wrong_size(path: str, found: int, expected: int) -> Stop:
    return stop("AS704", f"{path} has {found} bytes, its header promises {expected}", help="copy it again")
