"""A run's folder while it is trained: who writes it, what is written down, what is taken back."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec import __version__
from archspec.diagnostics import Stop, stop
from archspec.run_folder import files
from archspec.run_folder.record import FORMAT, INITIALIZED, LABELS, METRICS, RECORD, SPEC, below, commit_of, read_record
from archspec.runtime import checkpoint
from archspec.runtime.labels import as_lines
from archspec.runtime.settings import changed, other_classes, other_settings
from archspec.weights.foreign import check_name

if TYPE_CHECKING:
    from archspec.compiler.program import Program


_NO_ACCESS = "get write access there, or use another --run"
_REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room there, or use another --run"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _NO_ACCESS),
    errno.EILSEQ: "use another --run, with a name in UTF-8",
}
"""What to do where a run's folder cannot be written, by the number of the error."""


@dataclass(frozen=True)
class Given:
    """What the command line said beside the spec, for those who work with the run later."""

    settings: Mapping[str, str] = field(default_factory=dict)
    data: str | None = None
    length: Mapping[str, float] = field(default_factory=dict)
    """`steps`, `epochs` and `batch`, those of them that it said."""


@dataclass(frozen=True)
class Initialized:
    """The checkpoint that a run's first weights came from, and what became of each variable (weights/transfer.py)."""

    checkpoint: str
    counts: Mapping[str, int]
    variables: Sequence[Mapping[str, str]]

    def __str__(self) -> str:
        """`inception_v3.ckpt: 376 reused, 4 re-initialised, 4 orphaned`."""
        return f"{self.checkpoint}: {', '.join(f'{count} {fate}' for fate, count in self.counts.items())}"


class Run:
    """The folder of one run, held by one training at a time; only rank 0 writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: int | None = None
        self._metrics: FileIO | None = None
        self.initialized: Initialized | None = None

    def hold(self) -> None:
        """Keep other trainings out until this process ends, and sweep up what a killed one has left; raises Stop."""
        try:
            check_name(self.folder)
            self._lock = files.opened(self.folder, ".lock", os.O_RDWR | os.O_CREAT)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            checkpoint.sweep(self.folder)
        except BlockingIOError:
            raise stop(
                "AS731", f"another training is writing {self.folder}", help="wait for it, or use another --run"
            ) from None
        except OSError as problem:
            raise self._unwritable(problem) from None

    def take_over(self, step: int) -> bool:
        """Hold the folder in the place of a first rank that has gone; False where it has not, or has saved this step.

        On another machine, which does not see the folder, there is nothing to take over.
        """
        if not (self.folder / RECORD).is_file():
            return False
        try:
            self.hold()
        except Stop:
            # Another rank writes, or nobody can: either way it is not for this rank to say.
            return False
        newest = checkpoint.checkpoints(self.folder)
        return not newest or checkpoint.step_of(newest[-1]) < step

    def _unwritable(self, problem: OSError) -> Stop:
        help = _REMEDIES.get(problem.errno or 0, "use another --run")
        reason = "there is a file of that name" if isinstance(problem, FileExistsError) else problem.strerror
        where = problem.filename if isinstance(problem.filename, str) else str(self.folder)
        return stop("AS730", f"{where} cannot be written: {reason}", help=help)

    def begin(self, program: Program, found: dict[str, str], names: tuple[str, ...] | None, given: Given) -> None:
        """Write down what is trained, before the first step; raises Stop."""
        # Numbers of an earlier training that ended before its first checkpoint.
        self._rewrite_metrics([])
        copied = {path: text for file, text in program.sources.items() if (path := below(file, program.file))}
        for path, text in copied.items():
            self._write(f"{SPEC}/{path}", text)
        if names:
            self._write(LABELS, as_lines(names))
        record = {
            "format": FORMAT,
            "name": program.name,
            "spec": os.path.abspath(program.file),
            "main": below(program.file, program.file),
            "variant": program.variant,
            "set": dict(given.settings),
            "data": _absolute(given.data),
            "length": dict(given.length),
            "began": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": commit_of(program.file),
            "classes": list(names or ()),
            "settings": found,
            "environment": _environment(),
        }
        self._write(RECORD, json.dumps(record, indent=1))

    def note_weights(self, found: Initialized) -> None:
        """Write down what became of each variable of the checkpoint that training starts from; raises Stop."""
        self.initialized = found
        self._write(INITIALIZED, json.dumps(asdict(found), indent=1))

    def _write(self, name: str, text: str) -> None:
        try:
            files.write(self.folder, name, text)
        except OSError as problem:
            raise self._unwritable(problem) from None

    def check_new(self) -> None:
        """Raise Stop where the folder holds a run that has come as far as a checkpoint."""
        if checkpoint.checkpoints(self.folder):
            help = "go on with --resume, or name another folder with --run"
            raise stop("AS733", f"{self.folder} holds a run already", help=help)

    def check_same(self, found: dict[str, str], classes: Sequence[str] = ()) -> None:
        """Raise Stop where the run there was made from other settings, or by an archspec that wrote it otherwise."""
        record = read_record(self.folder)
        if record is None:
            raise stop("AS734", f"there is no run to resume in {self.folder}", help="leave out --resume")
        if record.get("format", 1) < FORMAT:
            help = "start another run; `initialize: {checkpoint: …}` in its train section takes this one's weights"
            raise stop("AS737", f"{self.folder} was written by an older archspec, which kept another state", help=help)
        names = changed(record["settings"], found)
        if names:
            more = other_classes(record.get("classes", ()), classes) if "data" in names else []
            raise other_settings(self.folder, record["settings"], found, names, *more)

    def newest(self) -> checkpoint.Checkpoint:
        """The newest whole checkpoint, and what is said of newer ones; raises Stop where there is none."""
        found = checkpoint.latest(self.folder)
        if found is None:
            help = "start again without --resume; a run is first saved after its `save` time, or when it is stopped"
            raise stop("AS734", f"{self.folder} has no checkpoint yet", help=help)
        return found

    def forget_after(self, step: int) -> None:
        """Take away metrics of later steps, which will be made again, and a line that was cut off; raises Stop."""
        self._rewrite_metrics([line for line in self._lines() if _step_of(line) <= step])

    def evaluated(self, step: int) -> bool:
        """Whether the metrics hold an evaluation after this step; raises Stop."""
        own = (line for line in self._lines() if _step_of(line) == step)
        return any(name.startswith("eval/") for line in own for name in json.loads(line))

    def scores(self, metric: str) -> list[float]:
        """What the evaluations so far have found for a metric, in their order; raises Stop."""
        found = (json.loads(line) for line in self._lines() if f'"eval/{metric}"' in line)
        return [float(numbers[f"eval/{metric}"]) for numbers in found]

    def _lines(self) -> list[str]:
        try:
            return files.read(self.folder, METRICS).decode("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return []
        except OSError as problem:
            raise self._unwritable(problem) from None

    def _rewrite_metrics(self, lines: list[str]) -> None:
        self._write(METRICS, "".join(line + "\n" for line in lines))

    def log(self, numbers: dict[str, Any]) -> None:
        """Append one line to the metrics; a killed process does not lose it. Raises Stop."""
        try:
            if self._metrics is None:
                descriptor = files.opened(self.folder, METRICS, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
                self._metrics = FileIO(descriptor, "ab")
            self._metrics.write(json.dumps(numbers).encode() + b"\n")
        except OSError as problem:
            raise self._unwritable(problem) from None


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return float("inf")


def _absolute(data: str | None) -> str | None:
    """A data argument that means the same from any folder: a path as a whole, a name as it is."""
    return os.path.abspath(data) if data is not None and (os.path.exists(data) or os.sep in data) else data


def _environment() -> dict[str, Any]:
    found: dict[str, Any] = {"archspec": __version__, "python": platform.python_version(), "host": platform.node()}
    found |= {name: _version(name) for name in ("tensorflow", "keras", "numpy", "horovod")}
    return {**found, "folder": os.getcwd(), "command": sys.argv}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
