"""The names of classes: from a file, a run, or none."""

from __future__ import annotations

import re
from pathlib import Path

from archspec.diagnostics import Stop, stop

FILE = "labels.txt"
"""What a run's folder calls the file with its classes' names."""

_NUMBERED = re.compile(r"\s*(\d+)\s*:\s*(.*)")


def labels_of_run(where: str) -> Path | None:
    """The file of names in the run that a checkpoint belongs to; `where` is as in restore.open_weights."""
    path = Path(where).expanduser().absolute()
    runs = [folder for folder in (path, *list(path.parents)[:3]) if (folder / "checkpoints").is_dir()]
    return next((run / FILE for run in runs if (run / FILE).is_file()), None)


def read_labels(path: Path, classes: int) -> dict[int, str]:
    """{class: name} from a file with one name a line, or `class:name` in any order; raises Stop."""
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8 text"
        raise stop("AS728", f"the labels in {path} can't be read: {reason}", help="name a text file") from problem
    lines = lines[: len(lines) - next((i for i, line in enumerate(reversed(lines)) if line), len(lines))]
    matches = [_NUMBERED.fullmatch(line) for line in lines if line]
    if matches and all(matches):
        found = {int(match[1]): match[2] for match in matches if match}
        if len(found) < len(matches):
            raise stop("AS728", f"{path} names a class twice", help="give every class one line")
    else:
        found = dict(enumerate(lines))
    if not found or max(found) != classes - 1:
        raise _wrong_number(path, max(found, default=-1) + 1, classes)
    return found


def _wrong_number(path: Path, names: int, classes: int) -> Stop:
    remedy = "give one name a line, for every class of the network"
    if names == classes - 1:
        remedy = "if class 0 is the background, as in TF-Slim's ImageNet checkpoints, add a first line for it"
    return stop("AS728", f"{path} has names for {names} classes, and the network has {classes}", help=remedy)
