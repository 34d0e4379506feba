"""Where every record of TFRecord files begins, found once and kept in the cache.

A record is its length (uint64, little-endian), the length's checksum (uint32), the data, and the data's checksum.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import google_crc32c
import numpy as np

from archspec.diagnostics import stop
from archspec.files.regular import open_regular
from archspec.runtime.data.cache import cache_directory, write_atomically
from archspec.runtime.data.naming import printable

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
        # Opened so that a FIFO that has taken the file's place gives an error and no wait.
        handle = os.open(self.files[self.file[number]], os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            found = os.pread(handle, length + _FOOTER, int(self.offset[number]))
        finally:
            os.close(handle)
        data = found[:length]
        if found[length:] != _checksum(data):
            raise ValueError("its checksum is another, so bits of the file have changed")
        return data

    def fits(self) -> bool:
        """Whether the arrays could be those of the files."""
        arrays = (self.file, self.offset, self.length)
        if {(array.ndim, array.shape, array.dtype.kind) for array in arrays} != {(1, self.file.shape, "i")}:
            return False
        if not len(self.file):
            return True
        sizes = np.array([os.path.getsize(path) for path in self.files])
        in_order = (np.diff(self.file) >= 0).all() and self.file[0] >= 0 and self.file[-1] < len(self.files)
        return bool(
            in_order and (np.array(arrays) >= 0).all() and (sizes[self.file] >= self.offset + self.length).all()
        )

    def place(self, number: int) -> str:
        """`train-00003-of-00008, record 17`, counted from 0 in its file."""
        file = self.file[number]
        return f"{printable(self.files[file])}, record {number - int(np.searchsorted(self.file, file))}"


def index_records(files: Sequence[str]) -> RecordIndex:
    """The index of these files, from the cache if none has changed since; raises Stop for a damaged file."""
    kept = cache_directory() / "records" / f"{_fingerprint(files)}.npz"
    index = _kept_index(kept, tuple(files))
    if index is not None:
        return index
    index = _scan(files)
    contents = io.BytesIO()
    np.savez(contents, number=index.file, offset=index.offset, length=index.length)
    try:
        write_atomically(kept, contents.getvalue())
    except OSError as error:
        print(f"archspec: the index of {len(files)} files is not kept: {error}", file=sys.stderr)
    return index


def _kept_index(path: Path, files: tuple[str, ...]) -> RecordIndex | None:
    """The index in the cache, if one is there and whole."""
    try:
        with open_regular(path) as file, np.load(file, allow_pickle=False) as arrays:
            found = RecordIndex(files, arrays["number"], arrays["offset"], arrays["length"])
        return found if found.fits() else None
    except FileNotFoundError:
        return None
    except Exception:
        # A damaged archive can make NumPy raise anything at all; the index is then made anew.
        return None


def _fingerprint(files: Sequence[str]) -> str:
    """A name for these files as they are now: it changes with any path, size or time."""
    found = hashlib.sha256()
    for path in files:
        status = _status(path)
        found.update(os.fsencode(os.path.abspath(path)) + f"\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return found.hexdigest()[:32]


def _status(path: str) -> os.stat_result:
    try:
        return os.stat(path)
    except OSError as error:
        raise stop("AS703", f"{printable(path)} cannot be read: {error.strerror}", help="copy it again") from error


def _scan(files: Sequence[str]) -> RecordIndex:
    if len(files) > 50:
        print(f"archspec: counting the records of {len(files)} files, once", file=sys.stderr)
    with ThreadPoolExecutor(min(32, 4 * (os.cpu_count() or 1))) as threads:
        # Reading headers is waiting for disks, or for a network.
        found = list(threads.map(_scan_file, files))
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
    with _opened(path) as file:
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


def _opened(path: str) -> IO[bytes]:
    try:
        return open_regular(path)
    except OSError as error:
        message = f"{printable(path)} cannot be read: {error.strerror}"
        raise stop("AS703", message, help="give read access, or copy it again") from error


def _damaged(path: str, number: int, start: bytes) -> Exception:
    path = printable(path)
    if start.startswith(_GZIP):
        return stop("AS704", f"{path} is compressed as a whole", help="unpack it: its records are read in any order")
    if number == 0:
        return stop("AS704", f"{path} is no TFRecord file, or is cut off in its first record")
    return stop("AS704", f"{path} is damaged or cut off in record {number}, counted from 0", help="copy it again")
