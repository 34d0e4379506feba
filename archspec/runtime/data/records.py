"""Where every record of TFRecord files begins, found once and kept in the cache.

A record is its length (uint64, little-endian), the length's checksum (uint32), the data, and the data's checksum.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import google_crc32c
import numpy as np

from archspec.diagnostics import stop
from archspec.runtime.data.cache import cache_directory, write_atomically

_HEADER, _FOOTER = 12, 4
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class RecordIndex:
    """The records of some files, in order.

    For each its file's number (int32), its data's offset in the file and length in bytes (int64): arrays [n].
    """

    files: tuple[str, ...]
    file: np.ndarray
    offset: np.ndarray
    length: np.ndarray

    def read(self, number: int) -> bytes:
        """The data of one record; raises ValueError where its checksum is another.

        One short read at its place: other threads go on meanwhile.
        """
        length = int(self.length[number])
        with open(self.files[self.file[number]], "rb", buffering=0) as file:
            found = os.pread(file.fileno(), length + _FOOTER, int(self.offset[number]))
        data = found[:length]
        if found[length:] != _checksum(data):
            raise ValueError("its checksum is another, so bits of the file have changed")
        return data

    def place(self, number: int) -> str:
        """`train-00003-of-00008, record 17`, counted from 0 in its file."""
        file = self.file[number]
        return f"{self.files[file]}, record {number - int(np.searchsorted(self.file, file))}"


def index_records(files: Sequence[str]) -> RecordIndex:
    """The index of these files, from the cache if none has changed since; raises Stop for a damaged file."""
    kept = cache_directory() / "records" / f"{_fingerprint(files)}.npz"
    try:
        with open(kept, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return RecordIndex(tuple(files), arrays["number"], arrays["offset"], arrays["length"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        index = _scan(files)
    contents = io.BytesIO()
    np.savez(contents, number=index.file, offset=index.offset, length=index.length)
    try:
        write_atomically(kept, contents.getvalue())
    except OSError as error:
        print(f"archspec: the index of {len(files)} files is not kept: {error}", file=sys.stderr)
    return index


def _fingerprint(files: Sequence[str]) -> str:
    """A name for these files as they are now: it changes with any path, size or time."""
    found = hashlib.sha256()
    for path in files:
        status = os.stat(path)
        found.update(f"{os.path.abspath(path)}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return found.hexdigest()[:32]


def _scan(files: Sequence[str]) -> RecordIndex:
    if len(files) > 50:
        print(f"archspec: counting the records of {len(files)} files, once", file=sys.stderr)
    found = [_scan_file(path) for path in files]
    counts = [len(places) for places in found]
    places = np.concatenate([np.array(places, np.int64).reshape(-1, 2) for places in found])
    return RecordIndex(
        tuple(files), np.repeat(np.arange(len(files), dtype=np.int32), counts), places[:, 0], places[:, 1]
    )


def _checksum(data: bytes) -> bytes:
    """CRC-32C with its bits turned by 15 and a constant added, as TensorFlow writes it."""
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _scan_file(path: str) -> list[tuple[int, int]]:
    """Offset and length of the data of every record."""
    places: list[tuple[int, int]] = []
    with open(path, "rb", buffering=0) as file:
        size, position = os.fstat(file.fileno()).st_size, 0
        # Only headers are read; reading ahead would fetch the whole file.
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        while position < size:
            header = os.pread(file.fileno(), _HEADER, position)
            whole = len(header) == _HEADER and _checksum(header[:8]) == header[8:]
            length = struct.unpack("<Q", header[:8])[0] if whole else size
            end = position + _HEADER + length + _FOOTER
            if end > size:
                raise _damaged(path, len(places), header if position == 0 else b"")
            places.append((position + _HEADER, length))
            position = end
    return places


def _damaged(path: str, number: int, start: bytes) -> Exception:
    if start.startswith(_GZIP):
        return stop("AS704", f"{path} is compressed as a whole", help="unpack it: its records are read in any order")
    if number == 0:
        return stop("AS704", f"{path} is no TFRecord file, or is cut off in its first record")
    return stop("AS704", f"{path} is damaged or cut off in record {number}, counted from 0", help="copy it again")
