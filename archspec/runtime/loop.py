"""The steps of a training one after the other, with what happens between them: numbers, checkpoints, evaluations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from archspec.compiler.language.values import Duration
from archspec.runtime import distribute
from archspec.runtime.clock import Clock
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.pipeline import training_batches
from archspec.runtime.ends import picture_shapes
from archspec.runtime.evaluate import Scores
from archspec.runtime.failures import data_error, not_finite, outside
from archspec.runtime.log import Log
from archspec.runtime.optimize import Length
from archspec.runtime.patience import Patience
from archspec.runtime.progress import Report
from archspec.runtime.run import Run
from archspec.runtime.saving import Saving
from archspec.runtime.score import Scoring
from archspec.runtime.step import SIGNALS, Step
from archspec.runtime.stopping import Stopping
from archspec.runtime.waiting import Waiting

EVALUATION = 60.0
"""Seconds that a batch of an evaluation may still take when training was asked to end."""


@dataclass(frozen=True)
class Plan:
    """What the steps need: where to write, what changes, on what, how long, and when it is saved.

    `scoring` evaluates after every `score_every`, where that is not None.
    """

    run: Run
    log: Log
    state: Step
    data: Dataset
    length: Length
    saving: Saving
    scoring: Scoring | None
    score_every: Duration | None
    patience: Patience


@dataclass(frozen=True)
class Ended:
    """The last step that was done and its numbers; why it was the last, where evaluation got no better."""

    step: int
    numbers: dict[str, Any]
    early: str = ""
    scores: Scores | None = None


def run_steps(plan: Plan, start: int, report: Report, stopping: Stopping, waiting: Waiting) -> Ended:
    """Run the steps after `start`, until the last one, a signal, or early stopping. Raises Stop.

    What is saved when a step fails is the state after the last whole one.
    """
    length, batches, clock, numbers, step = plan.length, _batches(plan, start), Clock(), {}, start
    saving = plan.saving
    saving.begin(start)
    waiting.save = saving.rescue
    with saving.rescuing():
        # An evaluation that was due when the training was ended comes first.
        owed = _score_due(plan, start) and not _evaluated(plan, start)
        scores = _score(plan, start, report, stopping, waiting) if owed else None
        early, ends = plan.patience.over(), owed and scores is None
        ends = ends or bool(early)
        while step < length.steps and not ends:
            made = _one(plan, batches, step, stopping, waiting)
            step, ends = step + 1, made["stop"] > 0
            clock.count(plan.state.train.batch)
            logged = step <= 1000 or step % 10 == 0 or step == length.steps
            if logged or step == start + 1 or ends:
                numbers = _numbers(made, step, length, clock)
                report.step(numbers)
                if logged:
                    # The same lines as in a training that is not interrupted.
                    plan.log.step(numbers)
            if step == start + 1:
                clock.restart()
            score_due = _score_due(plan, step) and not ends
            if saving.due(step) or made["save"] > 0 or step == length.steps or ends or score_due:
                saving.save()
            if score_due:
                with clock.stopped():
                    scores = _score(plan, step, report, stopping, waiting)
                early = plan.patience.over()
                ends = scores is None or bool(early)
    if ends:
        # horovodrun ends all ranks when one ends with an error, so none may go before the checkpoint is whole.
        distribute.barrier()
    return Ended(step, numbers, early, scores)


def _score_due(plan: Plan, step: int) -> bool:
    """Whether an evaluation is due after a step; the one after the last step is train's."""
    every = plan.score_every
    return every is not None and 0 < step < plan.length.steps and plan.length.due(every, step)


def _evaluated(plan: Plan, step: int) -> bool:
    """Whether the run has an evaluation after a step already, as the first rank knows."""
    mine = distribute.rank() == 0 and plan.run.evaluated(step)
    return bool(distribute.sum_over_ranks(np.array([float(mine)]))[0] > 0)


def _batches(plan: Plan, start: int) -> Any:
    section = plan.state.train
    return iter(
        training_batches(
            plan.data,
            section.preprocess,
            picture_shapes(plan.state.network.graph, plan.data.features),
            section.batch,
            rank=distribute.rank(),
            ranks=distribute.size(),
            seed=section.seed,
            batches=section.data.batches,
            start_step=start,
            deterministic=True,
        )
    )


def _one(plan: Plan, batches: Any, step: int, stopping: Stopping, waiting: Waiting) -> dict[str, float]:
    """One step's numbers; raises Stop where the data, the loss or another rank fails."""
    state = plan.state
    seed = tf.constant([state.train.seed % 2**31, step * distribute.size() + distribute.rank()], tf.int32)
    try:
        with waiting.until(f"the images of step {step + 1}"):
            batch = next(batches)
        asked = tf.constant([float(bool(stopping.asked)), float(plan.saving.wanted())])
        with waiting.others(f"step {step + 1}"):
            made = state.run(batch, seed, asked)
    except tf.errors.ResourceExhaustedError:
        raise
    except tf.errors.OpError as problem:
        raise distribute.lost_rank(problem) or data_error(problem, plan.data, state, step) or problem from problem
    if made["outside"]:
        raise outside(state, plan.data, batch, step + 1)
    if not (math.isfinite(made["loss"]) and math.isfinite(made["gradient_norm"])):
        raise not_finite(state, batch, seed, step + 1, made["loss"])
    return made


def _numbers(made: dict[str, float], step: int, length: Length, clock: Clock) -> dict[str, Any]:
    shown = {name: value for name, value in made.items() if name not in SIGNALS}
    speed = {"images_per_second": round(clock.images_per_second(), 2), "seconds": round(clock.seconds(), 3)}
    return {"step": step, "epoch": round(step / length.steps_per_epoch, 4), **shown, **speed}


def _score(plan: Plan, step: int, report: Report, stopping: Stopping, waiting: Waiting) -> Scores | None:
    """Evaluate between two steps; None where training has been asked to end before that was done."""
    assert plan.scoring is not None
    what = f"the images of the evaluation after step {step}"
    with (
        plan.state.averaged(),
        report.scoring(plan.scoring.size) as advance,
        waiting.until(what, ending=EVALUATION) as moved,
    ):

        def on_batch(examples: int) -> None:
            moved()
            advance(examples)

        scores = plan.scoring.run(on_batch, lambda: bool(stopping.asked))
    if scores is None:
        return None
    plan.log.scores(step, scores.values)
    plan.saving.scored(step, scores.values)
    report.scores(step, str(plan.scoring), scores.values)
    return scores
