"""A run's folder: what was trained, with which settings, and what came of it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from archspec.compiler.language.fields import Form
from archspec.diagnostics import Note, Stop, stop
from archspec.runtime import checkpoint
from archspec.runtime.labels import FILE as LABELS

if TYPE_CHECKING:
    from archspec.compiler.program import Program
    from archspec.runtime.data.dataset import Dataset

RECORD = "run.json"
METRICS = "metrics.jsonl"
_MAY_CHANGE = ("train.steps", "train.epochs", "train.save")


def settings(program: Program, data: Dataset) -> dict[str, str]:
    """What the result of training depends on, by name; nodes and values as text."""
    nodes = [f"{n.path} {n.op!r} {n.inputs} {n.shape} {n.variable_path}" for n in program.graph.nodes.values()]
    found = {"layers": hashlib.sha256("\n".join(nodes).encode()).hexdigest()}
    if program.train is not None:
        found |= {f"train.{name}": _text(value) for name, value in program.train.values().items()}
    found["data"] = f"{data.name} ({data.split}), {data.size} examples"
    return found


def _text(value: Any) -> str:
    if isinstance(value, Form):
        return f"{value.NAME}({', '.join(f'{k}: {_text(v)}' for k, v in value.values().items())})"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k}: {_text(v)}' for k, v in value.items())}}}"
    return str(value)


class Run:
    """The folder of one run, held by one training at a time; only rank 0 writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: IO[str] | None = None

    def hold(self) -> None:
        """Keep other trainings out until this process ends; raises Stop if one is in there, or it cannot be made."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = open(self.folder / ".lock", "w", encoding="utf-8")  # noqa: SIM115 (held until the process ends)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise stop(
                "AS731", f"another training is writing {self.folder}", help="wait for it, or use another --run"
            ) from None
        except OSError as problem:
            raise self._unwritable(problem) from None

    def _unwritable(self, problem: OSError) -> Stop:
        help = "make room or give write access there, or use another --run"
        reason = "there is a file of that name" if isinstance(problem, FileExistsError) else problem.strerror
        return stop("AS730", f"{self.folder} cannot be written: {reason}", help=help)

    def begin(self, program: Program, data: Dataset, found: dict[str, str], names: tuple[str, ...] | None) -> None:
        """Write down what is trained, before the first step; raises Stop."""
        # Numbers of an earlier training that ended before its first checkpoint.
        (self.folder / METRICS).unlink(missing_ok=True)
        environment = {"python": platform.python_version(), "host": platform.node(), "command": sys.argv}
        environment |= {name: _version(name) for name in ("tensorflow", "keras", "numpy", "horovod")}
        record = {"name": program.name, "spec": program.file, "variant": program.variant, "settings": found}
        self._write(RECORD, json.dumps({**record, "environment": environment}, indent=1))
        for number, (file, text) in enumerate(program.sources.items()):
            self._write(f"spec/{number}-{Path(file).name}", text)
        if names:
            self._write(LABELS, "".join(f"{i}:{name}\n" for i, name in enumerate(names)))

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        unfinished = path.with_name(f".{path.name}.unfinished")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(text, "utf-8")
            os.replace(unfinished, path)
        except OSError as problem:
            unfinished.unlink(missing_ok=True)
            raise self._unwritable(problem) from None

    def record(self) -> dict[str, Any] | None:
        """What an earlier training wrote down; None where there is none. Raises Stop where it cannot be read."""
        path = self.folder / RECORD
        if not path.is_file():
            return None
        try:
            found: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return {**found, "settings": dict(found["settings"])}
        except (OSError, ValueError, KeyError, TypeError) as problem:
            help = "start another run with --run; `initialize` in the train section can take this one's weights"
            raise stop("AS732", f"{path} is damaged ({problem})", help=help) from None

    def check_new(self) -> None:
        """Raise Stop where the folder holds a run that has come as far as a checkpoint."""
        if checkpoint.checkpoints(self.folder):
            help = "go on with --resume, or name another folder with --run"
            raise stop("AS733", f"{self.folder} holds a run already", help=help)

    def check_same(self, found: dict[str, str]) -> None:
        """Raise Stop where the run there was made from other settings."""
        record = self.record()
        if record is None:
            raise stop("AS734", f"there is no run to resume in {self.folder}", help="leave out --resume")
        old = record["settings"]
        changed = [name for name in {**old, **found} if old.get(name) != found.get(name) and name not in _MAY_CHANGE]
        if changed:
            help = "resume with the spec and settings of the run, or start another with --run"
            notes = [
                Note(f"{name} was {old.get(name)}, and is {found.get(name)}") for name in changed if name != "layers"
            ]
            raise stop("AS735", f"{self.folder} was trained with other {', '.join(changed)}", *notes, help=help)

    def newest(self) -> checkpoint.Checkpoint:
        """The newest checkpoint; raises Stop where there is none."""
        found = checkpoint.latest(self.folder)
        if found is None:
            raise stop("AS734", f"{self.folder} has no checkpoint yet", help="start again, without --resume")
        return found

    def forget_after(self, step: int) -> None:
        """Take away metrics of later steps, which will be made again, and a line that was cut off."""
        path = self.folder / METRICS
        if not path.is_file():
            return
        kept = [line for line in path.read_text("utf-8").splitlines() if _step_of(line) <= step]
        self._write(METRICS, "".join(line + "\n" for line in kept))

    def log(self, numbers: dict[str, Any]) -> None:
        """Append one line to the metrics; raises Stop."""
        try:
            with open(self.folder / METRICS, "a", encoding="utf-8") as file:
                file.write(json.dumps(numbers) + "\n")
        except OSError as problem:
            raise self._unwritable(problem) from None


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")


def _version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None
