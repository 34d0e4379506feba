"""Ctrl-C, SIGTERM and SIGHUP: the first asks training to save and end, the second ends it at once."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""A person, a batch system, and a terminal or ssh connection that has gone."""


class Stopping:
    """While it is entered, notes the first of SIGNALS in `asked`; one that nohup ignores stays ignored."""

    def __init__(self) -> None:
        self.asked = ""
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stopping:
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked = signal.Signals(number).name
        # The next one has its usual effect, for somebody who cannot wait for the checkpoint.
        for other in self._before:
            signal.signal(other, signal.default_int_handler if other == signal.SIGINT else signal.SIG_DFL)
