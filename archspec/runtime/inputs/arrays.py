"""Inputs as NumPy arrays: one in a .npy file, or one for every input in a .npz file."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from tokenize import TokenError

import numpy as np

from archspec.compiler.graph.graph import Graph, Input
from archspec.compiler.language.op import show
from archspec.diagnostics import stop
from archspec.files.regular import open_regular
from archspec.runtime.inputs.pictures import Batch

BATCH = 32
"""Examples that are computed at once."""

SUFFIXES = (".npy", ".npz")


def read_arrays(path: str, graph: Graph) -> dict[str, np.ndarray]:
    """{input: array}, a batch axis first, as the network takes them; raises Stop."""
    found = _members(path, graph.inputs) if path.endswith(".npz") else {_only(path, graph): _array(path)}
    for name, array in found.items():
        _check(f"`{name}` of {path}" if len(found) > 1 else path, array, graph.inputs[name])
    sizes = {name: len(array) for name, array in found.items()}
    if len(set(sizes.values())) > 1:
        said = ", ".join(f"{size} of {name}" for name, size in sizes.items())
        raise stop("AS714", f"{path} holds {said}", help="give as many examples of each input")
    return found


def split(arrays: Mapping[str, np.ndarray], path: str) -> Iterator[Batch]:
    """Batches of at most BATCH examples."""
    size = len(next(iter(arrays.values())))
    for start in range(0, size, BATCH):
        end = min(size, start + BATCH)
        yield [f"{path}[{i}]" for i in range(start, end)], {name: array[start:end] for name, array in arrays.items()}


def _only(path: str, graph: Graph) -> str:
    if len(graph.inputs) > 1:
        help = f"numpy.savez them by these names, `{path.removesuffix('.npy')}.npz`"
        raise stop("AS714", f"{path} is one array, and there are the inputs {', '.join(graph.inputs)}", help=help)
    return next(iter(graph.inputs))


def _array(path: str) -> np.ndarray:
    try:
        open_regular(path).close()
        return np.lib.format.open_memmap(path, mode="r")
    except OSError as problem:
        raise stop("AS714", f"{path} can't be read: {problem.strerror or problem}") from problem
    except (ValueError, EOFError, SyntaxError, TokenError) as problem:
        raise stop("AS714", f"{path} is no array saved without pickle", help="numpy.save it") from problem


def _members(path: str, inputs: Mapping[str, Input]) -> dict[str, np.ndarray]:
    """The array of every input; others are left."""
    try:
        with open_regular(path) as file, np.load(file, allow_pickle=False) as archive:
            missing = [name for name in inputs if name not in archive]
            if missing:
                message = f"{path} holds {', '.join(archive.files) or 'nothing'}, and no {' and no '.join(missing)}"
                raise stop("AS714", message, help="save an array for every input by its name")
            return {name: archive[name] for name in inputs}
    except OSError as problem:
        raise stop("AS714", f"{path} can't be read: {problem.strerror or problem}") from problem
    except (ValueError, EOFError, SyntaxError, TokenError, zipfile.BadZipFile, zlib.error, TypeError) as problem:
        raise stop("AS714", f"{path} holds no arrays saved without pickle", help="numpy.savez them") from problem


def _check(what: str, array: np.ndarray, given: Input) -> None:
    if array.dtype != np.dtype(given.dtype):
        message = f"{what} holds {array.dtype}, and the network takes {given.dtype}"
        raise stop("AS714", message, help=f'save array.astype("{given.dtype}")')
    if not _fits(array.shape, given.shape):
        message = f"{what} has shape {show(array.shape)}, and the network takes batch x {show(given.shape)}"
        raise stop("AS714", message, help="give examples as the first axis and channels as the last")
    strange = next((index for index, example in enumerate(array) if not np.isfinite(example).all()), None)
    if strange is not None:
        # A ReLU would turn a NaN into a 0, and the answer would look like one.
        raise stop("AS714", f"{what} holds NaN or infinity in example {strange}", help="mend it or take it out")


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    sizes = zip(shape[1:], wanted, strict=False)
    return len(shape) == len(wanted) + 1 and shape[0] > 0 and all(w in (None, n) for n, w in sizes)
