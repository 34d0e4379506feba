"""NumPy's .npz files: an archive of arrays by name, read without unpickling anything."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from archspec.weights.tensors import Entry, Tensors, check_bytes, damaged

KIND = "a file of NumPy arrays (.npz)"
_ENDING = ".npy"
_BROKEN = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, KeyError, RuntimeError)
"""What damaged archives and headers raise, encrypted and unknown compressions among them."""


def read(path: Path, where: str) -> Tensors:
    """The arrays of a file; raises Stop where one holds Python objects, or declares more than the archive holds."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = dict(_entries(archive, where))
    except _BROKEN as problem:
        raise damaged(where, str(problem) or type(problem).__name__) from None

    def fetch(name: str) -> np.ndarray:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(name + _ENDING) as member:
                return np.lib.format.read_array(member, allow_pickle=False)
        except _BROKEN as problem:
            raise damaged(where, f"{name} can't be read ({problem})") from None

    return Tensors(where, KIND, entries, fetch)


def _entries(archive: zipfile.ZipFile, where: str) -> Iterator[tuple[str, Entry]]:
    """(name, shape and dtype) of every array, by their headers."""
    for member in archive.infolist():
        if not member.filename.endswith(_ENDING):
            continue
        name = member.filename.removesuffix(_ENDING)
        with archive.open(member) as file:
            shape, dtype = _header(file)
        if dtype.hasobject:
            raise damaged(where, f"{name} holds Python objects, which are a pickle, and none is ever loaded")
        yield name, check_bytes(where, name, check_bytes(where, name, Entry(shape, dtype.name), member.file_size))


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(file)
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = reader(file)
    return tuple(shape), dtype
