"""Keras' HDF5 files: .weights.h5 of Keras 3, and the older .h5 whose layers name their weights.

A variable is LAYER/kernel, LAYER/gamma, …: Keras 3 numbers the variables of a layer, and the layer's class, which the
file says, tells what each of them is. Layers go by their own names. archspec's networks name theirs themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from archspec.weights.tensors import Entry, Tensors, check_bytes, damaged

KIND = "a file of Keras' weights (HDF5)"
_BROKEN = (OSError, RuntimeError, ValueError, KeyError, TypeError)
_OF_NORM = ("gamma", "beta", "moving_mean", "moving_variance")
_KERNEL = ("kernel", "bias")
_VARIABLES = {
    "conv1d": _KERNEL,
    "conv2d": _KERNEL,
    "conv3d": _KERNEL,
    "conv1d_transpose": _KERNEL,
    "conv2d_transpose": _KERNEL,
    "conv3d_transpose": _KERNEL,
    "depthwise_conv1d": _KERNEL,
    "depthwise_conv2d": _KERNEL,
    "dense": _KERNEL,
    "separable_conv1d": ("depthwise_kernel", "pointwise_kernel", "bias"),
    "separable_conv2d": ("depthwise_kernel", "pointwise_kernel", "bias"),
    "layer_normalization": ("gamma", "beta"),
    "embedding": ("embeddings",),
}
"""Variables in Keras' order, by the class of their layer as Keras 3 writes it."""

_NUMBERED = re.compile(r"(?:.*/)?(\w+?)(?:_\d+)?/vars/(\d+)")
_TRAINING = ("optimizer", "optimizer_weights")
"""Groups of a whole model that are not of the network."""


def read(path: Path, where: str, content: Any = None) -> Tensors:
    """The variables of a file, or of the stream `content`; raises Stop for what is damaged or leads elsewhere."""
    source: Any = content if content is not None else path
    try:
        with h5py.File(source, "r") as file:
            paths = dict(_named(file, where))
            entries = {name: _entry(where, name, file[inner]) for name, inner in paths.items()}
    except _BROKEN as problem:
        raise damaged(where, f"it is no HDF5 file that can be read ({_sentence(problem)})") from None

    def fetch(name: str) -> np.ndarray:
        try:
            with h5py.File(source, "r") as file:
                return np.asarray(file[paths[name]][()])
        except _BROKEN as problem:
            raise damaged(where, f"{name} can't be read ({_sentence(problem)})") from None

    return Tensors(where, KIND, entries, fetch)


def _named(file: Any, where: str) -> Iterator[tuple[str, str]]:
    """(name of a variable, path in the file) of every data set; no link is followed."""
    found: list[str] = []
    file.visititems(lambda path, item: found.append(path) if isinstance(item, h5py.Dataset) else None)
    counts = dict.fromkeys((path.rpartition("/")[0] for path in found), 0)
    for path in found:
        counts[path.rpartition("/")[0]] += 1
    names: dict[str, str] = {}
    for path in found:
        if path.split("/")[0] in _TRAINING:
            continue
        name = _name(file, path, counts[path.rpartition("/")[0]])
        if name in names:
            raise damaged(where, f"{path} and {names[name]} are both {name}")
        names[name] = path
    yield from names.items()


def _name(file: Any, path: str, count: int) -> str:
    """What a variable is called: LAYER/kernel; `count` is how many the layer has."""
    numbered = _NUMBERED.fullmatch(path)
    if numbered is None:
        if path.startswith("vars/"):
            return path.removeprefix("vars/")
        # The older format has LAYER/WEIGHT, where WEIGHT is LAYER/kernel:0 again.
        layer, _, rest = path.removeprefix("model_weights/").partition("/")
        return f"{layer}/{rest.rpartition('/')[2].removesuffix(':0')}" if rest else layer
    kind, number = numbered[1], int(numbered[2])
    group = file[path.rpartition("/")[0]]
    layer = group.attrs.get("name", path.split("/vars/")[0].rpartition("/")[2])
    known = _OF_NORM[4 - count :] if kind == "batch_normalization" and count <= 4 else _VARIABLES.get(kind, ())
    return f"{layer}/{known[number] if number < len(known) else number}"


def _entry(where: str, name: str, dataset: Any) -> Entry:
    """Shape and dtype of a data set whose numbers are in the file itself."""
    if dataset.is_virtual or dataset.external:
        raise damaged(where, f"the numbers of {name} are in another file, and that is not opened")
    if dataset.dtype.hasobject or dataset.dtype.names:
        raise damaged(where, f"{name} holds {dataset.dtype}, not numbers")
    return check_bytes(where, name, Entry(tuple(dataset.shape), dataset.dtype.name))


def _sentence(problem: BaseException) -> str:
    return str(problem).splitlines()[0] if str(problem) else type(problem).__name__
