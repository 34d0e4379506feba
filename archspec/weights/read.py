"""Opens the files of weights that are read without TensorFlow (safetensors, .npz, .keras, .h5); refuses pickles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from glob import escape
from pathlib import Path

from archspec.weights import foreign_kinds, hdf5, keras_file, npz, safetensors
from archspec.weights.foreign import PARTS, check_name, not_a_checkpoint, unreadable
from archspec.weights.tensors import Tensors

_READERS: Mapping[str, Callable[[Path, str], Tensors]] = {
    foreign_kinds.SAFETENSORS: safetensors.read,
    foreign_kinds.NPZ: npz.read,
    foreign_kinds.KERAS: keras_file.read,
    foreign_kinds.HDF5: hdf5.read,
}
"""What reads a file, by what it is."""


def read_file(where: str) -> Tensors | None:
    """The weights of a single file; None where TensorFlow is to look at it: a checkpoint, a graph, a folder.

    Raises Stop where nothing has that name, for a file that is damaged, or of a kind that is never read, as a pickle.
    """
    path = Path(where).expanduser()
    try:
        check_name(path)
        if not path.exists() and not any(path.parent.glob(f"{escape(path.name)}*")):
            raise not_a_checkpoint(path, where)
        if not path.is_file() or Path(f"{path}.index").is_file() or PARTS.search(path.name):
            return None
        found = foreign_kinds.foreign_kind(path)
        if found is None or found.kind == foreign_kinds.GRAPH:
            return None
        reader = _READERS.get(found.kind)
        if reader is None:
            raise not_a_checkpoint(path, where)
        return reader(path, where)
    except OSError as problem:
        raise unreadable(where, problem) from None
