"""safetensors files: 8 bytes of length, a JSON header, raw little-endian numbers.

https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

import numpy as np

from archspec.files.regular import open_regular
from archspec.weights.tensors import Entry, Tensors, check_bytes, damaged, dtype_of

KIND = "a safetensors file"

_DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}
_NAMES = {name: short for short, name in _DTYPES.items()}
LONGEST_HEADER = 100_000_000
"""Bytes; the format's own limit."""

_PAGE = 8
"""What the header's length is a multiple of, so that the numbers are aligned."""


def read(path: Path, where: str) -> Tensors:
    """The tensors of a file; raises Stop where header and bytes do not agree."""
    with BufferedReader(open_regular(path)) as file:
        size = file.seek(0, 2)
        file.seek(0)
        header, start = _header(file, size, where)
    about = header.pop("__metadata__", {})
    places = dict(_places(header, size - start, where))
    step = about.get("step", "") if isinstance(about, dict) else ""

    def fetch(name: str) -> np.ndarray:
        begin, entry = places[name]
        with BufferedReader(open_regular(path)) as file:
            file.seek(start + begin)
            content = file.read(entry.bytes)
        if len(content) != entry.bytes:
            raise damaged(where, f"it ends within {name}")
        return np.frombuffer(content, dtype_of(entry.dtype).newbyteorder("<")).reshape(entry.shape)

    entries = {name: entry for name, (_, entry) in places.items()}
    return Tensors(where, KIND, entries, fetch, int(step) if isinstance(step, str) and step.isdecimal() else None)


def can_hold(dtype: np.dtype) -> bool:
    """Whether the format has a dtype."""
    return dtype.name in _NAMES


def write(file: IO[bytes], tensors: Mapping[str, np.ndarray], about: Mapping[str, str]) -> None:
    """Write tensors of dtypes that the format has by name, in their order, and facts about them as texts."""
    header: dict[str, Any] = {"__metadata__": dict(about)}
    place = 0
    for name, value in tensors.items():
        header[name] = {
            "dtype": _NAMES[value.dtype.name],
            "shape": list(value.shape),
            "data_offsets": [place, place := place + value.nbytes],
        }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % _PAGE)
    file.write(struct.pack("<Q", len(text)) + text)
    for value in tensors.values():
        file.write(np.ascontiguousarray(value, value.dtype.newbyteorder("<")).tobytes())


def _header(file: IO[bytes], size: int, where: str) -> tuple[dict[str, Any], int]:
    """(the header, where the numbers begin)."""
    first = file.read(8)
    length = struct.unpack("<Q", first)[0] if len(first) == 8 else 0
    if not 2 <= length <= min(LONGEST_HEADER, size - 8):
        raise damaged(where, f"its header would have {length:,} bytes, and the file has {size:,}")
    try:
        header = json.loads(file.read(length))
    except (ValueError, RecursionError) as problem:
        raise damaged(where, f"its header is no JSON ({type(problem).__name__})") from None
    if not isinstance(header, dict):
        raise damaged(where, "its header is no JSON object")
    return header, 8 + length


def _places(header: Mapping[str, Any], size: int, where: str) -> Iterator[tuple[str, tuple[int, Entry]]]:
    """(name, (where its numbers begin, shape and dtype)) of every tensor."""
    for name, said in header.items():
        try:
            entry = Entry(tuple(map(_whole, said["shape"])), _DTYPES[said["dtype"]])
            begin, end = map(_whole, said["data_offsets"])
        except (KeyError, TypeError, ValueError):
            raise damaged(where, f"its header does not say dtype, shape and data_offsets of {name}") from None
        check_bytes(where, name, entry, size)
        if not 0 <= begin <= end <= size or end - begin != entry.bytes:
            raise damaged(where, f"{name} should be {entry.bytes:,} bytes, at {begin:,} to {end:,} of {size:,}")
        yield name, (begin, entry)


def _whole(number: object) -> int:
    if type(number) is not int:
        raise TypeError
    return number
