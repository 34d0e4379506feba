"""Picture files, folders and patterns of them."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.features import image_type
from archspec.compiler.training.inputs import feeds
from archspec.diagnostics import Stop, stop
from archspec.runtime.ends import image_shape
from archspec.runtime.measures import features_for_evaluation
from archspec.runtime.preprocess.apply import Preparation, preprocess_file

if TYPE_CHECKING:
    from archspec.compiler.program import Program

SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")

Batch = tuple[list[str], dict[str, np.ndarray]]
"""Names of examples, and what each input of the network gets, examples along the first axis."""


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


def read_images(paths: Sequence[str], program: Program, graph: Graph, bad: Callable[[Stop], None]) -> Iterator[Batch]:
    """Batches of picture files as the graph's only input, by the steps of the eval section.

    `bad` is told of those that cannot be read. Raises Stop where the section does not say how.
    """
    if program.eval is None:
        message = f"{program.file} has no eval section, so it is not said how a picture becomes an input"
        raise stop("AS607", message, help="add eval.preprocess, or give a .npy file of inputs")
    [given] = graph.inputs
    shape, steps = image_shape(graph), program.eval.preprocess
    name = feeds(graph.inputs, features_for_evaluation(program)).get(given, "image")
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
            yield [path for path, _ in good], {given: np.stack([image for _, image in good])}
