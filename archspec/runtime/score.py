"""Evaluation of a network on a data set by all ranks together, with errors that name the example."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile

import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from archspec.compiler.language.forms.sections import Evaluate
from archspec.runtime import distribute
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.explain import explain_data_error
from archspec.runtime.data.pipeline import evaluation_batches
from archspec.runtime.ends import picture_shapes
from archspec.runtime.evaluate import Evaluation, Measure, Scores
from archspec.runtime.lower import Network


class Scoring:
    """What a network is measured by, and the data it is measured on, for as many passes as wanted."""

    def __init__(
        self, network: Network, wanted: dict[str, Measure], section: Evaluate, data: Dataset, batch: int
    ) -> None:
        self.data, self._section, self._batch = data, section, batch
        self._shapes = picture_shapes(network.graph, data.features)
        self._evaluation = Evaluation(network, wanted)
        self.size = -(-data.size // distribute.size())
        """Examples of one rank, of the first one at least."""

    def run(self, advance: Callable[[int], None], asked_to_end: Callable[[], bool] = lambda: False) -> Scores | None:
        """The measures over one pass, the same on all ranks; None where a rank was asked to end before. Raises Stop.

        `advance` is told how many examples more are done.
        """
        rank, ranks, done = distribute.rank(), distribute.size(), 0

        def on_batch(examples: int) -> None:
            nonlocal done
            done += examples
            advance(examples)

        batches = evaluation_batches(
            self.data, self._section.preprocess, self._shapes, self._batch, rank=rank, ranks=ranks
        )
        wanted = takewhile(lambda _: not asked_to_end(), batches)
        try:
            scores = self._evaluation.over(wanted, total=distribute.sum_over_ranks, on_batch=on_batch)
        except tf.errors.OpError as error:
            remaining = range(rank + ranks * done, self.data.size, ranks)
            raise explain_data_error(error, self.data, remaining) or error from error
        ended = distribute.sum_over_ranks(np.array([float(asked_to_end())]))[0] > 0
        return None if ended else scores


class Passing:
    """A bar on a terminal's standard error while data passes; nothing where that is not a terminal."""

    def __init__(self, examples: int) -> None:
        columns = (TextColumn("evaluating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console, first = Console(stderr=True), distribute.rank() == 0
        self._bar = Progress(*columns, console=console, disable=not (first and console.is_terminal), transient=True)
        self._task = self._bar.add_task("", total=examples)

    def __enter__(self) -> Passing:
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def advance(self, examples: int) -> None:
        """So many examples more are done."""
        self._bar.advance(self._task, examples)


def score(network: Network, wanted: dict[str, Measure], section: Evaluate, data: Dataset, batch: int) -> Scores:
    """The measures over one pass, with a bar; the same on all ranks. Raises Stop."""
    scoring = Scoring(network, wanted, section, data, batch)
    with Passing(scoring.size) as passing:
        scores = scoring.run(passing.advance)
    assert scores is not None
    return scores
