"""The names of classes: from a file, a run, or none."""

from __future__ import annotations

import re
from pathlib import Path

from archspec.diagnostics import Stop, stop
from archspec.files.regular import read_regular
from archspec.run_folder import files
from archspec.run_folder.record import LABELS, damaged, read_record

_NUMBERED = re.compile(r"\s*([0-9]+)\s*:\s*(.*)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def labels_of_run(where: str) -> Path | None:
    """The file of names in the run that a checkpoint belongs to; `where` is as in restore.open_weights. Raises Stop."""
    path = Path(where).expanduser().absolute()
    run = next((run for run in _runs(path) if LABELS in files.names(run)), None)
    if run is None:
        return None
    try:
        files.read(run, LABELS)
    except OSError as problem:
        raise damaged(run / LABELS, problem.strerror or str(problem)) from None
    return run / LABELS


def classes_of_run(where: str) -> tuple[str, ...] | None:
    """The names of the classes, by number, of the run that a checkpoint belongs to; None where it has none."""
    for run in _runs(Path(where).expanduser().absolute()):
        record = read_record(run)
        names = record.get("classes") if record is not None else None
        if isinstance(names, list) and names:
            return tuple(map(str, names))
    return None


def _runs(path: Path) -> list[Path]:
    """The run's folder that a checkpoint lies in, if it does."""
    return [folder for folder in (path, *list(path.parents)[:3]) if (folder / "checkpoints").is_dir()]


def as_lines(names: tuple[str, ...]) -> str:
    """The text of a file of labels, a line for each class; a line break in a name is shown, not made."""
    shown = (_CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), name) for name in names)
    return "".join(f"{number}:{name}\n" for number, name in enumerate(shown))


def read_labels(path: Path, classes: int) -> dict[int, str]:
    """{class: name} from a file with one name a line, or `class:name` in any order; raises Stop."""
    try:
        lines = [line.strip() for line in read_regular(path).decode("utf-8-sig").split("\n")]
    except OSError as problem:
        reason = problem.strerror or "it cannot be opened"
        raise stop("AS728", f"the labels in {path} can't be read: {reason}", help="name a text file") from problem
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        help = "write it again as UTF-8: iconv -f latin1 -t utf-8 labels.txt, if it is Latin-1"
        raise stop("AS728", f"line {line} of {path} is not UTF-8 text", help=help) from problem
    lines = lines[: len(lines) - next((i for i, line in enumerate(reversed(lines)) if line), len(lines))]
    matches = [_NUMBERED.fullmatch(line) for line in lines if line]
    if matches and all(matches):
        far = next((match[1] for match in matches if match and len(match[1].lstrip("0")) > 9), None)
        if far is not None:
            message = f"{path} names the class {far[:20]}, and the network has {classes}"
            raise stop("AS728", message, help="number the classes from 0")
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
