"""The checkpoints of a training: when they are due, what is in them, and the last one where training fails."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import tensorflow as tf

from archspec.compiler.language.values import Duration
from archspec.diagnostics import Note, Stop
from archspec.runtime import checkpoint, distribute
from archspec.runtime.failures import diverged
from archspec.runtime.log import Log
from archspec.runtime.optimize import Length
from archspec.runtime.run import Run
from archspec.runtime.step import Step

_SECONDS = 120.0
"""The longest time without a checkpoint where the spec counts steps or epochs."""

_COST = 50
"""Between two checkpoints by time passes so many times what the last one took: they cost at most 2 %."""


class Saving:
    """Writes a run's checkpoints, on the first rank; `best` and `keep` are as in checkpoint.save."""

    def __init__(
        self,
        run: Run,
        log: Log,
        state: Step,
        every: Duration,
        length: Length,
        keep: int = 5,
        best: checkpoint.Best | None = None,
    ) -> None:
        self.run, self._log, self._state = run, log, state
        self._every, self._length, self._keep, self._best = every, length, keep, best
        self._seconds = every.amount * 60 if every.unit == "minutes" else _SECONDS
        self._saved, self._last = -1, time.monotonic()

    def begin(self, step: int) -> None:
        """Training begins after this step, which needs no checkpoint any more."""
        self._saved, self._last = step, time.monotonic()

    def due(self, step: int) -> bool:
        """Whether a checkpoint is due after this step; every rank says the same."""
        return self._every.unit != "minutes" and self._length.due(self._every, step)

    def wanted(self) -> bool:
        """Whether it is time for one by the first rank's clock."""
        return distribute.rank() == 0 and time.monotonic() - self._last >= self._seconds

    def save(self) -> None:
        """Write the checkpoint of the steps that are done, unless it is there; raises Stop where it cannot be."""
        step = self._state.steps_done
        if distribute.rank() > 0 or step == self._saved:
            return
        began = time.monotonic()
        self._log.flush()
        save(self.run, self._state, self._keep, self._best)
        self._saved, self._last = step, time.monotonic()
        if self._every.unit != "minutes":
            self._seconds = max(_SECONDS, _COST * (self._last - began))

    def scored(self, step: int, scores: dict[str, float]) -> None:
        """Write down beside the checkpoint of a step what an evaluation found; raises Stop."""
        if distribute.rank() == 0:
            checkpoint.add_scores(self.run.folder, step, scores, self._keep, self._best)

    @contextmanager
    def rescuing(self) -> Iterator[None]:
        """A block that saves the steps that are whole when it fails, also where the first rank has gone."""
        try:
            yield
        except Stop as problem:
            raise self._rescued(problem) from None
        except Exception:
            self.rescue()
            raise

    def _rescued(self, problem: Stop) -> Stop:
        """The same failure, with what became of the steps before."""
        first, *others = problem.diagnostics
        try:
            saved = self.rescue()
        except Stop as second:
            return Stop(first, *others, *second.diagnostics, exit_code=problem.exit_code)
        note = Note(f"the state after step {saved} is saved; --resume goes on from there")
        notes = (*first.notes, note) if saved else first.notes
        return Stop(replace(first, notes=notes), *others, exit_code=problem.exit_code)

    def rescue(self) -> int:
        """Save what is good and not yet saved; its step, 0 where nothing is saved. Raises Stop."""
        step = self._state.steps_done
        if step in (0, self._saved) or not _is_finite(self._state):
            return 0
        if distribute.rank() > 0 and not self.run.take_over(step):
            return 0
        save(self.run, self._state, self._keep, self._best)
        return step


def save(run: Run, state: Step, keep: int = 5, best: checkpoint.Best | None = None) -> None:
    """Write a checkpoint; raises Stop where it cannot be written, or a value in it is not finite."""
    tensors = _tensors(state)
    bad = next((name for name, value in tensors.items() if not np.isfinite(value).all()), None)
    if bad is not None:
        raise diverged(state, f"step {state.steps_done} has made {bad} infinite or NaN", bad)
    meta = {
        "batch": state.train.batch,
        "seed": state.train.seed,
        "position": state.steps_done * state.train.batch,
        "rate": state.rate,
    }
    checkpoint.save(run.folder, state.steps_done, tensors, meta, keep, best)


def _tensors(state: Step) -> dict[str, np.ndarray]:
    return {name: np.asarray(tf.convert_to_tensor(value)) for name, value in state.state().items()}


def _is_finite(state: Step) -> bool:
    return all(np.isfinite(value).all() for value in _tensors(state).values())
