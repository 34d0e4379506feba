"""How a step of the set-up runs: one at a time, told to the user, its output in a log, its failure a sentence."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

BETWEEN_SIGNS_OF_LIFE = 30.0  # seconds
SHOWN_OF_A_FAILURE = 15  # lines


class SetupError(Exception):
    """What keeps the set-up from going on, as a sentence with a remedy."""


def say(text: str) -> None:
    """Tells the user, on standard error: standard output belongs to the command that follows."""
    print(f"archspec: {text}", file=sys.stderr, flush=True)


def user_cache(name: str) -> Path:
    """A folder of the user's cache, shared by all checkouts."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "archspec" / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remedy = "Name a folder that can in XDG_CACHE_HOME."
        raise SetupError(f"{folder} can't be made: {error.strerror}. {remedy}") from error
    return folder


@contextlib.contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Holds a lock on the file `path`; waits, and says so, while another process holds it.

    The programs that are started inherit the lock: what they still do after a kill is waited for.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            say(f"{what} is already being made (by process {file.read().strip() or 'unknown'}); waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        os.set_inheritable(file.fileno(), True)
        yield


def run(title: str, expected: str, command: list[str], log: Path, variables: dict[str, str] | None = None) -> None:
    """Runs one step, saying how long it is `expected` to take.

    `variables` are added to the environment. Raises SetupError, with the end of the log, when the command fails.
    """
    say(f"{title} (about {expected})")
    begin = time.monotonic()
    with log.open("ab") as output, tempfile.TemporaryDirectory() as neutral_folder:
        output.write(f"\n$ {' '.join(command)}\n".encode())
        output.flush()
        process = subprocess.Popen(
            command,
            cwd=neutral_folder,
            env={**os.environ, "PIP_USER": "0", **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            close_fds=False,
        )
        while (status := exit_status(process)) is None:
            say(f"  still at it, {time.monotonic() - begin:.0f} s")
    if status:
        shown = "\n".join(log.read_text(errors="replace").splitlines()[-SHOWN_OF_A_FAILURE:])
        raise SetupError(f"this step failed: {title}\n{shown}\nAll of it is in {log}. The next run tries again.")


def exit_status(process: subprocess.Popen[bytes]) -> int | None:
    """The exit status, or None when the process still runs after a while."""
    try:
        return process.wait(BETWEEN_SIGNS_OF_LIFE)
    except subprocess.TimeoutExpired:
        return None
    except BaseException:  # the user's Ctrl-C: what was started must not go on alone
        process.terminate()
        process.wait()
        raise
