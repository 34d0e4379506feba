"""Training, from a program and data to a run's folder; readable from top to bottom."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from archspec.compiler.forms.data import Data
from archspec.compiler.forms.sections import Train
from archspec.compiler.types import Duration
from archspec.diagnostics import Stop, stop
from archspec.runtime import checkpoint, distribute
from archspec.runtime.begin import begin
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.explain import explain_data_error
from archspec.runtime.data.labels import check_labels
from archspec.runtime.data.open import open_data
from archspec.runtime.data.order import step_indices
from archspec.runtime.data.pipeline import training_batches
from archspec.runtime.evaluate import Scores, classes, measures
from archspec.runtime.lower import first_non_finite, image_shape, lower
from archspec.runtime.optimize import Length
from archspec.runtime.preprocess.apply import check_steps
from archspec.runtime.progress import Report
from archspec.runtime.run import Run, settings
from archspec.runtime.score import score
from archspec.runtime.step import Step
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
    """How training ended: the first and the last step, the signal that asked for it, and the last numbers."""

    start: int
    step: int
    total: int
    stopped_by: str
    numbers: dict[str, Any]
    scores: Scores | None


def train(program: Program, options: Options) -> Outcome:
    """Train a program's network; raises Stop for everything the user can mend."""
    with distribute.together():
        return _train(program, options)


def _train(program: Program, options: Options) -> Outcome:
    section = _section(program)
    distribute.check_divides(section.batch)
    if options.deterministic:
        tf.config.experimental.enable_op_determinism()
    tf.keras.utils.set_random_seed(section.seed)
    data = _opened(section.data, options.data, "train")
    held_out = _held_out(program, options) if options.evaluate else None
    length = _length(section, data)
    network = lower(program.graph, seed=section.seed)
    check_steps(section.preprocess, data.shape, image_shape(program.graph))
    for form in section.losses.values():
        check_labels(data, classes(program.graph, form.logits))  # type: ignore[attr-defined]
    state = Step(network, section, length)
    found = settings(program, data)
    distribute.check_agreement("spec, setting or data set", repr(found))
    run = Run(options.run)
    start = begin(run, program, data, found, state, options.resume)
    with Stopping() as stopping:
        step, numbers = _loop(run, state, data, start, length, stopping, options)
    if step < length.steps:
        return Outcome(start, step, length.steps, stopping.asked or "a signal to another rank", numbers, None)
    scores = _evaluate(run, program, state, held_out, step) if held_out is not None else None
    return Outcome(start, step, length.steps, "", numbers, scores)


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
        data = _opened(section.data, options.data, "eval")
    except Stop as problem:
        said = [
            replace(d, help=f"{d.help or 'repair it'}; --no-eval leaves evaluation out") for d in problem.diagnostics
        ]
        raise Stop(*said) from None
    check_steps(section.preprocess, data.shape, image_shape(program.graph))
    for measure in measures(program).values():
        check_labels(data, classes(program.graph, measure.endpoint))
    return data


def _opened(form: Data, argument: str | None, split: str) -> Dataset:
    with distribute.first_alone():
        return open_data(form, argument, split)


def _length(section: Train, data: Dataset) -> Length:
    per_epoch = data.size / section.batch
    lengths = [section.steps] if section.steps is not None else []
    if section.epochs is not None:
        lengths.append(max(1, math.ceil(section.epochs * per_epoch)))
    if not lengths:
        help = "say epochs or steps in the spec, or --epochs, --steps"
        raise stop("AS604", "nothing says how long to train", help=help)
    return Length(min(lengths), per_epoch)


def _save(run: Run, state: Step) -> None:
    """Write a checkpoint; raises Stop where it cannot be written, or a value in it is not finite."""
    tensors = {name: np.asarray(tf.convert_to_tensor(v)) for name, v in state.state().items()}
    bad = next((name for name, value in tensors.items() if not np.isfinite(value).all()), None)
    if bad is not None:
        raise _diverged(state, f"step {state.steps_done} has made {bad} infinite or NaN", bad)
    meta = {"batch": state.train.batch, "seed": state.train.seed, "position": state.steps_done * state.train.batch}
    checkpoint.save(run.folder, state.steps_done, tensors, meta)


def _loop(
    run: Run, state: Step, data: Dataset, start: int, length: Length, stopping: Stopping, options: Options
) -> tuple[int, dict[str, Any]]:
    """Run the steps; (the last one done, its numbers)."""
    first, section = distribute.rank() == 0, state.train
    batches = _batches(state, data, start)
    every = length.of(options.save or section.save)
    writer = tf.summary.create_file_writer(str(run.folder / "train")) if first else tf.summary.create_noop_writer()
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
                writer.flush()
            if made["stop"] > 0:
                # horovodrun ends all ranks when one ends with an error, so none may go before the checkpoint is whole.
                distribute.barrier()
                break
    return step, numbers


def _batches(state: Step, data: Dataset, start: int) -> Any:
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
    what = f"the loss is {loss}" if not math.isfinite(loss) else "a gradient is not finite"
    return _diverged(state, f"{what} in step {step}", first_non_finite(state.network, images, training=True, seed=seed))


def _diverged(state: Step, what: str, where: str | None) -> Stop:
    """What to say of a NaN or infinity in a node or variable, which stands in the spec at its layer's line."""
    owners = {name: node for name, node, _ in state.network.graph.variables()}
    node = state.network.graph.nodes.get(where or "") or owners.get(where or "")
    place = f"; the first layer with a NaN or infinity is {node.layer if node else where}" if where else ""
    help = "a smaller learning rate, a warmup, or clip_norm; the checkpoints written before are whole"
    return stop("AS736", what + place, span=node.span if node else None, help=help)


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


def _evaluate(run: Run, program: Program, state: Step, data: Dataset, step: int) -> Scores:
    """The eval section's metrics, of the moving averages where there are any; written down too."""
    section, network = program.eval, state.network
    assert section is not None
    for name, average in state.averages.items():
        network.table[name].assign(average)
    scores = score(network, measures(program), section, data, section.batch)
    if distribute.rank() == 0:
        run.log({"step": step, **{f"eval/{name}": value for name, value in scores.values.items()}})
    return scores
