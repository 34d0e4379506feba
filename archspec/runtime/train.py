"""Training, from a program and data to a run's folder; readable from top to bottom."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from archspec.compiler.language.forms.data import Data
from archspec.compiler.language.forms.sections import Train
from archspec.compiler.language.values import Duration
from archspec.diagnostics import Stop, stop
from archspec.rendering import show
from archspec.runtime import distribute
from archspec.runtime.begin import begin
from archspec.runtime.checkpoint import Best
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.labels import check_labels
from archspec.runtime.data.open import open_data
from archspec.runtime.data.views import numbered_as
from archspec.runtime.ends import picture_shapes
from archspec.runtime.evaluate import Scores, classes, measures
from archspec.runtime.failures import with_enough_memory
from archspec.runtime.labels import in_order_of
from archspec.runtime.log import Log
from archspec.runtime.loop import EVALUATION, Plan, run_steps
from archspec.runtime.lower import lower
from archspec.runtime.optimize import Length
from archspec.runtime.preprocess.apply import Preparation
from archspec.runtime.progress import Report
from archspec.runtime.run import Given, Run
from archspec.runtime.saving import Saving
from archspec.runtime.score import Passing, Scoring
from archspec.runtime.settings import fingerprint, settings, spelled_out
from archspec.runtime.step import Step
from archspec.runtime.stopping import Stopping
from archspec.runtime.waiting import Waiting

if TYPE_CHECKING:
    from archspec.compiler.program import Program


@dataclass(frozen=True)
class Options:
    """What the command line says beside the spec."""

    run: Path
    data: str | None = None
    resume: bool = False
    deterministic: bool = False
    evaluate: bool = True
    save: Duration | None = None
    score: Duration | None = None
    form: str = "text"
    given: Given = field(default_factory=Given)


@dataclass(frozen=True)
class Outcome:
    """How training ended: the first and the last step, the signal that asked for it, and the last numbers."""

    start: int
    step: int
    total: int
    stopped_by: str
    numbers: dict[str, Any]
    scores: Scores | None


def train(program: Program, options: Options) -> Outcome:
    """Train a program's network; raises Stop for everything the user can mend."""
    with distribute.together(), with_enough_memory(program), Waiting() as waiting:
        return _train(program, options, waiting)


def _train(program: Program, options: Options, waiting: Waiting) -> Outcome:
    distribute.check_agreement("spec or setting", spelled_out(program, options.score))
    # As long as it takes: millions of records are indexed here, once.
    with waiting.until("a first look at the data", limit=math.inf):
        plan = _plan(program, options)
        found, total = settings(program, plan.data), plan.length.steps
        held_out = None if plan.scoring is None else fingerprint(plan.scoring.data)
    distribute.check_agreement("data set", repr((found, held_out)))
    start = begin(plan.run, program, plan.data, found, plan.state, options.resume, options.given)
    with Stopping() as stopping, Report(total, start, options.form, distribute.rank() == 0) as report:
        step, numbers = run_steps(plan, start, report, stopping, waiting)
    if step < total:
        return Outcome(start, step, total, stopping.asked or "a signal to another rank", numbers, None)
    if distribute.sum_over_ranks(np.array([float(bool(stopping.asked))]))[0] > 0:
        # Asked to end while the last checkpoint was written: the evaluation is left out.
        return Outcome(start, step, total, stopping.asked or "a signal to another rank", numbers, None)
    return Outcome(start, step, total, "", numbers, _last_scores(plan, step, waiting))


def _plan(program: Program, options: Options) -> Plan:
    """Everything that the steps need; what is wrong with the data or the sections is found here. Raises Stop."""
    section = _section(program)
    distribute.check_divides(section.batch)
    if options.deterministic:
        tf.config.experimental.enable_op_determinism()
    tf.keras.utils.set_random_seed(section.seed % 2**32)
    data = _opened(program, section.data, options.data, "train")
    held_out = _held_out(program, options) if options.evaluate else None
    if held_out is not None and data.classes is not None:
        held_out = in_order_of(held_out, data.classes, str(data))
    elif held_out is not None:
        held_out = numbered_as(held_out, data.class_names)
    Preparation(data.features, section.preprocess, picture_shapes(program.graph, data.features))
    for form in section.losses.values():
        check_labels(data, classes(program.graph, form.tensors[0]))
    length, run = _length(section, data), Run(options.run)
    state = Step(lower(program.graph, seed=section.seed), section, length)
    scoring, every = None, None
    if held_out is not None and program.eval is not None:
        scoring = Scoring(state.network, measures(program), program.eval, held_out, program.eval.batch)
        every = options.score or program.eval.every
    log = Log(run)
    best = _best(program) if scoring is not None else None
    saving = Saving(run, log, state, options.save or section.save, length, section.keep, best)
    return Plan(run, log, state, data, length, saving, scoring, every)


def _best(program: Program) -> Best | None:
    """The metric whose best checkpoint is kept: the one that the spec names, else its first."""
    metrics = program.eval.metrics if program.eval is not None else {}
    name = (program.train.best if program.train is not None else None) or next(iter(metrics), None)
    return None if name is None else Best(name, lowest=not metrics[name].LARGER_IS_BETTER)


def _section(program: Program) -> Train:
    if program.train is None:
        help = "add a train section: losses, optimizer, batch, and epochs or steps"
        raise stop("AS603", f"{program.file} has no train section, which says how to train", help=help)
    return program.train


def _held_out(program: Program, options: Options) -> Dataset | None:
    """The data of the eval section; what is wrong with it is said before training, not after."""
    section = program.eval
    if section is None:
        return None
    try:
        whole = section.data is not None and options.data is None
        data = _opened(program, section.data or _section(program).data, options.data, "eval", whole)
    except Stop as problem:
        said = [
            replace(d, help=f"{d.help or 'repair it'}; --no-eval leaves evaluation out") for d in problem.diagnostics
        ]
        raise Stop(*said) from None
    Preparation(data.features, section.preprocess, picture_shapes(program.graph, data.features))
    for measure in measures(program).values():
        check_labels(data, classes(program.graph, measure.endpoint))
    return data


def _opened(program: Program, form: Data, argument: str | None, split: str, whole: bool = False) -> Dataset:
    with distribute.first_alone():
        data = open_data(form, argument, split, base=str(Path(program.file).parent), whole=whole)
    if distribute.rank() == 0:
        show(data.warnings, "text", sys.stderr)
    return data


def _length(section: Train, data: Dataset) -> Length:
    per_epoch = data.size / section.batch
    lengths = [section.steps] if section.steps is not None else []
    if section.epochs is not None:
        lengths.append(max(1, math.ceil(section.epochs * per_epoch)))
    if not lengths:
        help = "say epochs or steps in the spec, or --epochs, --steps"
        raise stop("AS604", "nothing says how long to train", help=help)
    return Length(min(lengths), per_epoch)


def _last_scores(plan: Plan, step: int, waiting: Waiting) -> Scores | None:
    """What the trained network gets right, with a bar of its own; written down too."""
    if plan.scoring is None:
        return None
    what = "the images of the last evaluation"
    with plan.state.averaged(), Passing(plan.scoring.size) as passing, waiting.until(what, ending=EVALUATION) as moved:

        def on_batch(examples: int) -> None:
            moved()
            passing.advance(examples)

        scores = plan.scoring.run(on_batch)
    assert scores is not None
    plan.log.scores(step, scores.values)
    plan.saving.scored(step, scores.values)
    return scores
