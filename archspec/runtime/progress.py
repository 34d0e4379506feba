"""What a person sees while training: a bar on a terminal, a line now and then elsewhere, JSON lines if asked."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_SECONDS_BETWEEN_LINES = 10.0


class Report:
    """Shows the steps of one training, on the rank that prints."""

    def __init__(self, total: int, done: int, form: str, shown: bool) -> None:
        self.total, self.form, self.shown = total, form, shown
        self._first, self._last_line = done, 0.0
        console = Console(stderr=True)
        self._bar: Progress | None = None
        if shown and console.is_terminal and form == "text":
            columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), MofNCompleteColumn())
            self._bar = Progress(*columns, TimeRemainingColumn(), console=console, transient=True, expand=True)
            self._task = self._bar.add_task("building the graph", total=total, completed=done)

    def __enter__(self) -> Report:
        if self._bar is not None:
            self._bar.start()
        elif self.shown and self.form == "text":
            print("building the graph …", file=sys.stderr, flush=True)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def step(self, numbers: dict[str, Any]) -> None:
        """Show a step's numbers."""
        if not self.shown:
            return
        if self.form == "json":
            print(json.dumps(numbers), flush=True)
        elif self._bar is not None:
            self._bar.update(self._task, completed=numbers["step"], description=_short(numbers))
        elif self._due(numbers["step"]):
            _print(f"step {numbers['step']}/{self.total}  {_short(numbers)}{self._left(numbers)}")

    def _due(self, step: int) -> bool:
        now = time.monotonic()
        if step not in (self._first + 1, self.total) and now - self._last_line < _SECONDS_BETWEEN_LINES:
            return False
        self._last_line = now
        return True

    def _left(self, numbers: dict[str, Any]) -> str:
        """The time that is left; nothing after the first step, most of which was building the graph."""
        done = numbers["step"] - self._first - 1
        return f"  {_duration((self.total - numbers['step']) * numbers['seconds'] / done)} left" if done > 0 else ""

    def say(self, text: str) -> None:
        """Show a line."""
        if self.shown and self.form == "text":
            (self._bar.console.print if self._bar is not None else _print)(text)


def _print(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _short(numbers: dict[str, Any]) -> str:
    rate = f"{numbers['images_per_second']:.1f} images/s"
    return f"loss {numbers['loss']:.4f}  accuracy {numbers['accuracy']:.3f}  lr {numbers['lr']:.3g}  {rate}"


def _duration(seconds: float) -> str:
    """90 as `1m30s`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02d}m"
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"
