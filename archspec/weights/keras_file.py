"""Keras' .keras files: an archive with a model's configuration and its weights in HDF5."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

from archspec.files.limits import BYTES, limit
from archspec.weights import hdf5
from archspec.weights.tensors import Tensors, damaged

KIND = "a Keras model (.keras)"
WEIGHTS = "model.weights.h5"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError, RuntimeError, ValueError)


def read(path: Path, where: str) -> Tensors:
    """The variables of a model, nothing of which is made; raises Stop where the archive is damaged or too large."""
    return replace(hdf5.read(path, where, io.BytesIO(_weights(path, where))), kind=KIND)


def _weights(path: Path, where: str) -> bytes:
    """The HDF5 file inside; no more is unpacked than is allowed, whatever the archive declares."""
    largest = limit(BYTES)
    try:
        with zipfile.ZipFile(path) as archive, archive.open(WEIGHTS) as member:
            content = member.read(largest + 1)
    except _BROKEN as problem:
        raise damaged(where, f"{WEIGHTS} in it can't be read ({problem})") from None
    if len(content) > largest:
        raise damaged(where, f"{WEIGHTS} in it unpacks to more than {largest:,} bytes; {BYTES} raises that limit")
    return content
