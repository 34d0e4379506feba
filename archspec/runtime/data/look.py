"""A quick look at examples before the first step, so that what is wrong is said at once and together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from archspec.compiler.language.features import PIXELS
from archspec.diagnostics import Diagnostic, Note, Stop
from archspec.files.kinds import READABLE
from archspec.files.regular import open_regular
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.explain import Mistake, example_mistake
from archspec.runtime.data.naming import printable
from archspec.runtime.preprocess.decode import trouble
from archspec.runtime.preprocess.whole import looks_whole

_FILES, _EXAMPLES = 10_000, 200
"""At most so many files' headers, or whole examples of other sources, spread evenly over all."""

_HEAD, _TAIL = 2**16, 2**12
_SHOWN = 20


def look_at(dataset: Dataset) -> None:
    """Nothing, if what is looked at can be read; raises Stop with all that cannot."""
    images = [name for name in dataset.paths if dataset.features[name].kind == "image"]
    others = [name for name, one in dataset.features.items() if one.kind in PIXELS and None in one.shape[:2]]
    found: list[Mistake] = []
    looked_at = 0
    for name in images:
        chosen = _spread(dataset, _FILES // len(images))
        looked_at = max(looked_at, len(chosen))
        found += _bad_files([dataset.paths[name][index] for index in chosen])
    if found:
        raise Stop(_finding(dataset, found, looked_at))
    if dataset.record_trouble is not None or set(others) - set(images):
        chosen = _spread(dataset, _EXAMPLES)
        found += _bad_examples(dataset, chosen)
        if found:
            raise Stop(_all_alike(dataset, found, len(chosen)) or _finding(dataset, found, len(chosen)))


def _spread(dataset: Dataset, most: int) -> list[int]:
    """So many examples at most, evenly spread."""
    found: list[int] = np.unique(np.linspace(0, dataset.size - 1, most, dtype=np.int64)).tolist()
    return found


def _all_alike(dataset: Dataset, found: list[Mistake], looked_at: int) -> Diagnostic | None:
    """One sentence where the same is wrong with every example: the fault is hardly in each of them.

    The same with other numbers in it is that too, where there are more than a list would show.
    """
    first = found[0]
    alike = len({(bad.code, bad.sentence) for bad in found}) == 1
    of_one_kind = len({bad.code for bad in found}) == 1 and len(found) > _SHOWN
    if len(found) < looked_at or not (alike or of_one_kind):
        return None
    of = f"{looked_at} {'examples' if looked_at == dataset.size else 'examples looked at'}"
    more = f"; all {of} are like this" if alike else f"; none of the {of} can be used"
    help = dataset.record_help if first.code == "AS716" else ""
    return Diagnostic(first.code, f"{first}{more if looked_at > 1 else ''}", help=help or _help(first.code))


def _finding(dataset: Dataset, found: list[Mistake], looked_at: int) -> Diagnostic:
    code = found[0].code if len({bad.code for bad in found}) == 1 else "AS710"
    if len(found) == 1:
        return Diagnostic(code, str(found[0]), help=_help(code))
    of = f"{looked_at} examples" if looked_at == dataset.size else f"{looked_at} examples looked at"
    notes = [Note(str(bad)) for bad in found[:_SHOWN]]
    if len(found) > _SHOWN:
        notes.append(Note(f"and {len(found) - _SHOWN} more"))
    help = _help("AS711" if any(bad.code == "AS711" for bad in found) else code)
    return Diagnostic(code, f"{dataset}: {len(found)} of {of} cannot be read", notes=tuple(notes), help=help)


def _help(code: str) -> str:
    """What to do about examples of which this is wrong."""
    if code == "AS705":
        return "correct the labels, or the list of the classes' names"
    repair = "repair the data set: every example is read again and again"
    return f"{READABLE}; convert or {repair}" if code == "AS711" else repair


def _bad_examples(dataset: Dataset, indices: Iterable[int]) -> Iterator[Mistake]:
    for index in indices:
        found = example_mistake(dataset, index, quickly=True)
        if found is not None:
            yield found


def _bad_files(paths: Sequence[str]) -> Iterator[Mistake]:
    with ThreadPoolExecutor(min(32, 4 * (os.cpu_count() or 1))) as threads:
        for path, found in zip(paths, threads.map(_file_mistake, paths), strict=True):
            if found is not None:
                yield Mistake(found[0], printable(path), found[1])


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
