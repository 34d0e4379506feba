"""Training, from a program and data to a run's folder; readable from top to bottom."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from archspec.compiler.forms.sections import Train
from archspec.compiler.types import Duration
from archspec.diagnostics import Stop, stop
from archspec.runtime import checkpoint, distribute
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.explain import explain_data_error
from archspec.runtime.data.labels import check_labels
from archspec.runtime.data.open import open_data
from archspec.runtime.data.order import step_indices
from archspec.runtime.data.pipeline import evaluation_batches, training_batches
from archspec.runtime.evaluate import Scores, classes, evaluate, measures
from archspec.runtime.lower import Network, first_non_finite, image_shape, lower
from archspec.runtime.optimize import Length
from archspec.runtime.progress import Report
from archspec.runtime.restore import open_weights
from archspec.runtime.run import Run, settings
from archspec.runtime.step import Step, frozen
from archspec.runtime.stopping import Stopping

if TYPE_CHECKING:
    from archspec.compiler.build import Program


@dataclass(frozen=True)
class Options:
    """What the command line says beside the spec."""

    run: Path
    data: str | None = None
    resume: bool = False
    deterministic: bool = False
    evaluate: bool = True
    save: Duration | None = None
    form: str = "text"


@dataclass(frozen=True)
class Outcome:
    """How training ended: the last step, whether a signal asked for it, the last numbers, and the evaluation's."""

    step: int
    total: int
    stopped_by: str
    numbers: dict[str, Any]
    scores: Scores | None


def train(program: Program, options: Options) -> Outcome:
    """Train a program's network; raises Stop for everything the user can mend."""
    section = _section(program)
    distribute.check_divides(section.batch)
    if options.deterministic:
        tf.config.experimental.enable_op_determinism()
    tf.keras.utils.set_random_seed(section.seed)
    data = _data(section, options)
    length = _length(section, data)
    network = lower(program.graph, seed=section.seed)
    for form in section.losses.values():
        check_labels(data, classes(program.graph, form.logits))  # type: ignore[attr-defined]
    state = Step(network, section, length)
    found = settings(program, data)
    distribute.check_agreement("spec, setting or data set", repr(found))
    run = Run(options.run)
    start = _prepare(run, program, data, found, state, options)
    with Stopping() as stopping:
        step, numbers = _loop(run, state, data, start, length, stopping, options)
    stopped = stopping.asked if step < length.steps else ""
    scores = _evaluate(program, state, options) if options.evaluate and step == length.steps else None
    if scores is not None and distribute.rank() == 0:
        run.log({"step": step, **{f"eval/{name}": value for name, value in scores.values.items()}})
    return Outcome(step, length.steps, stopped, numbers, scores)


def _section(program: Program) -> Train:
    if program.train is None:
        help = "add a train section: losses, optimizer, batch, and epochs or steps"
        raise stop("AS603", f"{program.file} has no train section, which says how to train", help=help)
    return program.train


def _data(section: Train, options: Options) -> Dataset:
    # The first rank makes what is not there yet; the others then find it.
    if distribute.rank() == 0:
        data = open_data(section.data, options.data, "train")
    distribute.barrier()
    if distribute.rank() != 0:
        data = open_data(section.data, options.data, "train")
    return data


def _length(section: Train, data: Dataset) -> Length:
    per_epoch = data.size / section.batch
    lengths = [section.steps] if section.steps is not None else []
    if section.epochs is not None:
        lengths.append(max(1, math.ceil(section.epochs * per_epoch)))
    if not lengths:
        raise stop(
            "AS604", "nothing says how long to train", help="say epochs or steps in the spec, or --epochs, --steps"
        )
    return Length(min(lengths), per_epoch)


def _prepare(run: Run, program: Program, data: Dataset, found: dict[str, str], state: Step, options: Options) -> int:
    """Make the run's folder, or go on from its newest checkpoint; the step to start at."""
    if distribute.rank() == 0:
        _check_folder(run, found, options.resume)
        if options.resume:
            _restore(state, run.newest())
            run.forget_after(state.steps_done)
        else:
            _initialize(state)
            run.begin(program, data, found, _names(program, data))
    distribute.barrier()
    distribute.broadcast(list(state.state().values()))
    return state.steps_done


def _check_folder(run: Run, found: dict[str, str], resume: bool) -> None:
    if not resume:
        run.check_new()
    elif run.folder.is_dir():
        run.check_same(found)
    else:
        raise stop("AS734", f"there is no run to resume in {run.folder}", help="leave out --resume")
    run.hold()


def _names(program: Program, data: Dataset) -> tuple[str, ...] | None:
    """A name for every class of the network, where the data has names."""
    if data.classes is None or program.train is None:
        return None
    main = next(iter(program.train.losses.values()))
    count = classes(program.graph, main.logits)  # type: ignore[attr-defined]
    return (*data.classes, *(f"class {i}" for i in range(len(data.classes), count)))


def _initialize(state: Step) -> None:
    """Start from the weights of another checkpoint, where the spec says so; all that fit or none."""
    wish, network = state.train.initialize, state.network
    if wish is None:
        return
    weights = open_weights(wish.checkpoint)
    names = [name for name in network.table if not (wish.skip and frozen(network, name, wish.skip))]
    bad = [
        name
        for name in names
        if weights.file.shapes.get(weights.file.averaged(name)) != tuple(network.table[name].shape)
    ]
    if bad:
        shown = ", ".join(bad[:10]) + (f" and {len(bad) - 10} more" if len(bad) > 10 else "")
        help = "name their layers under `initialize: {skip: […]}`, or use a checkpoint of this network"
        raise stop(
            "AS721", f"{wish.checkpoint} does not have, or has in another shape: {shown}; none was loaded", help=help
        )
    values = {name: np.asarray(weights.file.read(weights.file.averaged(name)), np.float32) for name in names}
    for name, value in values.items():
        network.table[name].assign(value)
        if name in state.averages:
            state.averages[name].assign(value)


def _restore(state: Step, saved: checkpoint.Checkpoint) -> None:
    variables = state.state()
    wrong = [n for n, v in variables.items() if n not in saved.tensors or saved.tensors[n].shape != tuple(v.shape)]
    if wrong:
        help = "resume with the spec the run was made from"
        raise stop("AS724", f"{saved.path} lacks {len(wrong)} values of this training, such as {wrong[0]}", help=help)
    for name, variable in variables.items():
        variable.assign(saved.tensors[name])


def _save(run: Run, state: Step) -> None:
    tensors = {name: np.asarray(tf.convert_to_tensor(v)) for name, v in state.state().items()}
    meta = {"batch": state.train.batch, "seed": state.train.seed, "position": state.steps_done * state.train.batch}
    checkpoint.save(run.folder, state.steps_done, tensors, meta)


def _loop(
    run: Run, state: Step, data: Dataset, start: int, length: Length, stopping: Stopping, options: Options
) -> tuple[int, dict[str, Any]]:
    """Run the steps; (the last one done, its numbers)."""
    first, section = distribute.rank() == 0, state.train
    batches = _batches(state, data, start, options)
    every = length.of(options.save or section.save)
    writer = tf.summary.create_file_writer(str(run.folder / "train")) if first else None
    began, timed, numbers, step = time.perf_counter(), start, {}, start
    with Report(length.steps, start, options.form, first) as report:
        while step < length.steps:
            made = _one(state, batches, data, step, stopping)
            step += 1
            if step <= 1000 or step % 10 == 0 or step in (start + 1, length.steps) or made["stop"] > 0:
                numbers = _numbers(made, step, length, began, section.batch * (step - timed))
                if step == start + 1:
                    # The first step builds the graph; the speed of the others is what counts.
                    began, timed = time.perf_counter(), step
                if first:
                    run.log(numbers)
                    _summarize(writer, numbers)
                report.step(numbers)
            if (step % every == 0 or step == length.steps or made["stop"] > 0) and first:
                _save(run, state)
            if made["stop"] > 0:
                break
    return step, numbers


def _batches(state: Step, data: Dataset, start: int, options: Options) -> Any:
    section = state.train
    return iter(
        training_batches(
            data,
            section.preprocess,
            image_shape(state.network.graph),
            section.batch,
            rank=distribute.rank(),
            ranks=distribute.size(),
            seed=section.seed,
            start_step=start,
            deterministic=True,
        )
    )


def _one(state: Step, batches: Any, data: Dataset, step: int, stopping: Stopping) -> dict[str, float]:
    """One step's numbers; raises Stop where the data, the loss or another rank fails."""
    seed = tf.constant([state.train.seed % 2**31, step * distribute.size() + distribute.rank()], tf.int32)
    try:
        batch = next(batches)
        asked = tf.constant(1.0 if stopping.asked else 0.0)
        made = {name: float(value) for name, value in state.run(batch["image"], batch["label"], seed, asked).items()}
    except tf.errors.OpError as problem:
        raise distribute.lost_rank(problem) or _data_error(problem, data, state, step) or problem from problem
    if not (math.isfinite(made["loss"]) and math.isfinite(made["gradient_norm"])):
        raise _not_finite(state, batch["image"], seed, step + 1, made["loss"])
    return made


def _data_error(problem: tf.errors.OpError, data: Dataset, state: Step, step: int) -> Stop | None:
    """What to say where an example of this step cannot be read; batches come in order, so it is one of its own."""
    return explain_data_error(
        problem, data, step_indices(data.size, state.train.batch, seed=state.train.seed, step=step)
    )


def _not_finite(state: Step, images: Any, seed: Any, step: int, loss: float) -> Stop:
    graph = state.network.graph
    where = first_non_finite(state.network, images, training=True, seed=seed)
    nodes = {f"{node.variable_path}/": node for node in graph.nodes.values()}
    node = graph.nodes.get(where or "") or next((n for p, n in nodes.items() if where and where.startswith(p)), None)
    what = f"the loss is {loss}" if not math.isfinite(loss) else "a gradient is not finite"
    place = f"; the first layer with a NaN or infinity is {node.layer if node else where}" if where else ""
    help = "a smaller learning rate, a warmup, or clip_norm; the checkpoints written before are whole"
    return stop("AS736", f"{what} in step {step}{place}", span=node.span if node else None, help=help)


def _numbers(made: dict[str, float], step: int, length: Length, began: float, images: int) -> dict[str, Any]:
    seconds = time.perf_counter() - began
    shown = {name: value for name, value in made.items() if name != "stop"}
    speed = {"images_per_second": round(images / max(seconds, 1e-9), 2), "seconds": round(seconds, 3)}
    return {"step": step, "epoch": round(step / length.steps_per_epoch, 4), **shown, **speed}


def _summarize(writer: Any, numbers: dict[str, Any]) -> None:
    with writer.as_default(step=numbers["step"]):
        for name, value in numbers.items():
            if name not in ("step", "seconds"):
                tf.summary.scalar(name, value)


def _evaluate(program: Program, state: Step, options: Options) -> Scores | None:
    """The eval section's metrics, of the moving averages where there are any."""
    section, network = program.eval, state.network
    if section is None:
        return None
    data = open_data(section.data, options.data, "eval")
    wanted = measures(program)
    batches = evaluation_batches(
        data,
        section.preprocess,
        image_shape(network.graph),
        section.batch,
        rank=distribute.rank(),
        ranks=distribute.size(),
    )
    raw = {name: np.asarray(network.table[name]) for name in state.averages}
    _assign(network, {name: np.asarray(value) for name, value in state.averages.items()})
    scores = evaluate(network, wanted, batches, total=distribute.sum_over_ranks)
    _assign(network, raw)
    return scores


def _assign(network: Network, values: dict[str, np.ndarray]) -> None:
    for name, value in values.items():
        network.table[name].assign(value)
