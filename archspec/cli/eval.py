"""`archspec eval`: what a trained network gets right on a data set."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from archspec.cli.program import add_spec, compiled
from archspec.diagnostics import stop

if TYPE_CHECKING:
    from archspec.compiler.build import Program
    from archspec.compiler.forms.sections import Evaluate
    from archspec.runtime.data.dataset import Dataset
    from archspec.runtime.evaluate import Scores


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "eval",
        help="measure a trained network on a data set",
        description="Runs a trained network over the data of the spec's eval section, once, and prints its metrics and "
        "the mean cross entropy. The data may be divided over many ranks; the result is the same.",
        epilog="examples:\n"
        "  archspec eval specs/lenet.yaml --checkpoint runs/lenet\n"
        "  archspec eval specs/mobilenet_v1.yaml --checkpoint mobilenet_v1_1.0_224.ckpt --data photos/ --format json\n"
        "  horovodrun -np 4 archspec eval specs/inception_v3.yaml --checkpoint runs/inception_v3",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_spec(parser)
    add_checkpoint(parser)
    parser.add_argument("--data", metavar="NAME|DIR", help="other data than the spec's: `sample`, or a folder")
    parser.add_argument("--split", default="eval", help="train, validation or test (default: the one for evaluation)")
    parser.add_argument("--batch", type=int, metavar="N", help="examples in a step (default: the spec's)")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print it (default: text)")
    parser.set_defaults(run=run)


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Registers where trained weights come from."""
    parser.add_argument(
        "--checkpoint",
        required=True,
        metavar="DIR|FILE",
        help="a run's folder (its newest checkpoint), one of its checkpoints/step-…, or a TF-Slim .ckpt",
    )
    parser.add_argument("--raw-weights", action="store_true", help="the weights themselves, not their moving averages")


def run(arguments: argparse.Namespace) -> int:
    """Prints the scores, on the first rank."""
    if arguments.batch is not None and arguments.batch < 1:
        raise stop("AS922", f"--batch {arguments.batch} is less than one example", help="write --batch 32", exit_code=2)
    program = compiled(arguments)
    if program.eval is None:
        remedy = "add an eval section: its data, the steps from image to input, and metrics"
        raise stop("AS607", f"{arguments.spec} has no eval section, which says how to evaluate", help=remedy)
    from archspec.runtime import distribute

    distribute.start()
    data, scores, trained = measured(program, program.eval, arguments)
    if distribute.rank() == 0:
        facts = {"spec": arguments.spec, "checkpoint": arguments.checkpoint, "step": trained}
        facts |= {"data": data.name, "split": data.split, "examples": scores.examples}
        show(facts, scores, arguments.format)
    return 0


def measured(program: Program, section: Evaluate, arguments: argparse.Namespace) -> tuple[Dataset, Scores, int | None]:
    """(the data, what was found, the training step of the weights)."""
    import tensorflow as tf

    from archspec.runtime import distribute
    from archspec.runtime.data.explain import explain_data_error
    from archspec.runtime.data.labels import check_labels
    from archspec.runtime.data.pipeline import evaluation_batches
    from archspec.runtime.evaluate import classes, evaluate, inference_graph, measures
    from archspec.runtime.lower import image_shape, lower
    from archspec.runtime.restore import restore

    wanted = measures(program)
    graph = inference_graph(program.graph, [measure.endpoint for measure in wanted.values()])
    shape, batch = image_shape(graph), arguments.batch or section.batch
    network = lower(graph)
    step = restore(network, arguments.checkpoint, averaged=not arguments.raw_weights)
    data = opened(section, arguments)
    for measure in wanted.values():
        check_labels(data, classes(graph, measure.endpoint))
    rank, ranks = distribute.rank(), distribute.size()
    batches = evaluation_batches(data, section.preprocess, shape, batch, rank=rank, ranks=ranks)
    with Progress(-(-data.size // ranks), shown=rank == 0) as progress:
        try:
            scores = evaluate(network, wanted, batches, total=distribute.sum_over_ranks, on_batch=progress.advance)
        except tf.errors.OpError as error:
            remaining = range(rank + ranks * progress.done, data.size, ranks)
            raise explain_data_error(error, data, remaining) or error from error
    return data, scores, step


def opened(section: Evaluate, arguments: argparse.Namespace) -> Dataset:
    """The data; what is not there yet (the sample) is made by the first rank alone."""
    from archspec.runtime import distribute
    from archspec.runtime.data.open import open_data

    if distribute.rank() > 0:
        distribute.barrier()
    data = open_data(section.data, arguments.data, arguments.split)
    if distribute.rank() == 0:
        distribute.barrier()
    return data


class Progress:
    """A bar on a terminal's standard error; nothing where that is not a terminal."""

    def __init__(self, examples: int, shown: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (TextColumn("evaluating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        self._bar = Bar(*columns, console=console, disable=not (shown and console.is_terminal), transient=True)
        self._task = self._bar.add_task("", total=examples)
        self.done = 0

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def advance(self, examples: int) -> None:
        """So many examples more are done."""
        self.done += examples
        self._bar.advance(self._task, examples)


def show(facts: dict[str, Any], scores: Scores, form: str) -> None:
    """Prints what was found, as a table of numbers or as JSON."""
    if form == "json":
        print(json.dumps({**facts, "images_per_second": round(scores.rate, 2), "metrics": scores.values}, indent=2))
        return
    width = max(map(len, scores.values))
    for name, value in scores.values.items():
        print(f"{name:{width}}  {value:.4f}")
    trained = "" if facts["step"] is None else f", weights of step {facts['step']}"
    print(f"{facts['examples']} examples of {facts['data']} ({facts['split']}), {scores.rate:.1f} images/s{trained}")
    sys.stdout.flush()
