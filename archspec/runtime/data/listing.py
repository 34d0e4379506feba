"""What lies below a folder: pictures, and what is none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from archspec.diagnostics import Stop, stop
from archspec.files.regular import irregular
from archspec.runtime.data.naming import printable

SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")
_SYSTEMS = {"__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found", "thumbs.db", "desktop.ini"}
"""What Windows, macOS and storage boxes put into folders, in lower case; what begins with a dot is never looked at."""


Trail = tuple[tuple[int, int], ...]
"""Device and number of the folders on the way down, where a link may lead back to."""


@dataclass(frozen=True)
class Listing:
    """Paths below a folder, sorted: pictures by name, other files, and what is neither a file nor a folder.

    `systems` are files and folders that an operating system has put there.
    """

    images: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    irregular: list[tuple[str, str]] = field(default_factory=list)
    systems: list[str] = field(default_factory=list)


def systems_in(path: str) -> list[str]:
    """The names of what an operating system has put into a folder, sorted; raises Stop."""
    return sorted(entry.name for entry in _entries(path) if _is_systems(entry))


def visible_folders(path: str) -> list[str]:
    """The names of the folders in a folder, sorted, without hidden ones and systems' own; raises Stop."""
    return sorted(
        entry.name for entry in _entries(path) if _is_folder(entry) and not (_hidden(entry) or _is_systems(entry))
    )


def holds(path: str, above: Trail = ()) -> str | None:
    """Where the images of a folder are: "directly" in it, else "below" in a folder of it; None without one."""
    trail = _further(path, above)
    if trail is None:
        return None
    with _scan(path) as entries:
        if any(_is_image(entry) for entry in entries):
            return "directly"
    return "below" if any(holds(os.path.join(path, name), trail) for name in visible_folders(path)) else None


def _is_image(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(SUFFIXES) and not _hidden(entry) and not _is_folder(entry)


def list_below(root: str, name: str) -> Listing:
    """Everything below root/name, as paths below root; linked folders are followed. Raises Stop."""
    found = Listing()
    _collect(root, name, found, ())
    return Listing(sorted(found.images), sorted(found.others), sorted(found.irregular), sorted(found.systems))


def _collect(root: str, below: str, found: Listing, above: Trail) -> None:
    """Add what lies in a folder."""
    trail = _further(os.path.join(root, below), above)
    if trail is None:
        return
    for entry in _entries(os.path.join(root, below)):
        path = os.path.join(below, entry.name)
        if _hidden(entry):
            continue
        if _is_systems(entry):
            found.systems.append(path)
        elif _is_folder(entry):
            _collect(root, path, found, trail)
        else:
            _add_file(entry, path, found)


def _further(path: str, above: Trail) -> Trail | None:
    """The way down to a folder; None where a link has led back to one that is on the way."""
    try:
        status = os.stat(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    here = status.st_dev, status.st_ino
    return None if here in above else (*above, here)


def _add_file(entry: os.DirEntry[str], path: str, found: Listing) -> None:
    if not entry.name.lower().endswith(SUFFIXES):
        found.others.append(path)
    elif entry.is_file():
        found.images.append(path)
    else:
        found.irregular.append((path, _kind(entry)))


def _kind(entry: os.DirEntry[str]) -> str:
    try:
        return irregular(entry.stat().st_mode) or "no regular file"
    except OSError:
        return "a link to nothing"


def _entries(path: str) -> list[os.DirEntry[str]]:
    with _scan(path) as entries:
        return list(entries)


@contextmanager
def _scan(path: str) -> Iterator[Iterator[os.DirEntry[str]]]:
    """A folder's entries; raises Stop."""
    try:
        with os.scandir(path) as entries:
            yield entries
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def no_folder(path: str) -> Stop:
    """What to say of a data folder that is not there."""
    name, here = printable(os.path.normpath(path)), printable(os.getcwd())
    where = f"there is no folder {name}" + ("" if os.path.isabs(path) else f" in {here}")
    help = "correct the path, which counts from the spec's own folder, or name other data with --data"
    return stop("AS703", where, help=help)


def _unreadable(path: str, error: OSError | ValueError) -> Stop:
    why = getattr(error, "strerror", None) or str(error)
    return stop("AS703", f"{printable(path)} cannot be read: {why}", help="give read access to all of it")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A loop of links.
        return False


def _hidden(entry: os.DirEntry[str]) -> bool:
    return entry.name.startswith(".")


def _is_systems(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower() in _SYSTEMS
