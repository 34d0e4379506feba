"""What a file is that was named for a checkpoint: by its end, its beginning, what lies in it, and its name."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from archspec.files.kinds import kind_of

NAME_IT = (
    "name a run's folder, one of its checkpoints/step-…, a TensorFlow checkpoint without .index or .data-…, or a "
    ".pb, .keras, .h5, .safetensors or .npz file"
)
SAVE_IT = (
    "load it with the library that wrote it and save the variables by name, with tf.compat.v1.train.Saver; "
    "`archspec summary` lists the names that are wanted"
)
_UNPACK_IT = "unpack it, and name the checkpoint inside, without .index or .data-…"
_FETCH_IT = "fetch the file itself: git lfs pull"

_TABLE_END = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
"""How a table of TensorFlow's ends (tensorflow/core/lib/io/format.h): an .index file, or an older checkpoint."""

_CHECKPOINT_NAME = re.compile(r"\.ckpt\b")
"""What is in the name of a checkpoint in a single file, as `model.ckpt-1000`: without a table's end it is cut off."""

SAFETENSORS, NPZ = "a safetensors file", "a file of NumPy arrays (.npz)"
KERAS, HDF5 = "a Keras model (.keras)", "an HDF5 file, as Keras writes .h5"
GRAPH = "a graph (SavedModel or GraphDef)"
"""Kinds of weights that archspec reads."""

_PYTORCH, _PICKLE = "a PyTorch file", "a pickle file"
_NO_PICKLE = (
    "loading a pickle runs whatever code is in it, so none is loaded: in the program that made it, save the tensors "
    "with safetensors.torch.save_file(model.state_dict(), 'model.safetensors')"
)

_WEIGHTS = {
    b"\x89HDF\r\n\x1a\n": HDF5,
    b"\x93NUMPY": "a NumPy array",
    b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19": _PYTORCH,
    **{bytes([0x80, protocol]): _PICKLE for protocol in range(2, 6)},
    b"GGUF": "a GGUF file",
}
_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"BM": "a picture (BMP)",
    b"RIFF": "a picture (WebP)",
}
_PACKED = {b"\x1f\x8b": "an archive (gzip)", b"BZh": "an archive (bzip2)", b"\xfd7zXZ\0": "an archive (xz)"}
_POINTER = b"version https://git-lfs"
_LONGEST_HEADER = 100_000_000
"""Bytes of a safetensors file's header, whose length is a number of 8 bytes before it."""

_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")
_ENDINGS = {
    ".pb": GRAPH,
    ".pbtxt": "a graph as text (.pbtxt)",
    ".onnx": "an ONNX file",
    ".pt": _PYTORCH,
    ".pth": _PYTORCH,
    ".pkl": _PICKLE,
    ".pickle": _PICKLE,
}
"""By a name's ending, what has no sure mark of its own at its beginning."""


@dataclass(frozen=True)
class Foreign:
    """What a file is that is no checkpoint, as the end of `this is …`, and what can be done with it."""

    kind: str
    help: str


def foreign_kind(path: Path) -> Foreign | None:
    """What a regular file is; None where it is a checkpoint of TensorFlow's in a single file, whole or damaged."""
    with path.open("rb") as file:
        start = file.read(512)
        size = file.seek(0, 2)
        file.seek(max(0, size - len(_TABLE_END)))
        end = file.read()
    if end == _TABLE_END:
        return None
    found = _packed(path, start) or _marked(path, start)
    if found is not None or _CHECKPOINT_NAME.search(path.name):
        return found
    kind = kind_of(start)
    return Foreign({"empty": "an empty file", "text": "a text file"}.get(kind, kind), NAME_IT)


def _packed(path: Path, start: bytes) -> Foreign | None:
    """What holds other files."""
    if zipfile.is_zipfile(path):
        return _zipped(path)
    kind = next((kind for beginning, kind in _PACKED.items() if start.startswith(beginning)), None)
    if kind is None and path.name.endswith(_ARCHIVES):
        kind = "an archive"
    return None if kind is None else Foreign(kind, _UNPACK_IT)


def _zipped(path: Path) -> Foreign:
    """What a zip file is, by the names of what lies in it."""
    try:
        with zipfile.ZipFile(path) as file:
            names = file.namelist()
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError):
        return Foreign("a damaged archive (zip)", NAME_IT)
    if any(name.endswith("data.pkl") for name in names):
        return Foreign(_PYTORCH, _NO_PICKLE)
    if {"config.json", "model.weights.h5"} <= set(names):
        return Foreign(KERAS, SAVE_IT)
    if names and all(name.endswith(".npy") for name in names):
        return Foreign(NPZ, SAVE_IT)
    inside = any(_CHECKPOINT_NAME.search(name) or name.endswith(".index") for name in names)
    return Foreign("an archive (zip)", _UNPACK_IT if inside else NAME_IT)


def _marked(path: Path, start: bytes) -> Foreign | None:
    """What has a mark at its beginning, or a name that says what it is."""
    if start.startswith(_POINTER):
        return Foreign(kind_of(start), _FETCH_IT)
    picture = next((kind for beginning, kind in _PICTURES.items() if start.startswith(beginning)), None)
    if picture is not None:
        return Foreign(picture, NAME_IT)
    named = _ENDINGS.get(path.suffix) if start else None
    found = _weights(start) or named
    # What PyTorch wrote before version 1.6 may begin as any pickle file.
    if found in (_PYTORCH, _PICKLE):
        return Foreign(named or found, _NO_PICKLE)
    return None if found is None else Foreign(found, SAVE_IT)


def _weights(start: bytes) -> str | None:
    """A format of other libraries' weights, by its mark."""
    if start[4:8] == b"TFL3":
        return "a TFLite file"
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= _LONGEST_HEADER:
        return SAFETENSORS
    return next((kind for beginning, kind in _WEIGHTS.items() if start.startswith(beginning)), None)
