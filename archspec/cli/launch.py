"""Several ranks on this machine around the same command: what they say, and how they end together."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO, TextIO

import archspec
from archspec.cli.ranks import started
from archspec.diagnostics import Stop, stop
from archspec.launched import RANKS, at_most, patience

_ENTRY = [sys.executable, "-P", "-m", "archspec"]
_LOST_ANOTHER = re.compile(r"^AS743 .*\n(  .*\n)*", re.MULTILINE)
"""What a rank says when another one has gone; that one, or we, say why."""

_AT_ONCE = re.compile(r"rank \d+ ")
"""How a line begins that is shown when it comes, whichever rank says it."""

_LOOK = 5.0
"""Seconds between two looks at whether a rank is stopped."""


class Output:
    """What the ranks say: rank 0 at once, other ranks at the end unless rank 0 has said it too."""

    def __init__(self) -> None:
        self.first: set[str] = set()
        self.others: defaultdict[int, list[str]] = defaultdict(list)

    def read(self, rank: int, stream: IO[str], target: TextIO) -> None:
        """Take all lines of a rank's stream."""
        for line in stream:
            if rank == 0:
                self.first.add(line)
            if rank == 0 or _AT_ONCE.match(line):
                _write(target, line)
            else:
                self.others[rank].append(line)

    def finish(self) -> None:
        """Write what only other ranks have said."""
        for rank, lines in self.others.items():
            for line in _LOST_ANOTHER.sub("", "".join(lines)).splitlines(keepends=True):
                if line not in self.first:
                    _write(sys.stderr, f"[rank {rank}] {line}")


def _write(target: TextIO, line: str) -> None:
    try:
        target.write(line)
        target.flush()
    except OSError:
        # The terminal has gone; the ranks' pipes must be read all the same, or the ranks would block.
        return


class Ending:
    """How ranks come to their end: who failed first, and how often somebody asked."""

    def __init__(self, processes: list[subprocess.Popen[str]]) -> None:
        self.processes = processes
        self.asked: list[str] = []
        self._sent = 0
        self.failed: tuple[int, int] | None = None
        self._since: float | None = None
        self._stopped: set[int] = set()

    def running(self) -> list[int]:
        """The ranks that have not ended; the first that fails is noted, and asks the others to save and end."""
        for rank, process in enumerate(self.processes):
            code = process.poll()
            if code and self.failed is None:
                self.failed, self._since = (rank, code), time.monotonic()
        left = [rank for rank, process in enumerate(self.processes) if process.poll() is None]
        if self._since is not None and left and not self._sent:
            self._send(signal.SIGTERM)
        if self._since is not None and time.monotonic() - self._since > patience():
            self._signal(signal.SIGKILL)
        return left

    def hand_on(self, number: int) -> None:
        """Pass a signal on: the first asks ranks to save and end, the second ends them, the third at all costs."""
        self.asked.append(signal.Signals(number).name)
        self._send(number)

    def _send(self, number: int) -> None:
        self._sent += 1
        self._signal(number if self._sent == 1 else signal.SIGTERM if self._sent == 2 else signal.SIGKILL)

    def _signal(self, number: int) -> None:
        for process in self.processes:
            # Does nothing where the process has ended.
            process.send_signal(number)

    def report_stopped(self) -> None:
        """Say once which rank is stopped, as by Ctrl-Z or a debugger: the others wait for it."""
        import psutil

        for rank, process in enumerate(self.processes):
            try:
                stopped = psutil.Process(process.pid).status() == psutil.STATUS_STOPPED
            except psutil.NoSuchProcess:
                continue
            if stopped and rank not in self._stopped:
                who = f"rank {rank} (process {process.pid}) is stopped"
                remedy = f"`kill -CONT {process.pid}` lets it go on"
                _write(sys.stderr, f"{who}, and the others wait for it, {at_most()} at most; {remedy}\n")
            (self._stopped.add if stopped else self._stopped.discard)(rank)


def launch(ranks: int, words: list[str]) -> int:
    """Run `archspec WORDS` on so many ranks; 0 where all ended well, else 1. Raises Stop where one was killed."""
    path = [str(Path(archspec.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    more = {"PYTHONPATH": os.pathsep.join(path), RANKS: str(ranks)}
    with started([*_ENTRY, *words], ranks, more) as processes:
        output, ending = Output(), Ending(processes)
        with _signals_handed_on(ending):
            readers = [
                Thread(target=output.read, args=(rank, stream, target))
                for rank, process in enumerate(processes)
                for stream, target in ((process.stdout, sys.stdout), (process.stderr, sys.stderr))
            ]
            for reader in readers:
                reader.start()
            _wait(ending)
            for reader in readers:
                reader.join()
    output.finish()
    _explain(ending)
    return 1 if ending.failed else 0


def _wait(ending: Ending) -> None:
    looked = time.monotonic()
    while ending.running():
        time.sleep(0.05)
        if time.monotonic() - looked > _LOOK:
            looked = time.monotonic()
            ending.report_stopped()


@contextmanager
def _signals_handed_on(ending: Ending) -> Iterator[None]:
    """Signals go to the ranks; one that nohup ignores stays ignored."""
    numbers = [n for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, lambda number, frame: ending.hand_on(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _explain(ending: Ending) -> None:
    """Raise Stop where a rank was ended by a signal, which it could not explain itself."""
    if ending.failed is None or ending.failed[1] > 0:
        return
    if ending.asked:
        reason = "before the first step" if len(ending.asked) == 1 else "before they had saved"
        message = f"the ranks were ended by {' and '.join(ending.asked)} {reason}"
        help = "go on with --resume if there is a checkpoint, else start again"
        raise stop("AS745", message, help=help)
    rank, number = ending.failed[0], -ending.failed[1]
    raise _killed(rank, number)


def _killed(rank: int, number: int) -> Stop:
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    memory = "; the kernel does that where memory runs out" if name == "SIGKILL" else ""
    help = "go on from the last checkpoint with --resume"
    return stop("AS743", f"rank {rank} was ended by {name}{memory}", help=help)
