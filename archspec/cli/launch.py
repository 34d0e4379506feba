"""Several ranks on this machine: horovodrun around the same command, with its own noise left out."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import IO

import archspec
from archspec.diagnostics import Stop, stop

_ENTRY = [sys.executable, "-P", "-m", "archspec"]
_FROM_RANK = re.compile(r"\[(\d+)\]<(stdout|stderr)>:(.*)", re.DOTALL)
_FIRST_TO_FAIL = re.compile(r"Process name: (\d+)\s+Exit code: (\d+)")
_OF_THE_SHELL = ("Killed\n", "Terminated\n")
_LOST_ANOTHER = re.compile(r"^AS743 .*\n(  .*\n)*", re.MULTILINE)
"""What a rank says when another one has gone; that one, or we, say why."""

RANKS = "ARCHSPEC_NP"
"""The environment variable in which ranks find the --np that they were launched with."""


class Output:
    """What the ranks and horovodrun say: rank 0 at once, other ranks at the end unless rank 0 has said the same."""

    def __init__(self) -> None:
        self.first: set[str] = set()
        self.others: defaultdict[str, list[str]] = defaultdict(list)
        self.launcher: list[str] = []

    def read(self, stream: IO[str]) -> None:
        """Take all lines of one of horovodrun's streams."""
        for line in stream:
            match = _FROM_RANK.match(line)
            if match is None:
                self.launcher.append(line)
            elif match[3] in _OF_THE_SHELL:
                continue
            elif match[1] == "0":
                self.first.add(match[3])
                target = sys.stdout if match[2] == "stdout" else sys.stderr
                target.write(match[3])
                target.flush()
            else:
                self.others[match[1]].append(match[3])

    def finish(self) -> None:
        """Write what only other ranks have said."""
        for rank, lines in self.others.items():
            for line in _LOST_ANOTHER.sub("", "".join(lines)).splitlines(keepends=True):
                if line not in self.first:
                    sys.stderr.write(f"[rank {rank}] {line}")


def launch(ranks: int, words: list[str]) -> int:
    """Run `archspec WORDS` on so many ranks; 0 where all ranks ended well, else 1. Raises Stop where one was killed."""
    settings = [f"PYTHONPATH={Path(archspec.__file__).parents[1]}", f"{RANKS}={ranks}"]
    process = subprocess.Popen(
        [_horovodrun(), "-np", str(ranks), "--gloo", "env", *settings, *_ENTRY, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        # Ctrl-C comes to us alone, and we hand it on.
        start_new_session=True,
    )
    output = Output()
    assert process.stdout is not None and process.stderr is not None
    readers = [Thread(target=output.read, args=(stream,)) for stream in (process.stdout, process.stderr)]
    with _signals_handed_on(process):
        for reader in readers:
            reader.start()
        code = process.wait()
        for reader in readers:
            reader.join()
    output.finish()
    if code:
        _explain("".join(output.launcher))
    return 1 if code else 0


def _horovodrun() -> str:
    beside = Path(sys.executable).with_name("horovodrun")
    found = str(beside) if beside.is_file() else shutil.which("horovodrun")
    if found is None:
        help = "use bin/archspec of a checkout, which builds Horovod, or leave out --np"
        raise stop("AS740", "there is no horovodrun, so ranks cannot be launched", help=help)
    return found


@contextmanager
def _signals_handed_on(process: subprocess.Popen[str]) -> Iterator[None]:
    """The first SIGINT or SIGTERM goes to the ranks, which save and end; the second ends horovodrun with them."""

    def hand_on(number: int, frame: object) -> None:
        signal.signal(number, lambda *_: process.terminate())
        # horovodrun itself would kill the ranks after five seconds, too soon for a large checkpoint.
        ranks = _ranks(process.pid)
        for rank in ranks:
            with suppress(ProcessLookupError):
                os.kill(rank, number)
        if not ranks:
            process.terminate()

    before = {number: signal.signal(number, hand_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ranks(launcher: int) -> list[int]:
    """The process numbers of the ranks below horovodrun."""
    import psutil

    found = []
    # What has ended since the list was made is none of them.
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(launcher).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if child.cmdline()[: len(_ENTRY)] == _ENTRY:
                    found.append(child.pid)
    return found


def _explain(said: str) -> None:
    """Raise Stop where a rank was killed, or horovodrun failed before there were ranks."""
    failed = _FIRST_TO_FAIL.search(said)
    if failed is None:
        raise stop("AS744", f"horovodrun could not start the ranks: {said.strip() or 'it says nothing'}")
    if int(failed[2]) > 128:
        raise _killed(failed[1], int(failed[2]) - 128)


def _killed(rank: str, number: int) -> Stop:
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    memory = "; the kernel does that where memory runs out" if name == "SIGKILL" else ""
    help = "go on from the last checkpoint with --resume"
    return stop("AS743", f"rank {rank} was ended by {name}{memory}", help=help)
