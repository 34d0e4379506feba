"""archspec's folder for files that can be made again at any time."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from archspec.diagnostics import Stop, stop


def cache_directory() -> Path:
    """$ARCHSPEC_CACHE, otherwise archspec in the user's cache folder."""
    chosen = os.environ.get("ARCHSPEC_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "archspec"


def write_atomically(path: Path, contents: bytes) -> None:
    """Write a file that others see whole or not at all, also after a power cut; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(contents)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def unwritable(error: OSError) -> Stop:
    """The Stop for a cache folder that cannot be used."""
    return stop(
        "AS702",
        f"the cache folder {cache_directory()} cannot be written: {error.strerror or error}",
        help="make room in it, or set ARCHSPEC_CACHE to another folder",
    )
