"""Files below a folder that may come from somebody else: no link is followed there, and only regular files are opened.

Every function takes the folder that the user named, which may be a link, and the path of a file below it. All raise
OSError, whose `strerror` says what is wrong in words that end the sentence `PATH cannot be read:`.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

LINK = "it is a link, and links inside a run's folder are not followed"
LARGEST = 64_000_000
"""Bytes of a file that is read as a whole."""


def read(root: Path, name: str) -> bytes:
    """All of a file."""
    descriptor = opened(root, name, os.O_RDONLY)
    with os.fdopen(descriptor, "rb") as file:
        found = file.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise OSError(errno.EFBIG, f"it has more than {LARGEST} bytes", str(root / name))
    return found


def write(root: Path, name: str, text: str) -> None:
    """Put a file in place, whole or not at all; what has its name gives way, also a link."""
    *folders, leaf = _steps(root, name)
    unfinished = f".{leaf}.unfinished"
    with _folder(root, folders, make=True) as folder:
        _take_away(unfinished, folder)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666, dir_fd=folder)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.rename(unfinished, leaf, src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)
        except OSError:
            _take_away(unfinished, folder)
            raise


def opened(root: Path, name: str, flags: int) -> int:
    """The descriptor of a regular file, opened with these flags of os.open."""
    *folders, leaf = _steps(root, name)
    with _folder(root, folders, make=bool(flags & os.O_CREAT)) as folder:
        path = str(root / name)
        # Looked at before it is opened too: opening a device may already do something.
        if _kind(leaf, folder) is not None:
            _check_regular(os.stat(leaf, dir_fd=folder, follow_symlinks=False), path)
        safe = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(leaf, flags | safe, 0o666, dir_fd=folder)
        except OSError as problem:
            raise OSError(problem.errno, problem.strerror, path) from None
        try:
            _check_regular(os.fstat(descriptor), path)
        except OSError:
            os.close(descriptor)
            raise
    return descriptor


def names(root: Path, name: str = "") -> list[str]:
    """What lies in a folder below the root, none where there is no such folder; "" is the root itself."""
    try:
        with _folder(root, _steps(root, name) if name else ()) as folder:
            return sorted(os.listdir(folder))
    except FileNotFoundError:
        return []


def make_folder(root: Path, name: str) -> Path:
    """The path of a folder below the root, made where it is not there."""
    with _folder(root, _steps(root, name), make=True):
        return root / name


def check_folder(root: Path, name: str) -> None:
    """Raise OSError unless the folder below the root holds regular files alone."""
    with _folder(root, _steps(root, name)) as folder:
        for entry in os.listdir(folder):
            _check_regular(os.stat(entry, dir_fd=folder, follow_symlinks=False), str(root / name / entry))


def _steps(root: Path, name: str) -> tuple[str, ...]:
    parts = PurePosixPath(name).parts
    if (not parts and name != ".") or ".." in parts or PurePosixPath(name).is_absolute() or "\0" in name:
        raise OSError(errno.EINVAL, "it is no path below a run's folder", str(root / "…"))
    return parts


@contextmanager
def _folder(root: Path, steps: tuple[str, ...] | list[str], make: bool = False) -> Iterator[int]:
    """The descriptor of a folder, reached from the root one step after the other."""
    if make:
        root.mkdir(parents=True, exist_ok=True)
    folder, path = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), root
    try:
        for step in steps:
            path = path / step
            if make and _kind(step, folder) is None:
                os.mkdir(step, dir_fd=folder)
            below = _step_down(step, folder, path)
            os.close(folder)
            folder = below
        yield folder
    finally:
        os.close(folder)


def _step_down(step: str, folder: int, path: Path) -> int:
    if _kind(step, folder) == stat.S_IFLNK:
        raise OSError(errno.ELOOP, LINK, str(path))
    try:
        return os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror, str(path)) from None


def _kind(name: str, folder: int) -> int | None:
    """The kind of what has a name in a folder, as stat.S_IFMT says it; None where nothing has it."""
    try:
        return stat.S_IFMT(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return None


def _check_regular(found: os.stat_result, path: str) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, LINK, path)
    if stat.S_ISDIR(found.st_mode):
        raise OSError(errno.EISDIR, "it is a folder", path)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file but a pipe, a socket or a device", path)


def _take_away(name: str, folder: int) -> None:
    if _kind(name, folder) is not None:
        os.unlink(name, dir_fd=folder)
