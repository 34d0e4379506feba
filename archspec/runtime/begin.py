"""The state that training begins with: new, of another checkpoint's weights, or of the run that goes on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from archspec.compiler.expand.names import means
from archspec.diagnostics import Diagnostic, Note, Stop, stop
from archspec.rendering import report
from archspec.runtime import checkpoint, distribute
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.ends import node_path
from archspec.runtime.restore import restore, warn_of_damage
from archspec.runtime.run import Given, Run
from archspec.runtime.step import Step, frozen

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
            _initialize(state)
            run.begin(program, settings, _names(program, data), given)
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


def _initialize(state: Step) -> None:
    """Start from the weights of another checkpoint, where the spec says so; all that fit or none."""
    wish, network = state.train.initialize, state.network
    if wish is None:
        return
    skip = [name for name in network.table if frozen(network, name, wish.skip) or _named(name, wish.skip)]
    try:
        restore(network, wish.checkpoint, skip=skip)
    except Stop as problem:
        raise _with_remedy(problem) from None
    for name, average in state.averages.items():
        average.assign(network.table[name].value)


def _named(variable: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern names a variable itself, or what is above it in TF-Slim's names."""
    return any(means(pattern, variable) for pattern in patterns)


def _with_remedy(problem: Stop) -> Stop:
    """The same, with the spec's way to leave out what does not fit."""
    first, *others = problem.diagnostics
    if first.code != "AS721" or not first.notes:
        # Where another name is all there is to it, nothing should start fresh.
        return problem
    help = f"name layers that should start fresh under `initialize: {{…, skip: […]}}`; otherwise {first.help}"
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
