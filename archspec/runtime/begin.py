"""The state that training begins with: new, of another checkpoint's weights, or of the run that goes on."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from archspec.diagnostics import Diagnostic, Note, Stop, stop
from archspec.rendering import report
from archspec.runtime import checkpoint, distribute
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.ends import node_path
from archspec.runtime.restore import load, opened
from archspec.runtime.run import Given, Initialized, Run
from archspec.runtime.step import Step
from archspec.runtime.weights.read import warn_of_damage
from archspec.weights.fitting import fitted
from archspec.weights.transfer import Selection

if TYPE_CHECKING:
    from archspec.compiler.program import Program

_NOTHING_GIVEN = Given()


def begin(
    run: Run,
    program: Program,
    data: Dataset,
    settings: dict[str, str],
    state: Step,
    resume: bool,
    given: Given = _NOTHING_GIVEN,
) -> int:
    """Make the run's folder, or go on from its newest checkpoint, the same on all ranks; the step to start at."""
    if distribute.rank() == 0:
        if resume:
            run.check_same(settings, _names(program, data) or ())
            run.hold()
            _resume(state, run)
        else:
            run.hold()
            run.check_new()
            initialized = _initialize(state)
            run.begin(program, settings, _names(program, data), given)
            if initialized is not None:
                run.note_weights(initialized)
    distribute.barrier()
    distribute.broadcast(list(state.state().values()))
    return state.steps_done


def _names(program: Program, data: Dataset) -> tuple[str, ...] | None:
    """A name for every class of the network, where the data has names."""
    if data.classes is None or program.train is None:
        return None
    forms, graph = program.train.losses.values(), program.graph
    shapes = [(form, [graph.shape(node_path(graph, name)) for name in form.tensors]) for form in forms]
    counts = [count for form, sizes in shapes if (count := form.classes(sizes)) is not None]
    count = counts[0] if counts else len(data.classes)
    return (*data.classes, *(f"class {i}" for i in range(len(data.classes), count)))


def _initialize(state: Step) -> Initialized | None:
    """Start from the weights of another checkpoint, where the spec says so; what became of each variable then.

    All that is declared is taken, or nothing. Raises Stop.
    """
    wish, network = state.train.initialize, state.network
    if wish is None:
        return None
    selection = Selection(wish.only, wish.skip, wish.reinit, strict=True)
    try:
        weights = opened(wish.checkpoint, wish.map, network.graph.name)
        found = fitted(network.graph, weights, selection)
    except Stop as problem:
        raise _with_remedy(problem) from None
    load(network, weights, found)
    for name, average in state.averages.items():
        average.assign(network.table[name].value)
    return Initialized(wish.checkpoint, found.counts, found.fates(weights))


def _with_remedy(problem: Stop) -> Stop:
    """The same, with the spec's way to leave out what does not fit."""
    first, *others = problem.diagnostics
    if first.code != "AS721" or not first.notes:
        # Where another name is all there is to it, nothing should start fresh.
        return problem
    help = (
        "name layers that should start fresh under `initialize: {…, reinit: […]}`, and what of the checkpoint is not "
        f"wanted under `skip`; otherwise {first.help}"
    )
    return Stop(replace(first, help=help), *others)


def _resume(state: Step, run: Run) -> None:
    """Go on from the newest whole checkpoint; damaged ones that are newer are set aside, with a warning."""
    saved = run.newest()
    warn_of_damage(saved.path, saved.passed_over)
    _restore(state, saved)
    for path in checkpoint.checkpoints(run.folder):
        if checkpoint.step_of(path) > saved.step:
            checkpoint.set_aside(path)
    run.forget_after(state.steps_done)
    _warn_of_rate(state, saved)


def _warn_of_rate(state: Step, saved: checkpoint.Checkpoint) -> None:
    """Say that the learning rate jumps, because its schedule counts from another length of the training."""
    before, now = saved.meta.get("rate"), state.rate
    if not isinstance(before, float) or abs(now - before) <= 1e-3 * max(now, before):
        return
    message = f"the learning rate goes on at {now:.3g} instead of {before:.3g} after step {saved.step}"
    note = Note("its schedule is stretched over the whole training, whose length has changed")
    help = (
        "to keep the rate low, say the schedule's own length (`over: … steps`) before the first training; "
        f"or start another run with `initialize: {{checkpoint: {os.path.abspath(saved.path)}}}` and a small rate"
    )
    report([Diagnostic("AS739", message, notes=(note,), help=help, severity="warning")])


def _restore(state: Step, saved: checkpoint.Checkpoint) -> None:
    variables = state.state()
    wrong = [n for n, v in variables.items() if n not in saved.tensors or saved.tensors[n].shape != tuple(v.shape)]
    if wrong:
        help = "resume with the spec the run was made from"
        raise stop("AS724", f"{saved.path} lacks {len(wrong)} values of this training, such as {wrong[0]}", help=help)
    for name, variable in variables.items():
        variable.assign(saved.tensors[name])
