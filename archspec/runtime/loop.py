"""The steps of a training one after the other, with what happens between them: numbers, checkpoints, evaluations."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from archspec.compiler.language.values import Duration
from archspec.runtime import checkpoint, distribute
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.pipeline import training_batches
from archspec.runtime.ends import image_shape
from archspec.runtime.failures import data_error, diverged, not_finite
from archspec.runtime.log import Log
from archspec.runtime.optimize import Length
from archspec.runtime.progress import Report
from archspec.runtime.run import Run
from archspec.runtime.score import Scoring
from archspec.runtime.step import Step
from archspec.runtime.stopping import Stopping


@dataclass(frozen=True)
class Plan:
    """What the steps need: where to write, what changes, on what, how long, and the time between checkpoints.

    `scoring` evaluates after every `score_every`, where that is not None.
    """

    run: Run
    log: Log
    state: Step
    data: Dataset
    length: Length
    save_every: Duration
    scoring: Scoring | None
    score_every: Duration | None


def run_steps(plan: Plan, start: int, report: Report, stopping: Stopping) -> tuple[int, dict[str, Any]]:
    """Run the steps after `start`, until the last one or a signal; (the last one done, its numbers). Raises Stop."""
    length, batches, clock, numbers, step = plan.length, _batches(plan, start), Clock(), {}, start
    saved = time.monotonic()
    while step < length.steps:
        made = _one(plan, batches, step, stopping)
        step, ends = step + 1, made["stop"] > 0
        clock.images += plan.state.train.batch
        if step <= 1000 or step % 10 == 0 or step in (start + 1, length.steps) or ends:
            numbers = _numbers(made, step, length, clock)
            plan.log.step(numbers)
            report.step(numbers)
        if step == start + 1:
            clock.restart()
        if _save_is_due(plan, step, saved) or step == length.steps or ends:
            _save(plan)
            saved = time.monotonic()
        if ends:
            # horovodrun ends all ranks when one ends with an error, so none may go before the checkpoint is whole.
            distribute.barrier()
            break
        if plan.score_every is not None and length.due(plan.score_every, step) and step < length.steps:
            with clock.stopped():
                _score(plan, step, report, stopping)
    return step, numbers


def _save_is_due(plan: Plan, step: int, saved: float) -> bool:
    """Whether the time between checkpoints is over, in steps or in minutes since the last one."""
    if plan.save_every.unit == "minutes":
        return time.monotonic() - saved >= 60 * plan.save_every.amount
    return plan.length.due(plan.save_every, step)


class Clock:
    """The time of training steps and their images: from the second step on, since the first builds the graph."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin again from now."""
        self._began, self.images = time.perf_counter(), 0

    def seconds(self) -> float:
        """The time that was not stopped."""
        return time.perf_counter() - self._began

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """A block whose time does not count."""
        began = time.perf_counter()
        yield
        self._began += time.perf_counter() - began


def _batches(plan: Plan, start: int) -> Any:
    section = plan.state.train
    return iter(
        training_batches(
            plan.data,
            section.preprocess,
            image_shape(plan.state.network.graph),
            section.batch,
            rank=distribute.rank(),
            ranks=distribute.size(),
            seed=section.seed,
            start_step=start,
            deterministic=True,
        )
    )


def _one(plan: Plan, batches: Any, step: int, stopping: Stopping) -> dict[str, float]:
    """One step's numbers; raises Stop where the data, the loss or another rank fails."""
    state = plan.state
    seed = tf.constant([state.train.seed % 2**31, step * distribute.size() + distribute.rank()], tf.int32)
    try:
        batch = next(batches)
        asked = tf.constant(1.0 if stopping.asked else 0.0)
        made = {name: float(value) for name, value in state.run(batch["image"], batch["label"], seed, asked).items()}
    except tf.errors.OpError as problem:
        raise distribute.lost_rank(problem) or data_error(problem, plan.data, state, step) or problem from problem
    if not (math.isfinite(made["loss"]) and math.isfinite(made["gradient_norm"])):
        raise not_finite(state, batch["image"], seed, step + 1, made["loss"])
    return made


def _numbers(made: dict[str, float], step: int, length: Length, clock: Clock) -> dict[str, Any]:
    seconds = clock.seconds()
    shown = {name: value for name, value in made.items() if name != "stop"}
    speed = {"images_per_second": round(clock.images / max(seconds, 1e-9), 2), "seconds": round(seconds, 3)}
    return {"step": step, "epoch": round(step / length.steps_per_epoch, 4), **shown, **speed}


def save(run: Run, state: Step) -> None:
    """Write a checkpoint; raises Stop where it cannot be written, or a value in it is not finite."""
    tensors = {name: np.asarray(tf.convert_to_tensor(v)) for name, v in state.state().items()}
    bad = next((name for name, value in tensors.items() if not np.isfinite(value).all()), None)
    if bad is not None:
        raise diverged(state, f"step {state.steps_done} has made {bad} infinite or NaN", bad)
    meta = {"batch": state.train.batch, "seed": state.train.seed, "position": state.steps_done * state.train.batch}
    checkpoint.save(run.folder, state.steps_done, tensors, meta)


def _save(plan: Plan) -> None:
    if distribute.rank() == 0:
        save(plan.run, plan.state)
        plan.log.flush()


def _score(plan: Plan, step: int, report: Report, stopping: Stopping) -> None:
    """Evaluate between two steps; nothing comes of it where training has been asked to end."""
    assert plan.scoring is not None
    with plan.state.averaged(), report.scoring(plan.scoring.size) as advance:
        scores = plan.scoring.run(advance, lambda: bool(stopping.asked))
    if scores is not None:
        plan.log.scores(step, scores.values)
        report.scores(step, scores.values)
