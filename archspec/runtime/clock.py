"""The time that training steps take, and how fast they are now."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

_WINDOW = 10.0
"""Seconds that the shown speed is the mean of."""


class Clock:
    """The time of training steps and their images: from the second step on, since the first builds the graph."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin again from now."""
        self._began, self._images = time.perf_counter(), 0
        self._recent = deque([(0.0, 0)])

    def count(self, images: int) -> None:
        """So many images more are trained on."""
        self._images += images
        now = self.seconds()
        self._recent.append((now, self._images))
        while len(self._recent) > 2 and self._recent[1][0] <= now - _WINDOW:
            self._recent.popleft()

    def seconds(self) -> float:
        """The time that was not stopped."""
        return time.perf_counter() - self._began

    def images_per_second(self) -> float:
        """The speed of the last seconds."""
        (since, before), (now, images) = self._recent[0], self._recent[-1]
        return (images - before) / max(now - since, 1e-9)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """A block whose time does not count."""
        began = time.perf_counter()
        yield
        self._began += time.perf_counter() - began
