"""Early stopping: whether evaluation has become better lately, from what the run's log says of all its evaluations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from archspec.compiler.language.forms.sections import EarlyStopping
from archspec.runtime import distribute
from archspec.runtime.checkpoint import Best
from archspec.runtime.run import Run


class Patience:
    """Says when a training should end, also where it has been interrupted: it asks the log, and remembers nothing."""

    def __init__(self, run: Run, wish: EarlyStopping | None, best: Best | None) -> None:
        self._run, self._wish, self._best = run, wish, best

    def over(self) -> str:
        """Why training should end after the evaluations so far, on every rank; empty where it should go on."""
        if self._wish is None or self._best is None:
            return ""
        mine = 0
        if distribute.rank() == 0:
            mine = since_the_best(self._run.scores(self._best.metric), self._best.lowest, self._wish.least)
        count = round(float(distribute.sum_over_ranks(np.array([float(mine)]))[0]))
        if count < self._wish.patience:
            return ""
        return f"{self._best.metric} has not become better in {count} evaluation{'s' if count > 1 else ''}"


def since_the_best(values: Sequence[float], lowest: bool, least: float) -> int:
    """How many values have come since the last one that was better than all before it, by more than `least`."""
    best, since = -np.inf, 0
    for value in values:
        gain = -value if lowest else value
        best, since = (gain, 0) if gain > best + least else (best, since + 1)
    return since
