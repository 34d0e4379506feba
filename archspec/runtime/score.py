"""Evaluation of a network on a data set by all ranks together, with errors that name the example."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile

import numpy as np
import tensorflow as tf

from archspec.compiler.language.forms.sections import Evaluate
from archspec.runtime import distribute
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.explain import explain_data_error
from archspec.runtime.data.pipeline import evaluation_batches
from archspec.runtime.ends import picture_shapes
from archspec.runtime.evaluate import Evaluation, Scores
from archspec.runtime.lower import Network
from archspec.runtime.measures import Measure
from archspec.runtime.passing import Passing


class Scoring:
    """What a network is measured by, and the data it is measured on, for as many passes as wanted."""

    def __init__(
        self,
        network: Network,
        wanted: dict[str, Measure],
        section: Evaluate,
        data: Dataset,
        batch: int,
    ) -> None:
        self.data, self._section, self._batch = data, section, batch
        self._shapes = picture_shapes(network.graph, data.features)
        self._evaluation = Evaluation(network, wanted, data.features)
        pictures = {feature.kind for feature in data.features.values()} <= {"image", "class"}
        self._noun = "images" if pictures else "examples"
        self.size = -(-data.size // distribute.size())
        """Examples of one rank, of the first one at least."""

    def __str__(self) -> str:
        """`flowers (validation), 172 images`: on what it is measured."""
        return f"{self.data}, {self.data.size} {self._noun}"

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
            scores = self._evaluation.over(
                wanted, total=distribute.sum_over_ranks, on_batch=on_batch, place=self.data.place, data=self.data
            )
        except tf.errors.OpError as error:
            remaining = range(rank + ranks * done, self.data.size, ranks)
            raise explain_data_error(error, self.data, remaining) or error from error
        ended = distribute.sum_over_ranks(np.array([float(asked_to_end())]))[0] > 0
        return None if ended else scores


def score(scoring: Scoring, moved: Callable[[], None] = lambda: None) -> Scores:
    """The measures over one pass, with a bar; the same on all ranks. `moved` is called after a batch. Raises Stop."""

    def on_batch(examples: int) -> None:
        moved()
        passing.advance(examples)

    with Passing(scoring.size, "evaluating") as passing:
        scores = scoring.run(on_batch)
    assert scores is not None
    return scores
