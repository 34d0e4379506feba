"""A quick look at examples before the first step, so that what is wrong is said at once and together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from archspec.compiler.language.features import PIXELS
from archspec.diagnostics import Diagnostic, Note, Stop
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.explain import example_mistake
from archspec.runtime.data.naming import printable
from archspec.runtime.preprocess.decode import trouble
from archspec.runtime.preprocess.whole import looks_whole
from archspec.runtime.regular import open_regular

_FILES, _EXAMPLES = 10_000, 200
"""At most so many files' headers, or whole examples of other sources, spread evenly over all."""

_HEAD, _TAIL = 2**16, 2**12
_SHOWN = 20


def look_at(dataset: Dataset) -> None:
    """Nothing, if what is looked at can be read; raises Stop with all that cannot."""
    images = [name for name in dataset.paths if dataset.features[name].kind == "image"]
    others = [name for name, one in dataset.features.items() if one.kind in PIXELS and None in one.shape[:2]]
    found: list[tuple[str, str]] = []
    looked_at = 0
    for name in images:
        chosen = _spread(dataset, _FILES // len(images))
        looked_at = max(looked_at, len(chosen))
        found += _bad_files([dataset.paths[name][index] for index in chosen])
    if not found and (dataset.record_trouble is not None or set(others) - set(images)):
        chosen = _spread(dataset, _EXAMPLES)
        looked_at = len(chosen)
        found += _bad_examples(dataset, chosen)
    if found:
        raise Stop(_finding(dataset, found, looked_at))


def _spread(dataset: Dataset, most: int) -> list[int]:
    """So many examples at most, evenly spread."""
    found: list[int] = np.unique(np.linspace(0, dataset.size - 1, most, dtype=np.int64)).tolist()
    return found


def _finding(dataset: Dataset, found: list[tuple[str, str]], looked_at: int) -> Diagnostic:
    code = found[0][0] if len({code for code, _ in found}) == 1 else "AS710"
    help = "repair the data set: every example is read again and again"
    if len(found) == 1:
        return Diagnostic(code, found[0][1], help=help)
    of = f"{looked_at} examples" if looked_at == dataset.size else f"{looked_at} examples looked at"
    notes = [Note(sentence) for _, sentence in found[:_SHOWN]]
    if len(found) > _SHOWN:
        notes.append(Note(f"and {len(found) - _SHOWN} more"))
    return Diagnostic(code, f"{dataset}: {len(found)} of {of} cannot be read", notes=tuple(notes), help=help)


def _bad_examples(dataset: Dataset, indices: Iterable[int]) -> Iterator[tuple[str, str]]:
    for index in indices:
        found = example_mistake(dataset, index, quickly=True)
        if found is not None:
            yield found.code, f"{found.place} {found.sentence}"


def _bad_files(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    with ThreadPoolExecutor(min(32, 4 * (os.cpu_count() or 1))) as threads:
        for path, found in zip(paths, threads.map(_file_mistake, paths), strict=True):
            if found is not None:
                yield found[0], f"{printable(path)} {found[1]}"


def _file_mistake(path: str) -> tuple[str, str] | None:
    """What the beginning and the end of a picture's file tell; its whole is decoded only where they look wrong."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(_HEAD)
            tail = os.pread(file.fileno(), _TAIL, max(0, size - _TAIL))
            if looks_whole(head, tail, size):
                return None
            wrong = trouble(head + file.read(), 3)
    except OSError as error:
        return "AS710", f"cannot be read: {error.strerror}"
    return None if wrong is None else ("AS711", wrong)
