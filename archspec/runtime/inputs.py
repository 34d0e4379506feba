"""The inputs of a prediction: picture files, folders and patterns of them, or one array."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from tokenize import TokenError
from typing import TYPE_CHECKING

import numpy as np

from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.features import image_type
from archspec.compiler.language.op import show
from archspec.compiler.training.inputs import feeds
from archspec.diagnostics import Stop, stop
from archspec.runtime.ends import image_input, image_shape
from archspec.runtime.measures import features_for_evaluation
from archspec.runtime.preprocess.apply import Preparation, preprocess_file

if TYPE_CHECKING:
    from archspec.compiler.program import Program

BATCH = 32
"""Examples of an array that are computed at once."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")

Batch = tuple[list[str], np.ndarray]
"""Names of examples, and their tensors along the first axis."""


def pictures(arguments: Sequence[str]) -> list[str]:
    """The files that arguments mean, each once: files, all pictures in and below a folder, and what fits a pattern.

    A file that is not there is left for the reading. Raises Stop for a folder or pattern without pictures.
    """
    found: dict[str, None] = {}
    for argument in arguments:
        if os.path.isdir(argument):
            inside = sorted(_below(argument))
        elif glob.has_magic(argument) and not os.path.exists(argument):
            inside = sorted(path for path in glob.glob(argument, recursive=True) if os.path.isfile(path))
        else:
            inside = [argument]
        if not inside:
            help = f"pictures end in {', '.join(SUFFIXES)}" if os.path.isdir(argument) else "check the path"
            raise stop("AS635", f"{argument} has no pictures", help=help)
        found.update(dict.fromkeys(inside))
    return list(found)


def _below(folder: str) -> Iterator[str]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        yield from (os.path.join(root, n) for n in names if n.lower().endswith(SUFFIXES) and not n.startswith("."))


def read_images(paths: Sequence[str], program: Program, bad: Callable[[Stop], None]) -> Iterator[Batch]:
    """Batches of picture files as the network's input, by the steps of the eval section.

    `bad` is told of those that cannot be read. Raises Stop where the section does not say how.
    """
    if program.eval is None:
        message = f"{program.file} has no eval section, so it is not said how a picture becomes an input"
        raise stop("AS607", message, help="add eval.preprocess, or give a .npy file of inputs")
    shape, steps = image_shape(program.graph), program.eval.preprocess
    fed = feeds(program.graph.inputs, features_for_evaluation(program))
    name = fed.get(image_input(program.graph), "image")
    # What is wrong with the steps is wrong with all pictures.
    Preparation({name: image_type()}, steps, {name: shape})

    def read(path: str) -> np.ndarray | None:
        try:
            return preprocess_file(path, steps, shape, name)
        except Stop as problem:
            bad(problem)
            return None

    for start in range(0, len(paths), program.eval.batch):
        chosen = paths[start : start + program.eval.batch]
        good = [(path, image) for path in chosen if (image := read(path)) is not None]
        if good:
            yield [path for path, _ in good], np.stack([image for _, image in good])


def read_array(path: str, graph: Graph) -> np.ndarray:
    """The inputs in a .npy file, with a batch axis first, as the network takes them; raises Stop."""
    given = graph.inputs[image_input(graph)]
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except OSError as problem:
        raise stop("AS714", f"{path} can't be read: {problem.strerror or problem}") from problem
    except (ValueError, EOFError, SyntaxError, TokenError) as problem:
        raise stop("AS714", f"{path} is no array saved without pickle", help="numpy.save it") from problem
    if array.dtype != np.dtype(given.dtype):
        message = f"{path} holds {array.dtype}, and the network takes {given.dtype}"
        raise stop("AS714", message, help=f'save array.astype("{given.dtype}")')
    if not _fits(array.shape, given.shape):
        message = f"{path} has shape {show(array.shape)}, and the network takes batch x {show(given.shape)}"
        raise stop("AS714", message, help="give examples as the first axis and channels as the last")
    strange = next((index for index, example in enumerate(array) if not np.isfinite(example).all()), None)
    if strange is not None:
        # A ReLU would turn a NaN into a 0, and the answer would look like one.
        raise stop("AS714", f"{path} holds NaN or infinity in example {strange}", help="mend it or take it out")
    return array


def split(array: np.ndarray, names: Sequence[str]) -> Iterable[Batch]:
    """Batches of at most BATCH examples."""
    for start in range(0, len(array), BATCH):
        yield list(names[start : start + BATCH]), array[start : start + BATCH]


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    sizes = zip(shape[1:], wanted, strict=False)
    return len(shape) == len(wanted) + 1 and shape[0] > 0 and all(w in (None, n) for n, w in sizes)
