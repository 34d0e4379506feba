"""What a run's folder says of the run: run.json, the copy of its spec, and how to compile that again."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archspec.diagnostics import Stop, stop
from archspec.run_folder import files

RECORD = "run.json"
LABELS = "labels.txt"
METRICS = "metrics.jsonl"
INITIALIZED = "initialized.json"
CHECKPOINTS = "checkpoints"
SPEC = "spec"
"""The folder with the spec and every file that it reads, as they were."""

FORMAT = 2
"""The version of what a run's folder holds; it changes when an older archspec could not go on from a newer run."""


@dataclass(frozen=True)
class Handover:
    """All it takes to compile the network of a run again and to find its data.

    `spec` is the run's copy, FILE or FILE#VARIANT; `settings` are its --set values, `data` is its --data, None where it
    had none; `origin` is where the spec stood when the run began; `length` are its --steps, --epochs and --batch.
    """

    spec: str
    settings: dict[str, str]
    data: str | None
    origin: str
    length: dict[str, float] = field(default_factory=dict)


def default_folder(name: str) -> Path:
    """runs/NAME, of the letters of a name that every file system takes; never a folder outside runs/."""
    safe = re.sub(r"[^\w.-]+", "-", name).strip(".-")[:100]
    return Path("runs") / (safe or "run")


def is_run(folder: str | Path) -> bool:
    """Whether a folder is a run's, be it a damaged one."""
    return os.path.lexists(Path(folder) / RECORD)


def handover(folder: str | Path) -> Handover:
    """What is needed to work with a run again; raises Stop where it is no run, or cannot tell."""
    root = Path(folder)
    record = read_record(root)
    if record is None:
        help = f"name a folder that `archspec train` has made; it holds {RECORD}"
        raise stop("AS734", f"{root} is not the folder of a run", help=help)
    main, variant, given, data = (record.get(key) for key in ("main", "variant", "set", "data"))
    if not isinstance(main, str) or not isinstance(given, dict):
        raise damaged(root / RECORD, "it does not say which file of spec/ is the run's own")
    try:
        files.read(root, f"{SPEC}/{main}")
    except OSError as problem:
        raise damaged(root / SPEC / main, problem.strerror or str(problem)) from None
    path = str(root / SPEC / main)
    settings = {str(name): str(value) for name, value in given.items()}
    shown = f"{path}#{variant}" if isinstance(variant, str) and variant else path
    length = {name: value for name, value in _mapping(record, "length").items() if isinstance(value, int | float)}
    return Handover(shown, settings, data if isinstance(data, str) else None, str(record.get("spec", "")), length)


def _mapping(record: dict[str, Any], name: str) -> dict[str, Any]:
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def read_record(root: Path) -> dict[str, Any] | None:
    """run.json; None where there is none. Raises Stop where it cannot be read, or a newer archspec has written it."""
    try:
        found = json.loads(files.read(root, RECORD))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as problem:
        raise damaged(root / RECORD, _reason(problem)) from None
    if not isinstance(found, dict) or not isinstance(found.get("settings"), dict):
        raise damaged(root / RECORD, "it holds no settings")
    version = found.get("format", 1)
    if not isinstance(version, int) or version > FORMAT:
        help = "use the archspec that has made it, or a newer one"
        raise stop("AS737", f"{root} was written by a newer archspec (format {version}, this is {FORMAT})", help=help)
    return found


def _reason(problem: Exception) -> str:
    if isinstance(problem, OSError):
        return problem.strerror or str(problem)
    return "it is nested too deeply" if isinstance(problem, RecursionError) else f"it is not JSON ({problem})"


def damaged(path: Path, reason: str) -> Stop:
    """The Stop for a file of a run that cannot be used."""
    help = "start another run with --run; `initialize` in the train section can take this one's weights"
    return stop("AS732", f"{path} is damaged: {reason}", help=help)


def below(source: str, spec: str) -> str | None:
    """The path of a source below the folder of the spec, None where it lies elsewhere, as a part of archspec."""
    path = os.path.relpath(os.path.abspath(source), os.path.dirname(os.path.abspath(spec)))
    return None if Path(path).parts[0] == os.pardir else Path(path).as_posix()


def commit_of(path: str) -> str | None:
    """The git commit that is checked out where a file lies, None outside a repository or without git."""
    words = ["git", "-C", os.path.dirname(os.path.abspath(path)), "rev-parse", "--verify", "--quiet", "HEAD"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
