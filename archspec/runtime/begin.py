"""The state that training begins with: new, of another checkpoint's weights, or of the run that goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from archspec.diagnostics import Stop, stop
from archspec.runtime import checkpoint, distribute
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.evaluate import classes
from archspec.runtime.restore import restore
from archspec.runtime.run import Run
from archspec.runtime.step import Step, frozen

if TYPE_CHECKING:
    from archspec.compiler.program import Program


def begin(run: Run, program: Program, data: Dataset, settings: dict[str, str], state: Step, resume: bool) -> int:
    """Make the run's folder, or go on from its newest checkpoint, the same on all ranks; the step to start at."""
    if distribute.rank() == 0:
        if resume:
            run.check_same(settings)
            run.hold()
            _restore(state, run.newest())
            run.forget_after(state.steps_done)
        else:
            run.hold()
            run.check_new()
            _initialize(state)
            run.begin(program, data, settings, _names(program, data))
    distribute.barrier()
    distribute.broadcast(list(state.state().values()))
    return state.steps_done


def _names(program: Program, data: Dataset) -> tuple[str, ...] | None:
    """A name for every class of the network, where the data has names."""
    if data.classes is None or program.train is None:
        return None
    main = next(iter(program.train.losses.values()))
    count = classes(program.graph, main.tensors[0])
    return (*data.classes, *(f"class {i}" for i in range(len(data.classes), count)))


def _initialize(state: Step) -> None:
    """Start from the weights of another checkpoint, where the spec says so; all that fit or none."""
    wish, network = state.train.initialize, state.network
    if wish is None:
        return
    skip = [name for name in network.table if frozen(network, name, wish.skip)]
    try:
        restore(network, wish.checkpoint, skip=skip)
    except Stop as problem:
        raise _with_remedy(problem) from None
    for name, average in state.averages.items():
        average.assign(network.table[name].value)


def _with_remedy(problem: Stop) -> Stop:
    """The same, with the spec's way to leave out what does not fit."""
    first, *others = problem.diagnostics
    if first.code != "AS721":
        return problem
    help = f"name layers that should start fresh under `initialize: {{…, skip: […]}}`; otherwise {first.help}"
    return Stop(replace(first, help=help), *others)


def _restore(state: Step, saved: checkpoint.Checkpoint) -> None:
    variables = state.state()
    wrong = [n for n, v in variables.items() if n not in saved.tensors or saved.tensors[n].shape != tuple(v.shape)]
    if wrong:
        help = "resume with the spec the run was made from"
        raise stop("AS724", f"{saved.path} lacks {len(wrong)} values of this training, such as {wrong[0]}", help=help)
    for name, variable in variables.items():
        variable.assign(saved.tensors[name])
