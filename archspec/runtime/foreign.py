"""Files that are taken for checkpoints and are something else: what they are, and what can be done with them."""

from __future__ import annotations

import zipfile
from glob import escape
from pathlib import Path

from archspec.diagnostics import Stop, stop

_BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"BM": "a picture (BMP)",
    b"RIFF": "a picture (WebP)",
    b"\x89HDF\r\n\x1a\n": "an HDF5 file, as Keras writes .h5",
    b"\x1f\x8b": "an archive (gzip)",
    b"\x93NUMPY": "a NumPy array",
}
"""How files begin that were named for checkpoints."""

_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")
_NAME_IT = "name a run's folder, one of its checkpoints/step-…, or a TensorFlow checkpoint without .index or .data-…"
_SAVE_IT = (
    "load it with the library that wrote it and save the variables by name, with tf.compat.v1.train.Saver; "
    "`archspec summary` lists the names that are wanted"
)


def not_a_checkpoint(path: Path, where: str) -> Stop:
    """The Stop for a path with nothing at it that can be restored."""
    if path.is_dir():
        return _folder(path, where)
    if not path.exists():
        return stop("AS720", f"{where} is not there", help=_NAME_IT)
    if not path.is_file():
        return stop("AS720", f"{where} is no regular file", help=_NAME_IT)
    kind = kind_of(path)
    if kind is None:
        return stop("AS720", f"{where} is no checkpoint", help=_NAME_IT)
    if "archive" in kind:
        return stop("AS720", f"{where} is {kind}", help="unpack it and name the .ckpt file inside")
    return stop("AS720", f"{where} is {kind}, not a checkpoint", help=_NAME_IT if "picture" in kind else _SAVE_IT)


def is_foreign(prefix: Path) -> bool:
    """Whether what would be opened for a checkpoint is something else: another kind of file, a pipe or a device."""
    if prefix.is_file() and kind_of(prefix) is not None:
        return True
    return not all(part.is_file() for part in prefix.parent.glob(f"{escape(prefix.name)}.data-*"))


def kind_of(path: Path) -> str | None:
    """What a file is, by its first bytes and its name; None where it may be a checkpoint of TensorFlow's."""
    with path.open("rb") as file:
        start = file.read(16)
    if path.name.endswith(_ARCHIVES):
        return "an archive"
    if zipfile.is_zipfile(path):
        return "a Keras model (.keras)" if path.suffix == ".keras" else "an archive (zip), as PyTorch and Keras write"
    if path.suffix in (".pb", ".pbtxt"):
        return "a graph (SavedModel or GraphDef)"
    if path.suffix in (".pt", ".pth"):
        return "a PyTorch file"
    return next((kind for beginning, kind in _BEGINNINGS.items() if start.startswith(beginning)), None)


def several(where: str, prefixes: list[str]) -> Stop:
    """The Stop for a folder with more than one checkpoint and nothing that says which is meant."""
    names = [Path(prefix).name for prefix in prefixes]
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    message = f"{where} has {len(names)} checkpoints and no `checkpoint` file that says which is the newest: {shown}"
    return stop("AS720", message, help=f"name one of them: {prefixes[-1]}")


def object_checkpoint(where: str) -> Stop:
    """The Stop for what tf.train.Checkpoint and Keras write: variables by their place in Python objects."""
    message = f"{where} is an object checkpoint of TensorFlow 2 (as Keras writes): it has no variables' names"
    return stop("AS720", message, help=_SAVE_IT)


def _folder(path: Path, where: str) -> Stop:
    if (path / "saved_model.pb").is_file():
        return stop("AS720", f"{where} is a SavedModel, not a checkpoint", help=_SAVE_IT)
    runs = sorted(child.name for child in path.iterdir() if (child / "checkpoints").is_dir())
    help = f"name one of the runs in it: {path / runs[-1]}" if runs else _NAME_IT
    return stop("AS720", f"{where} has no checkpoint in it", help=help)
