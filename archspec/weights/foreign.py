"""Files that are taken for checkpoints and are something else: what they are, and what can be done with them."""

from __future__ import annotations

import errno
import re
from glob import escape
from pathlib import Path

from archspec.diagnostics import Stop, stop
from archspec.weights.foreign_kinds import NAME_IT, SAVE_IT, foreign_kind

PARTS = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")
"""How the names of the files of a TensorFlow checkpoint end."""


def not_a_checkpoint(path: Path, where: str) -> Stop:
    """The Stop for a path with nothing at it that can be restored."""
    if path.is_dir():
        return _folder(path, where)
    if not path.exists():
        return stop("AS720", f"{where} is not there", help=NAME_IT)
    if not path.is_file():
        return stop("AS720", f"{where} is no regular file", help=NAME_IT)
    index = Path(f"{PARTS.sub('', str(path))}.index")
    if PARTS.search(path.name) and not index.exists():
        help = "copy all files of the checkpoint into one folder"
        return stop("AS720", f"{where} is a part of a checkpoint, and {index.name} is not there beside it", help=help)
    found = foreign_kind(path)
    if found is None:
        return stop("AS720", f"{where} is no checkpoint", help=NAME_IT)
    return stop("AS720", f"{where} is {found.kind}, not a checkpoint", help=found.help)


def is_foreign(prefix: Path) -> bool:
    """Whether what would be opened for a checkpoint is something else: another kind of file, a pipe or a device."""
    if not Path(f"{prefix}.index").exists() and prefix.is_file() and foreign_kind(prefix) is not None:
        return True
    return not all(part.is_file() for part in prefix.parent.glob(f"{escape(prefix.name)}.data-*"))


def several(where: str, prefixes: list[str]) -> Stop:
    """The Stop for a folder with more than one checkpoint and nothing that says which is meant."""
    names = [Path(prefix).name for prefix in prefixes]
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    message = f"{where} has {len(names)} checkpoints and no `checkpoint` file that says which is the newest: {shown}"
    return stop("AS720", message, help=f"name one of them: {prefixes[-1]}")


def object_checkpoint(where: str) -> Stop:
    """The Stop for what tf.train.Checkpoint and Keras write: variables by their place in Python objects."""
    message = f"{where} is an object checkpoint of TensorFlow 2 (as Keras writes): it has no variables' names"
    return stop("AS720", message, help=SAVE_IT)


def check_name(path: Path) -> None:
    """Raise OSError for a path in other letters than UTF-8, which TensorFlow cannot open."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise OSError(errno.EILSEQ, "its name is not UTF-8, and TensorFlow cannot open it", str(path)) from None


def unreadable(where: object, problem: OSError) -> Stop:
    """The Stop for a folder of checkpoints that cannot be looked into."""
    message = f"{problem.filename or where} cannot be read: {problem.strerror}"
    named = problem.errno == errno.EILSEQ
    return stop("AS720", message, help="rename it" if named else "name a folder with checkpoints that you can read")


def _folder(path: Path, where: str) -> Stop:
    if (path / "saved_model.pb").is_file():
        return stop("AS720", f"{where} is a SavedModel, not a checkpoint", help=SAVE_IT)
    runs = sorted(child.name for child in path.iterdir() if (child / "checkpoints").is_dir())
    help = f"name one of the runs in it: {path / runs[-1]}" if runs else NAME_IT
    return stop("AS720", f"{where} has no checkpoint in it", help=help)
