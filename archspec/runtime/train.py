"""Training, from a program and data to a run's folder; readable from top to bottom."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from archspec.compiler.language.forms.sections import Evaluate, Train
from archspec.compiler.language.values import Duration
from archspec.compiler.rules.slow_norm import slow_norms
from archspec.compiler.training.places import Places
from archspec.compiler.training.schedules import late_changes
from archspec.diagnostics import Diagnostic, Stop, stop
from archspec.rendering import report as show_findings
from archspec.runtime import distribute
from archspec.runtime.begin import begin
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.open import from_folder, section_data
from archspec.runtime.data.views import numbered_as
from archspec.runtime.evaluate import Scores
from archspec.runtime.failures import with_enough_memory
from archspec.runtime.fit import check_fit, trained_on_too
from archspec.runtime.introduction import introduction
from archspec.runtime.log import Log
from archspec.runtime.loop import EVALUATION, Plan, run_steps
from archspec.runtime.lower import lower
from archspec.runtime.measures import best_of, measures
from archspec.runtime.memory import check_memory
from archspec.runtime.optimize import Length
from archspec.runtime.patience import Patience
from archspec.runtime.progress import Report
from archspec.runtime.run import Given, Run
from archspec.runtime.saving import Saving
from archspec.runtime.score import Scoring, score
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
    """How training ended: the first and the last step, the signal that asked for it, and the last numbers.

    `early` is the sentence of early stopping, empty where training came to its end; `evaluated` says on what.
    """

    start: int
    step: int
    total: int
    stopped_by: str
    numbers: dict[str, Any]
    scores: Scores | None
    early: str = ""
    evaluated: str = ""


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
    with Stopping() as stopping, _report(plan, start, options) as report, waiting.telling(report.ending):
        report.introduce(introduction(program, plan, start))
        ended = run_steps(plan, start, report, stopping, waiting)
    outcome = Outcome(start, ended.step, total, "", ended.numbers, ended.scores, ended.early, str(plan.scoring or ""))
    asked = distribute.sum_over_ranks(np.array([float(bool(stopping.asked))]))[0] > 0
    if not ended.early and (ended.step < total or asked):
        # Asked to end while the last checkpoint was written: the evaluation is left out.
        return replace(outcome, stopped_by=stopping.asked or "a signal to another rank", scores=None)
    return outcome if ended.early else replace(outcome, scores=_last_scores(plan, ended.step, waiting))


def _report(plan: Plan, start: int, options: Options) -> Report:
    length, first = plan.length, distribute.rank() == 0
    return Report(length.steps, start, options.form, first, length.steps / length.steps_per_epoch)


def _plan(program: Program, options: Options) -> Plan:
    """Everything that the steps need; what is wrong with the data or the sections is found here. Raises Stop."""
    section = _section(program)
    distribute.check_divides(section.batch)
    check_memory(program)
    if options.deterministic:
        tf.config.experimental.enable_op_determinism()
    tf.keras.utils.set_random_seed(section.seed % 2**32)
    data = _opened(program, "train", options.data)
    warnings = check_fit(program, data, section, section.losses)
    held_out = _held_out(program, program.eval, data, options) if options.evaluate and program.eval else None
    length, run = _length(section, data), Run(options.run)
    warnings += slow_norms(program.graph, section.freeze, length.steps)
    if _is_as_written(program, section):
        warnings += late_changes(section, length.steps, length.steps_per_epoch, Places(program.values, {}))
    if distribute.rank() == 0 and options.form == "text":
        show_findings([*warnings, *_shared(program, options, data, held_out)], program.sources)
    state = Step(lower(program.graph, seed=section.seed), section, length, data.features)
    scoring = None if held_out is None else _scoring(program, state, held_out)
    every = (options.score or program.eval.every) if scoring is not None and program.eval is not None else None
    log, best = Log(run), best_of(program) if scoring is not None else None
    saving = Saving(run, log, state, options.save or section.save, length, section.keep, best)
    return Plan(run, log, state, data, length, saving, scoring, every, Patience(run, section.early_stopping, best))


def _is_as_written(program: Program, section: Train) -> bool:
    """Whether the training's length is the spec's: who shortens it for once knows that its schedule is cut off."""
    written = {key: program.values[f"train.{key}"].value for key in ("steps", "epochs")}
    return written == {key: getattr(section, key) for key in written}


def _shared(program: Program, options: Options, data: Dataset, held_out: Dataset | None) -> list[Diagnostic]:
    """A warning where evaluation's own data is trained on too; what is held out of the training data is not."""
    own = program.eval is not None and program.eval.data is not None and options.data is None
    return trained_on_too(data, held_out) if own and held_out is not None else []


def _section(program: Program) -> Train:
    if program.train is None:
        help = "add a train section: losses, optimizer, batch, epochs or steps; one whose `when` is false is left out"
        raise stop("AS603", f"{program.file} has no train section, which says how to train", help=help)
    start, folder = program.train.initialize, os.path.dirname(program.file)
    return program.train.replace(initialize=from_folder(start, folder)) if start is not None else program.train


def _scoring(program: Program, state: Step, held_out: Dataset) -> Scoring:
    section = program.eval
    assert section is not None
    return Scoring(state.network, measures(program), section, held_out, section.batch)


def _held_out(program: Program, section: Evaluate, data: Dataset, options: Options) -> Dataset:
    """The data of the eval section; what is wrong with it is said before training, not after."""
    try:
        found = _opened(program, "eval", options.data, data)
        found = numbered_as(found, data.class_names, str(data))
        forms = {name: measure.form for name, measure in measures(program).items()}
        check_fit(program, found, section, forms)
    except Stop as problem:
        said = [
            replace(d, help=f"{d.help or 'repair it'}; --no-eval leaves evaluation out") for d in problem.diagnostics
        ]
        raise Stop(*said) from None
    return found


def _opened(program: Program, section: str, argument: str | None, beside: Dataset | None = None) -> Dataset:
    """The data of a section, with what was found about it, which may have been said of the data `beside` it already."""
    with distribute.first_alone():
        data = section_data(program, section, argument, section)
    if distribute.rank() == 0:
        said = beside.warnings if beside is not None else ()
        show_findings([each for each in data.warnings if each not in said], program.sources)
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
    with plan.state.averaged(), waiting.until(what, ending=EVALUATION) as moved:
        scores = score(plan.scoring, moved)
    plan.log.scores(step, scores.values)
    plan.saving.scored(step, scores.values)
    return scores
