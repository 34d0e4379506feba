"""What a person sees while training: a bar on a terminal, a line now and then elsewhere, JSON lines if asked."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Column, Table
from rich.text import Text

_SECONDS_BETWEEN_LINES = 10.0
_ENDING = "stopping after this step, when it is saved"


class Report:
    """Shows the steps of one training, on the rank that prints."""

    def __init__(self, total: int, done: int, form: str, shown: bool, epochs: float = 0.0) -> None:
        self.total, self.form, self.shown, self.epochs = total, form, shown, epochs
        self._first, self._last_line = done, 0.0
        console = Console(stderr=True)
        on_terminal = shown and console.is_terminal and form == "text"
        self._bar = Bar(total, done, console) if on_terminal else None

    def __enter__(self) -> Report:
        return self

    def introduce(self, facts: dict[str, str]) -> None:
        """Show what is trained, by name, and that it begins."""
        with self._while_somebody_reads():
            if not self.shown or self.form == "json":
                return
            if self._bar is not None:
                self._bar.begin(facts)
                return
            width = max(map(len, facts))
            for line in (*(f"{name:{width}}  {text}" for name, text in facts.items()), "building the graph …"):
                _print(line)

    def __exit__(self, *exception: object) -> None:
        with self._while_somebody_reads():
            if self._bar is not None:
                self._bar.live.stop()

    @contextmanager
    def _while_somebody_reads(self) -> Iterator[None]:
        """A block that shows something; when the terminal or pipe has gone, training goes on and shows no more."""
        try:
            yield
        except OSError:
            self.shown, self._bar = False, None

    def ending(self) -> None:
        """Show that a signal is obeyed: a step may take a minute. Called from another thread."""
        with self._while_somebody_reads():
            if self._bar is not None:
                self._bar.say_last(f"{_ENDING}; Ctrl-C again ends at once")
            elif self.shown and self.form == "text":
                _print(_ENDING)

    def step(self, numbers: dict[str, Any]) -> None:
        """Show a step's numbers."""
        with self._while_somebody_reads():
            if not self.shown:
                return
            if self.form == "json":
                print(json.dumps(numbers), flush=True)
            elif self._bar is not None:
                self._bar.show(numbers, [self._epoch(numbers), _speed(numbers), *self._left(numbers)])
            elif self._due(numbers["step"]):
                begun = [f"step {numbers['step']}/{self.total}", self._epoch(numbers)]
                _print("  ".join([*begun, *_shown(numbers), _speed(numbers), *self._left(numbers)]))

    @contextmanager
    def scoring(self, examples: int) -> Iterator[Callable[[int], None]]:
        """A block that evaluates; it is given what is to be told how many examples more are done."""
        done = 0

        def advance(more: int) -> None:
            nonlocal done
            done += more
            if self._bar is not None:
                self._bar.say(f"evaluating … {min(done, examples)}/{examples}")

        advance(0)
        yield advance

    def scores(self, step: int, data: str, values: dict[str, float]) -> None:
        """Show what an evaluation found."""
        found = ", ".join(f"{name} {value:.4f}" for name, value in values.items())
        text = f"evaluated after step {step} on {data}: {found}"
        line = {**{f"eval/{name}": value for name, value in values.items()}, "step": step}
        with self._while_somebody_reads():
            if not self.shown:
                return
            if self.form == "json":
                print(json.dumps(line), flush=True)
            elif self._bar is not None:
                self._bar.live.console.print(text, highlight=False)
            else:
                _print(text)

    def _epoch(self, numbers: dict[str, Any]) -> str:
        return f"epoch {numbers['epoch']:.3g}/{self.epochs:.3g}"

    def _due(self, step: int) -> bool:
        now = time.monotonic()
        if step not in (self._first + 1, self.total) and now - self._last_line < _SECONDS_BETWEEN_LINES:
            return False
        self._last_line = now
        return True

    def _left(self, numbers: dict[str, Any]) -> list[str]:
        """The time that is left; nothing after the first step, most of which was building the graph."""
        done = numbers["step"] - self._first - 1
        return [f"{_duration((self.total - numbers['step']) * numbers['seconds'] / done)} left"] if done > 0 else []


class Bar:
    """Two lines and an empty one that stay in place: how far training is, and its last numbers."""

    def __init__(self, total: int, done: int, console: Console) -> None:
        count = MofNCompleteColumn(table_column=Column(no_wrap=True))
        columns = (TextColumn("step"), count, BarColumn(bar_width=None), TaskProgressColumn())
        self._progress = Progress(*columns, TextColumn("{task.description}"), console=console, expand=True)
        self._task = self._progress.add_task("", total=total, completed=done)
        self._numbers = Text("building the graph …", style="dim", no_wrap=True, overflow="ellipsis")
        # A terminal writes ^C where the cursor stands, behind the last line: were that full, there would be one more.
        lines = Group(self._progress, self._numbers, Text())
        self.live = Live(lines, console=console, transient=True, refresh_per_second=4)
        self._is_last = False

    def begin(self, facts: dict[str, str]) -> None:
        """Show what is trained, long lines folded beside their names, and the bar below."""
        table = Table.grid(padding=(0, 2))
        for name, text in facts.items():
            table.add_row(Text(name), Text(text, overflow="fold"))
        self.live.console.print(table)
        self.live.start()

    def say(self, text: str) -> None:
        """Show a text in place of the numbers, until the next step."""
        if not self._is_last:
            self._numbers.plain = text

    def say_last(self, text: str) -> None:
        """Show a text in place of all numbers that come."""
        self._is_last, self._numbers.plain = True, text

    def show(self, numbers: dict[str, Any], left: list[str]) -> None:
        """Move the bar to a step."""
        self._progress.update(self._task, completed=numbers["step"], description="  ".join(left))
        self.say("   ".join(_shown(numbers)))


def _print(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _shown(numbers: dict[str, Any]) -> list[str]:
    """The numbers a person wants to see, each with its name."""
    losses = {name: value for name, value in numbers.items() if name.startswith("loss/")}
    shown = [f"loss {numbers['loss']:.4f}"]
    shown += [f"{name} {value:.4f}" for name, value in losses.items() if len(losses) > 1]
    shown += [f"accuracy {numbers['accuracy']:.3f}"] if "accuracy" in numbers else []
    shown += [f"{name} {value:.3g}" for name, value in numbers.items() if name.partition("/")[0] == "lr"]
    return shown


def _speed(numbers: dict[str, Any]) -> str:
    return f"{numbers['images_per_second']:.1f} images/s"


def _duration(seconds: float) -> str:
    """90 as `1m30s`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02d}m"
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"
