"""MNIST's idx files (LeCun et al. 1998): a magic number, the sizes, and the bytes."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from typing import IO

import numpy as np

from archspec.compiler.language.forms.data import Mnist
from archspec.diagnostics import stop
from archspec.files.limits import BYTES, limit
from archspec.files.regular import open_regular
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.labelled import array_dataset
from archspec.runtime.data.naming import printable
from archspec.runtime.data.splits import choose_split

_PREFIXES = {"train": "train", "test": "t10k"}
_UNSIGNED_BYTE = 8


def open_mnist(form: Mnist, split: str) -> Dataset:
    """One split of MNIST or of a data set in its form, such as Fashion-MNIST; raises Stop."""
    available = mnist_splits(form.path)
    if not available:
        raise stop("AS703", f"{printable(form.path)} holds no idx files", help="train-images-idx3-ubyte.gz and so on")
    apart = form.held_out is not None and available == ["train"]
    split = "train" if apart else choose_split(printable(form.path), split, available)
    images = _read(form.path, split, "images", 3)
    labels = _read(form.path, split, "labels", 1)
    if len(images) != len(labels):
        raise stop("AS704", f"{printable(form.path)} has {len(images)} images and {len(labels)} labels for {split}")
    names = tuple(map(str, range(max(10, int(labels.max()) + 1))))
    return array_dataset(printable(form.path), "" if apart else split, images[..., np.newaxis], labels, names)


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
        raise stop("AS703", f"{printable(folder)} has no {_PREFIXES[split]}-{part}-idx{axes}-ubyte, gzipped or not")
    try:
        with open_regular(path) as file, gzip.GzipFile(fileobj=file) if path.endswith(".gz") else file as unpacked:
            return _array(path, unpacked, axes)
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or error
        raise stop("AS704", f"{printable(path)} cannot be read: {why}", help="copy it again") from error


def _array(path: str, file: IO[bytes] | gzip.GzipFile, axes: int) -> np.ndarray:
    """What an idx file holds, of which no more is unpacked than its header promises."""
    start = 4 + 4 * axes
    header = _bytes(file, start)
    if len(header) < start or header[:4] != bytes([0, 0, _UNSIGNED_BYTE, axes]):
        message = f"{printable(path)} does not begin as an idx file of bytes with {axes} axes does"
        raise stop("AS704", message, help="copy it again")
    sizes = struct.unpack(f">{axes}I", header[4:])
    promised = math.prod(sizes)
    if promised > limit(BYTES):
        message = f"{printable(path)} has {promised} bytes by its header, and {BYTES} allows {limit(BYTES)}"
        raise stop("AS707", message, help=f"set {BYTES} in the environment if this is meant")
    values = _bytes(file, promised + 1)
    if len(values) != promised or not promised:
        found = f"{start + len(values)} bytes" if len(values) <= promised else f"more than {start + promised} bytes"
        message = f"{printable(path)} has {found}, its header promises {start + promised}"
        raise stop("AS704", message, help="copy it again")
    return np.frombuffer(values, np.uint8).reshape(sizes)


def _bytes(file: IO[bytes] | gzip.GzipFile, count: int) -> bytes:
    """So many bytes, fewer at the end of the file; one read of a system gives 2 GB at most."""
    found = bytearray()
    while len(found) < count and (more := file.read(min(count - len(found), 2**26))):
        found += more
    return bytes(found)
