"""Answers of a network as text, JSON, JSON lines or CSV, one after the other as they come; or as arrays at the end."""

from __future__ import annotations

import csv
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np

from archspec.diagnostics import stop
from archspec.runtime.predict import Answer

_NUMBERS = 64
"""An output with at most so many numbers is written out; larger ones only as arrays."""


class Writer(Protocol):
    """Takes answers in the order of the inputs."""

    def write(self, answer: Answer) -> None:
        """Take one more."""

    def finish(self) -> None:
        """There are no more."""


class Facts:
    """What is said of an answer: its classes with their names, and outputs that are a few numbers."""

    def __init__(self, labels: dict[int, str], outputs: Sequence[str]) -> None:
        self.labels, self._outputs = labels, outputs

    def outputs(self, answer: Answer) -> dict[str, Any]:
        """{output: numbers} of an answer, without the scores of the classes."""
        arrays = {name: answer.arrays[name] for name in self._outputs}
        return {name: array.tolist() for name, array in arrays.items() if array.size <= _NUMBERS}

    def record(self, answer: Answer) -> dict[str, Any]:
        """An answer for JSON."""
        top = [
            {"class": guess.number, "label": self.labels.get(guess.number), "probability": guess.probability}
            for guess in answer.guesses
        ]
        found = self.outputs(answer)
        return {"input": answer.input, "top": top, **({"outputs": found} if found else {})}


class TextWriter:
    """Lines for people: an input, and what is said of it below; of an answer with nothing to say the arrays' shapes."""

    def __init__(self, stream: IO[str], facts: Facts) -> None:
        self._stream, self._facts, self._count = stream, facts, 0
        self._shapes: dict[str, tuple[int, ...]] = {}

    def write(self, answer: Answer) -> None:
        """Print one answer."""
        self._count += 1
        lines = [f"{guess.probability:.4f}  {self._named(guess.number)}" for guess in answer.guesses]
        lines += [f"{name}  {_line(numbers)}" for name, numbers in self._facts.outputs(answer).items()]
        self._shapes = {} if lines else {name: array.shape for name, array in answer.arrays.items()}
        for line in [answer.input, *(f"  {line}" for line in lines)] if lines else []:
            print(line, file=self._stream, flush=True)

    def _named(self, number: int) -> str:
        label = self._facts.labels.get(number)
        return f"{label} ({number})" if label else f"class {number}"

    def finish(self) -> None:
        """Tell the shapes of what was not printed."""
        for name, shape in self._shapes.items():
            print(f"{name}  {'x'.join(map(str, (self._count, *shape)))}", file=self._stream)


def _line(numbers: Any) -> str:
    flat = np.asarray(numbers).reshape(-1)
    return " ".join(f"{number:.6g}" for number in flat)


class JsonWriter:
    """One JSON list of all answers."""

    def __init__(self, stream: IO[str], facts: Facts) -> None:
        self._stream, self._facts, self._begun = stream, facts, False

    def write(self, answer: Answer) -> None:
        """Write one answer."""
        self._stream.write(("," if self._begun else "[") + "\n" + json.dumps(self._facts.record(answer), indent=2))
        self._stream.flush()
        self._begun = True

    def finish(self) -> None:
        """Close the list."""
        self._stream.write("\n]\n" if self._begun else "[]\n")


class LinesWriter:
    """JSON lines: one object a line."""

    def __init__(self, stream: IO[str], facts: Facts) -> None:
        self._stream, self._facts = stream, facts

    def write(self, answer: Answer) -> None:
        """Write one answer."""
        self._stream.write(json.dumps(self._facts.record(answer)) + "\n")
        self._stream.flush()

    def finish(self) -> None:
        """Nothing stands at the end."""


class CsvWriter:
    """A table with a row for each input: the most probable class, the next ones, and the numbers of other outputs."""

    def __init__(self, stream: IO[str], facts: Facts) -> None:
        self._stream, self._facts, self._begun = stream, facts, False
        self._table = csv.writer(stream, lineterminator="\n")

    def write(self, answer: Answer) -> None:
        """Write one row, after the names of the columns."""
        row: dict[str, object] = {"input": answer.input}
        for rank, guess in enumerate(answer.guesses, 1):
            more = f"_{rank}" if rank > 1 else ""
            row |= {f"class{more}": guess.number, f"label{more}": self._facts.labels.get(guess.number, "")}
            row[f"probability{more}"] = f"{guess.probability:.6g}"
        for name, numbers in self._facts.outputs(answer).items():
            flat = np.asarray(numbers).reshape(-1).tolist()
            row |= {name if len(flat) == 1 else f"{name}_{i}": f"{value:.8g}" for i, value in enumerate(flat)}
        if not self._begun:
            self._table.writerow(row)
        self._begun = True
        self._table.writerow(row.values())
        self._stream.flush()

    def finish(self) -> None:
        """Nothing stands at the end."""


WRITERS: dict[str, Callable[[IO[str], Facts], Writer]] = {
    "text": TextWriter,
    "json": JsonWriter,
    "jsonl": LinesWriter,
    "csv": CsvWriter,
}
ARRAYS = ".npz"


class ArraysWriter:
    """All arrays in one .npz file, in the order of the inputs."""

    def __init__(self, path: str, endpoints: Sequence[str]) -> None:
        self._path = path
        self._found: dict[str, list[np.ndarray]] = {name: [] for name in endpoints}

    def write(self, answer: Answer) -> None:
        """Keep one answer's arrays."""
        for name, arrays in self._found.items():
            arrays.append(answer.arrays[name])

    def finish(self) -> None:
        """Write the file; raises Stop."""
        write_arrays(self._path, {name: np.stack(arrays) for name, arrays in self._found.items() if arrays})


def write_arrays(path: str, arrays: dict[str, np.ndarray]) -> None:
    """Write an .npz file with the arrays by name, whole or not at all; raises Stop."""
    with whole_file(path, "wb") as file, zipfile.ZipFile(file, "w", allowZip64=True) as archive:
        # As numpy.savez, which has no room for an end point named `file`.
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


@contextmanager
def whole_file(path: str, mode: str) -> Iterator[IO[Any]]:
    """A file that gets its name when the block has ended well, and leaves nothing otherwise; raises Stop."""
    target, text = Path(path), None if "b" in mode else "utf-8"
    try:
        with tempfile.NamedTemporaryFile(
            mode, dir=target.parent, prefix=f".{target.name}-", delete=False, encoding=text
        ) as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                # A temporary file is for its owner alone; the result is as open as any other file of the user.
                os.chmod(file.name, 0o666 & ~_umask())
                os.replace(file.name, target)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as problem:
        remedy = "name a file in a folder that is there and can be written to"
        raise stop("AS727", f"{path} can't be written: {problem.strerror}", help=remedy) from problem


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
