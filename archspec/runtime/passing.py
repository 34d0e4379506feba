"""A bar on a terminal's standard error while data passes."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from archspec.runtime import distribute


class Passing:
    """The bar, on the first rank; nothing where standard error is no terminal, or it is not to be shown."""

    def __init__(self, examples: int, what: str, *, shown: bool = True) -> None:
        columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        shown = shown and distribute.rank() == 0 and console.is_terminal
        self._bar = Progress(*columns, console=console, disable=not shown, transient=True)
        self._task = self._bar.add_task("", total=examples)

    def __enter__(self) -> Passing:
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def advance(self, examples: int) -> None:
        """So many examples more are done."""
        self._bar.advance(self._task, examples)
