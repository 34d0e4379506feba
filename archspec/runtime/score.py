"""Evaluation of a network on a data set by all ranks together, with a bar, and errors that name the example."""

from __future__ import annotations

import tensorflow as tf
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from archspec.compiler.forms.sections import Evaluate
from archspec.runtime import distribute
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.explain import explain_data_error
from archspec.runtime.data.pipeline import evaluation_batches
from archspec.runtime.evaluate import Measure, Scores, evaluate
from archspec.runtime.lower import Network, image_shape


def score(network: Network, wanted: dict[str, Measure], section: Evaluate, data: Dataset, batch: int) -> Scores:
    """The measures over one pass of the data; the same on all ranks. Raises Stop."""
    rank, ranks = distribute.rank(), distribute.size()
    shape = image_shape(network.graph)
    batches = evaluation_batches(data, section.preprocess, shape, batch, rank=rank, ranks=ranks)
    with Passing(-(-data.size // ranks), shown=rank == 0) as passing:
        try:
            return evaluate(network, wanted, batches, total=distribute.sum_over_ranks, on_batch=passing.advance)
        except tf.errors.OpError as error:
            remaining = range(rank + ranks * passing.done, data.size, ranks)
            raise explain_data_error(error, data, remaining) or error from error


class Passing:
    """A bar on a terminal's standard error while data passes; nothing where that is not a terminal."""

    def __init__(self, examples: int, shown: bool) -> None:
        columns = (TextColumn("evaluating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        self._bar = Progress(*columns, console=console, disable=not (shown and console.is_terminal), transient=True)
        self._task = self._bar.add_task("", total=examples)
        self.done = 0

    def __enter__(self) -> Passing:
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def advance(self, examples: int) -> None:
        """So many examples more are done."""
        self.done += examples
        self._bar.advance(self._task, examples)
