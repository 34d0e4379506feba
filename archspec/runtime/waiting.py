"""What a training waits for: said when it takes long, and ended at a limit or after a signal.

A disk that hangs, or a rank that does, holds Python's main thread inside TensorFlow or Horovod, where it obeys no
signal. A second thread looks on; it can save and end the process in its place.
"""

from __future__ import annotations

import math
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Thread

from archspec.diagnostics import Stop
from archspec.launched import at_most, patience
from archspec.rendering import report
from archspec.runtime import distribute

_SAY = 30.0
"""Seconds of waiting after which it is said, and then again after each minute."""

_LOOK = 0.5
"""Seconds between two looks."""

_ENDING = 8.0
"""Seconds that what is waited for may still take after a signal."""


@dataclass(frozen=True)
class Wait:
    """Something that the main thread waits for, and since when.

    It may take `quiet` seconds before it is said, `ending` seconds after a signal, and `limit` seconds at all.
    """

    what: str
    since: float
    quiet: float
    ending: float
    limit: float


class Waiting:
    """While it is entered, looks at the waits of the main thread, which alone may enter it: signals are noticed there.

    `save` writes a checkpoint where there is reason to, and returns its step or 0.
    """

    def __init__(self) -> None:
        self.save: Callable[[], int] = lambda: 0
        self._heard: Callable[[], None] = lambda: None
        self._wait: Wait | None = None
        self._signalled, self._said, self._longest = 0.0, 0.0, 0.0
        self._read, self._write = os.pipe()
        self._before = -1

    def __enter__(self) -> Waiting:
        os.set_blocking(self._write, False)
        # Python's handlers run in the main thread, which may hang; this pipe is told of a signal at once.
        self._before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        Thread(target=self._look_on, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        signal.set_wakeup_fd(self._before)
        # Closing this end tells the thread to go.
        os.close(self._write)

    @contextmanager
    def telling(self, heard: Callable[[], None]) -> Iterator[None]:
        """A block in which the first signal calls a function at once, in another thread than the main one."""
        before, self._heard = self._heard, heard
        try:
            yield
        finally:
            self._heard = before

    @contextmanager
    def until(
        self, what: str, ending: float = _ENDING, limit: float | None = None, quiet: float = _SAY
    ) -> Iterator[Callable[[], None]]:
        """A block that waits for something; the numbers are as in Wait, the limit a rank's patience if not given.

        It is given what is to be called whenever some of it has come.
        """
        most = patience() if limit is None else limit

        def moved() -> None:
            self._wait, self._said = Wait(what, time.monotonic(), quiet, ending, most), 0.0

        moved()
        try:
            yield moved
        finally:
            self._wait = None

    @contextmanager
    def others(self, what: str) -> Iterator[None]:
        """A block in which this rank computes, then waits for the other ranks, as long as those wait for anything.

        The first one builds the graph, which takes its time. After a signal it may take somewhat longer than usual.
        """
        began = time.monotonic()
        if distribute.size() == 1 or not self._longest:
            yield
        else:
            usual = max(_SAY, 3 * self._longest)
            with self.until(f"the other ranks in {what}", ending=usual, limit=math.inf, quiet=usual):
                yield
        self._longest = _SAY / 3 if not self._longest else max(self._longest, time.monotonic() - began)

    def _look_on(self) -> None:
        while True:
            ready, _, _ = select.select([self._read], [], [], _LOOK)
            if ready:
                if not os.read(self._read, 64):
                    os.close(self._read)
                    return
                if not self._signalled:
                    self._signalled = time.monotonic()
                    self._heard()
            wait = self._wait
            if wait is not None:
                self._judge(wait, time.monotonic())

    def _judge(self, wait: Wait, now: float) -> None:
        waited = now - wait.since
        if self._signalled and now - max(self._signalled, wait.since) > wait.ending:
            self._abandon(wait, f"rank {distribute.rank()} was asked to end while it waited for {wait.what}")
        if waited > wait.limit:
            self._abandon(wait, f"rank {distribute.rank()} has waited {waited:.0f} s for {wait.what}, and ends")
        if waited > wait.quiet and now - self._said > 2 * _SAY:
            self._said = now
            end = f"; it ends after {at_most()}" if wait.limit == patience() else ""
            say(f"rank {distribute.rank()} has waited {waited:.0f} s for {wait.what}{end}")

    def _abandon(self, wait: Wait, reason: str) -> None:
        """Save what is whole and end this process, whose main thread may never come back; nothing if it just has."""
        if self._wait is not wait:
            return
        say(reason)
        try:
            saved = self.save()
            if saved:
                say(f"the state after step {saved} is saved; --resume goes on from there")
        except Stop as problem:
            report(problem.diagnostics)
        finally:
            os._exit(1)


def say(text: str) -> None:
    """Write a line to standard error, of which a launcher shows every rank's at once."""
    with suppress(OSError):
        # Without a terminal there is nobody to say it to.
        print(text, file=sys.stderr, flush=True)
